"""Measurements beside baselines in the same run; `make bench` runs them in full."""
