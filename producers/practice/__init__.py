"""Practice farms: everything as on a real farm, and nothing of it leaves."""
