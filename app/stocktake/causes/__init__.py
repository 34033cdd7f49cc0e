"""What probably caused a difference, with the evidence for it."""
