"""Money that was taken on delivery: who brings it, for which parcels."""
