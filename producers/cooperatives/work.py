"""What the page of the day asks of a room above: the work that was written lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
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
