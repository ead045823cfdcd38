"""Village: whom the digital team should look after next."""
