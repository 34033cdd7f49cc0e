"""Partners: suppliers, customers, or both."""
