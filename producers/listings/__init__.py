"""Listings: what a producer offers, in which packs, at which price."""
