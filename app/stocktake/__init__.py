"""Stocktake: counts reconciled against the ledger into differences that another person approves."""
