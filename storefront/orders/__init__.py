"""Orders and their consignments."""
