"""Logs: one JSON object a line, with the request's id, and phones masked."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import structlog
from pydantic_core import to_json

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

_PHONE = re.compile(r"(\+?\d{3,4})\d{3,4}(\d{3})\b")


_SAFE = frozenset({"timestamp", "request_id", "level", "method"})
"""What we write ourselves, digits and all."""


def mask_phones(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide the middle of anything that looks like a phone number."""
    for key, value in event.items():
        if key not in _SAFE and isinstance(value, str):
            event[key] = _mask(value)
    return event


@lru_cache(maxsize=500)
def _mask(text: str) -> str:
    """The same few words and addresses are written again and again."""
    return _PHONE.sub(r"\1***\2", text)


def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Say when."""
    event["timestamp"] = datetime.now(UTC)
    return event


def render(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    """The line as JSON; what JSON does not know as Python would show it."""
    return to_json(event, fallback=repr, bytes_mode="hex")


def configure(*, level: int = logging.INFO) -> None:
    """Set the house's logging up once per process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            stamp,
            structlog.processors.format_exc_info,
            mask_phones,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=False,
    )


log = structlog.get_logger()
