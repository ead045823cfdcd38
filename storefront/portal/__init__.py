"""The operators' own pages: a clerk without a system books for guests, prints who comes, and reads what is owed."""
