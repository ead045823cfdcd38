"""Phones as their outboxes tell of themselves; a person whose phone never told is known by log-ins alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from app.accounts import service as accounts
from app.core.i18n import Text
from app.offline import service as offline
from producers.village.ports import PhoneReport, Refusal

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class OutboxReports:
    """Answers from what phones reported, else from the devices that are logged in."""

    async def list_reports(self, session: AsyncSession, person_ids: Collection[UUID]) -> list[PhoneReport]:
        """One report for each phone; two queries."""
        told = [
            PhoneReport(
                person_id=phone.person_id,
                seen_at=phone.seen_at,
                unsent=phone.unsent,
                oldest_unsent_at=phone.oldest_at,
                refused=phone.refused,
                device_name=phone.name,
            )
            for phone in await offline.list_reports(session, person_ids)
        ]
        silent = set(person_ids) - {report.person_id for report in told}
        return told + [
            PhoneReport(
                person_id=device.person_id,
                seen_at=device.seen_at,
                unsent=0,
                oldest_unsent_at=None,
                refused=0,
                device_name=device.device,
            )
            for device in await accounts.list_devices_of(session, silent)
        ]

    async def list_refusals(self, session: AsyncSession, person_ids: Collection[UUID]) -> list[Refusal]:
        """What was refused and still waits on a phone; the words are the record's own and the reason as it was said."""
        return [
            Refusal(
                person_id=one.person_id,
                submission_id=one.submission_id,
                title=Text(one.title),
                reason=Text(one.reason),
                refused_at=one.refused_at,
            )
            for one in await offline.list_refusals(session, person_ids)
        ]
