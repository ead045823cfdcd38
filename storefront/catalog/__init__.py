"""The shop's pages and its search."""
