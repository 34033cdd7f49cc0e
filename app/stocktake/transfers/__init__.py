"""Goods found in another bin than the books have them in: booked as a transfer that explains both differences."""
