"""The drawings that stand where photographs would, and the press that prints them."""
