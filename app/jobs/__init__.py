"""Jobs: what runs by the clock, once among n processes."""
