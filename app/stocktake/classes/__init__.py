"""ABC classes of items, and how often each class is to be counted."""
