"""Whole stories, from plan to books."""
