"""The demo company: a small wholesaler with goods, bins, people, and stocktakes at every stage."""
