"""How counting goes right now: cheap enough to be asked every few seconds, whatever the size of the stocktake."""
