"""Labels: printable sheets and rolls for bins and packs, which our own decoder reads back."""
