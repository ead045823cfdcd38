"""Registered fertilisers, pesticides, feeds and drugs."""
