"""Who decided what about a difference, and its posting."""
