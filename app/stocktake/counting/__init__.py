"""From scan events to counts."""
