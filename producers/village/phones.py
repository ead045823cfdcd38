"""Phones as far as log-ins know them: when each was seen; nothing of what waits on it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from app.accounts import service as accounts
from producers.village.ports import PhoneReport, Refusal

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class LoginReports:
    """Answers from the devices that are logged in."""

    async def list_reports(self, session: AsyncSession, person_ids: Collection[UUID]) -> list[PhoneReport]:
        """One report for each device; one query."""
        return [
            PhoneReport(
                person_id=device.person_id,
                seen_at=device.seen_at,
                unsent=0,
                oldest_unsent_at=None,
                refused=0,
                device_name=device.device,
            )
            for device in await accounts.list_devices_of(session, person_ids)
        ]

    async def list_refusals(self, session: AsyncSession, person_ids: Collection[UUID]) -> list[Refusal]:  # noqa: ARG002 - the port's shape
        """Log-ins refuse no records."""
        return []
