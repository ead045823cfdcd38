"""Mandates: a farmer lets a helper act for her."""
