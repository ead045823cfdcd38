"""The tax that the market withholds from household sellers, and what it tells the tax office."""
