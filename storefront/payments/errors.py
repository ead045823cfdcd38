"""What payments refuse."""

from __future__ import annotations

from app.core.errors import InvalidError, UnauthenticatedError


class BadSignatureError(UnauthenticatedError):
    """A message that its provider did not sign, or signed too long ago."""


class BadMessageError(InvalidError):
    """A signed message that cannot be read."""
