"""What the market takes for its work."""
