"""Pre-orders: a coming harvest that is promised before it lies on the shelf, up to a cap."""
