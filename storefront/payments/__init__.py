"""Payments: one port, many channels."""
