"""What was done for a farmer: asked of the rooms above that keep the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from app.core.i18n import Text

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class Act:
    """One thing that a helper did for a farmer, in plain words; `received_at` is when it reached us."""

    helper_id: UUID
    said: Text
    icon: str
    href: str
    recorded_at: datetime
    received_at: datetime
    is_flagged: bool


class ActSource(Protocol):
    """A room that keeps records with both names."""

    async def list_acts(
        self,
        session: AsyncSession,
        *,
        farmer_id: UUID,
        helper_id: UUID | None,
        since: datetime | None,
        limit: int,
    ) -> list[Act]:
        """What helpers (or one) did for a farmer and arrived after `since`, the latest first."""
        ...


@dataclass(frozen=True)
class HelpedActs:
    """Port: every room's acts together; `app.wiring` names the rooms."""

    sources: Sequence[ActSource]

    async def list_acts(
        self,
        session: AsyncSession,
        *,
        farmer_id: UUID,
        helper_id: UUID | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> list[Act]:
        """What helpers (or one) did for a farmer and arrived after `since`, the latest first."""
        found = [
            act
            for source in self.sources
            for act in await source.list_acts(
                session, farmer_id=farmer_id, helper_id=helper_id, since=since, limit=limit
            )
        ]
        return sorted(found, key=lambda act: act.received_at, reverse=True)[:limit]
