"""Catalogue: items, units, packs, barcodes, lots, categories, prices."""
