"""Where it came from."""
