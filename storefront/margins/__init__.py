"""Margins: what a cooperative paid its households for a period's leaf or fish, and what it got for what was made of it."""
