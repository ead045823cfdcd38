"""The OCTO supplier API: tour operators book visits with a key, on account (rules in OCTO.md)."""
