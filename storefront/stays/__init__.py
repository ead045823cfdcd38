"""Nights at a farmer's house: beds on the floor of a stilt house, and rooms that are sold whole."""
