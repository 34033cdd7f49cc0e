"""What to count next, and why."""
