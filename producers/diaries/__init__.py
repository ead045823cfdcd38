"""The production diary: append-only records of work."""
