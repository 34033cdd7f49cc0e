"""The inbox: told once, read by each."""
