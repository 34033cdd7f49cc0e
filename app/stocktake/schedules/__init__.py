"""Recurring counts: who counts what how often, and what is due."""
