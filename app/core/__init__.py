"""The cellar of the house: what every room stands on, and no word of the trade."""
