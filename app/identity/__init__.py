"""Identity: users, roles, permissions, sign-in, devices, audit trail."""
