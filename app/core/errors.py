"""Refusals: what a service says when it cannot do what was asked, in words for the person who asked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from app.core.i18n import Text

_NO_FIELDS: Mapping[str, Text] = MappingProxyType({})


class AppError(Exception):
    """A refusal with words for people and a stable word for machines.

    `message` is shown to the person; `fields` holds what is wrong beside each field (keys are field names);
    `code` is the machine's word and falls back to the class's `kind`.
    """

    kind: ClassVar[str] = "error"

    def __init__(
        self, message: Text, *, fields: Mapping[str, Text] = _NO_FIELDS, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields: Mapping[str, Text] = MappingProxyType(dict(fields))
        self.code = code or self.kind

    def __str__(self) -> str:
        """Give the machine's word and the sentence as written, for logs."""
        return f"{self.code}: {self.message}"


class NotFoundError(AppError):
    """There is no such thing, or this person may not know that there is."""

    kind = "not_found"


class ForbiddenError(AppError):
    """The thing is there, and this person may not do that to it."""

    kind = "forbidden"


class InvalidError(AppError):
    """What was said cannot be right; `fields` says where."""

    kind = "invalid"


class ConflictError(AppError):
    """What was asked does not fit the state that the thing is in now."""

    kind = "conflict"


class GoneError(AppError):
    """It was there once and will not come back: an expired link, a withdrawn page."""

    kind = "gone"


class BusyError(AppError):
    """Someone else holds it just now; the same call may succeed after `again_in_s` seconds."""

    kind = "busy"

    def __init__(self, message: Text, *, code: str | None = None, again_in_s: float = 2.0) -> None:
        super().__init__(message, code=code)
        self.again_in_s = again_in_s


class UpstreamError(AppError):
    """A system outside ours did not answer, or answered nonsense."""

    kind = "upstream"


class UnauthenticatedError(AppError):
    """We do not know who is asking."""

    kind = "unauthenticated"


class LimitedError(AppError):
    """Tried too often: wait before the next try."""

    kind = "limited"
