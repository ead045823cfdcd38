"""Lots: a quantity of one product with one history."""
