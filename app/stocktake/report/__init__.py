"""The difference report: books, counts, differences, their value and likely causes."""
