"""Scanning: image → symbol → parsed code → what it is; the scan record."""
