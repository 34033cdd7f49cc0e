"""Values and words every floor shares: money, quantity, clock, ids, errors. No Flask, no SQLAlchemy."""
