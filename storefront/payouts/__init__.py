"""Money that goes out to producers, and what they read about it."""
