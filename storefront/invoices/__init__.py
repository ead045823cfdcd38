"""Electronic invoices: what a seller issued for a parcel, and how the buyer finds it."""
