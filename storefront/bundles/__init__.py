"""Boxes of several packs: how many can be filled, and what each pack's share of the price is."""
