"""Who grows it, and what they offer."""
