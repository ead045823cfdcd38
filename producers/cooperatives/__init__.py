"""Producers, their members and accounts."""
