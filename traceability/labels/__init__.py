"""Labels: printed units with a serial each."""
