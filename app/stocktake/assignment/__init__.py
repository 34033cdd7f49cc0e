"""Who is asked to count which bins: a wish that phones show first, never a lock."""
