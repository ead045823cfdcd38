"""Links that producers add to their own codes, and the grammar of those codes."""
