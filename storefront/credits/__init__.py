"""Money that buyers left with the market, for their next order."""
