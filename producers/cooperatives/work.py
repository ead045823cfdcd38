"""What the page of the day asks of the rooms above: what was written lately, what is done again, what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.i18n import Text


@dataclass(frozen=True)
class WorkLine:
    """One piece of work: what was done, where, when, and its entry."""

    entry_id: UUID
    said: Text
    place: str
    icon: str
    performed_at: datetime


class LatestWork(Protocol):
    """Port: knows the latest work of a producer; `app.wiring` fills it."""

    async def list_lines(self, session: AsyncSession, *, producer_id: UUID, limit: int) -> list[WorkLine]:
        """The latest work that holds, the newest first."""
        ...


@dataclass(frozen=True, kw_only=True)
class RepeatLine:
    """Work that may be done again: with one tap when `is_same`, else by a form filled in as it was.

    `new_id` is the id that the repetition will have, so that two taps on one page are one entry.
    """

    entry_id: UUID
    new_id: UUID
    said: Text
    place: str
    icon: str
    kind: str
    is_same: bool


class RepeatedWork(Protocol):
    """Port: knows what a person did lately and may do again; `app.wiring` fills it."""

    async def list_repeats(
        self, session: AsyncSession, *, producer_id: UUID, person_id: UUID, now: datetime, limit: int
    ) -> list[RepeatLine]:
        """The latest work of each kind on each site, the newest first."""
        ...


@dataclass(frozen=True, kw_only=True)
class DueLine:
    """Something to do or to know today: `route` with `path` and `query` is where one does it."""

    said: Text
    sub: Text | str
    icon: str
    route: str
    path: Mapping[str, str]
    query: str = ""


class DueWork(Protocol):
    """Port: knows what is due today; `app.wiring` fills it."""

    async def list_lines(
        self, session: AsyncSession, *, producer_id: UUID, now: datetime, limit: int
    ) -> list[DueLine]:
        """What is due today or late, the most urgent first."""
        ...
