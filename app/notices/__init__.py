"""Notices: the in-app inbox."""
