"""What can be sold, from which lot."""
