"""Money that goes back to buyers and visitors."""
