"""Lessons that are done, not read."""
