"""Price lists: other prices than the listing's, from a quantity on, for some days, for everybody or for known buyers."""
