"""Photos: taken in, checked, shrunk, served."""
