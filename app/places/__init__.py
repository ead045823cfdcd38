"""Administrative units and addresses."""
