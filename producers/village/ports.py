"""What the village's page asks about phones; the transport of late submissions answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from app.core.i18n import Text

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, kw_only=True)
class PhoneReport:
    """What one phone of a person last told us: how many records wait on it, and since when."""

    person_id: UUID
    seen_at: datetime
    unsent: int
    oldest_unsent_at: datetime | None
    refused: int
    device_name: str


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A record that was refused and waits on the phone, and why."""

    person_id: UUID
    submission_id: UUID
    title: Text
    reason: Text
    refused_at: datetime


class PhoneReports(Protocol):
    """Port: knows the phones of people; `app.wiring` fills it."""

    async def list_reports(self, session: AsyncSession, person_ids: Collection[UUID]) -> list[PhoneReport]:
        """What the phones of these people last told, in any order; several phones are several reports."""
        ...

    async def list_refusals(self, session: AsyncSession, person_ids: Collection[UUID]) -> list[Refusal]:
        """What was refused and is not settled, in any order."""
        ...
