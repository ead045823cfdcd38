"""What the books refuse."""

from __future__ import annotations


class UnbalancedError(ValueError):
    """A journal that does not sum to zero, or has no two sides: our own mistake, never a visitor's."""
