"""Why goods are too few or too many: the reasons everybody has, and those a company adds for itself."""
