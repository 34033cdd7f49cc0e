"""How the server comes up: addresses, certificates, the plain door, static files, processes."""
