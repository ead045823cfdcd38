"""Settlements: what the cooperative owes its member households for what they weighed in."""
