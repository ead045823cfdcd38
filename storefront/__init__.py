"""The shop window."""
