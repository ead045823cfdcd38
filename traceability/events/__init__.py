"""Events: an EPCIS 2.0 repository."""
