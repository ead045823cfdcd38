"""Seasons: what was done month by month, and what is due."""
