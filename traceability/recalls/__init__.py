"""Recalls: from a suspicion to every lot and parcel that it reaches, in a second."""
