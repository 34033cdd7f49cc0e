"""Imports: files staged in chunks, checked row by row, applied in one short step."""
