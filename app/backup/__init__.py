"""Backup: the whole installation in one file, the same for both databases, proven by restoring it."""
