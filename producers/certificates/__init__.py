"""Certificates that a producer or a farm holds."""
