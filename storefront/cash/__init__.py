"""Which producers let buyers pay on delivery, and up to how much."""
