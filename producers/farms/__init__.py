"""Farms and their sites: plots, ponds, raceways."""
