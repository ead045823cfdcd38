"""What the transport asks of the rooms: which forms may travel, and which pages a phone keeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person


@dataclass(frozen=True)
class KeptPage:
    """A page that a phone keeps. `is_first` pages open from the phone even with signal: nothing on them goes stale.

    `files`: addresses of scripts that this page alone needs, which no other phone has to load. `is_data`: JSON for a page's own script, which lies on the phone as a record does, sealed. From `until` on the phone
    has neither any more.
    """

    path: str
    is_first: bool = False
    is_data: bool = False
    until: datetime | None = None
    files: tuple[str, ...] = ()


PageSource = Callable[[Request, AsyncSession, Person], Awaitable[Sequence[KeptPage]]]
"""Names the pages of one room that this person's phone should keep, the most needed first; none for a stranger."""


@dataclass(frozen=True)
class OfflineRooms:
    """`routes`: names of the forms that may come by the outbox; `context`: cookies that a record may name for itself."""

    routes: frozenset[str] = frozenset()
    context: frozenset[str] = frozenset()
    sources: tuple[PageSource, ...] = field(default=())
