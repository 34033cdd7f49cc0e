"""Backups: the same file from both databases, restored into both."""
