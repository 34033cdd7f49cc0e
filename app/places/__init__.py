"""Places: warehouses, zones, bins, and the virtual ends where goods come from and go to."""
