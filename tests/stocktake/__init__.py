"""Stocktake: rules without a database, services on both, pages."""
