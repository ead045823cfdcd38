"""Notices to people: in the app and by short message."""
