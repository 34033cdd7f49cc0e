"""What people saw at the shelf: notes and photos about a line, kept for good with who and when."""
