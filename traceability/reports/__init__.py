"""Reports of suspect labels: what people saw, told to the producer and to the staff."""
