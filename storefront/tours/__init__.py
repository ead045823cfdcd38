"""Tours, departures, bookings, tickets."""
