"""Packing and shipping."""
