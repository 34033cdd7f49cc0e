"""The count of one bin, from anywhere, at once: within the tolerance it posts itself, beyond it it waits."""
