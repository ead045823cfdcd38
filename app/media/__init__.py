"""Photos and recordings: taken in, checked, kept, served."""
