"""Scans, counted without knowing who scanned."""
