"""Selects and writes of the transport."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.inbox import InboxMessage
from app.offline.models import PhoneReport, Refusal
from app.web.envelope import SOURCE

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def find_submission(session: AsyncSession, submission_id: UUID) -> InboxMessage | None:
    """Select what arrived under this id."""
    statement = select(InboxMessage).where(
        InboxMessage.source == SOURCE, InboxMessage.external_id == str(submission_id)
    )
    return (await session.scalars(statement)).one_or_none()


async def note_location(session: AsyncSession, submission_id: UUID, location: str) -> None:
    """Write where the record can be looked at."""
    statement = (
        update(InboxMessage)
        .where(InboxMessage.source == SOURCE, InboxMessage.external_id == str(submission_id))
        .values(payload=InboxMessage.payload.op("||")(func.jsonb_build_object("location", location)))
    )
    await session.execute(statement)


async def put_report(session: AsyncSession, values: dict[str, Any]) -> None:
    """Write what a phone said last; an older word never replaces a newer one."""
    statement = insert(PhoneReport).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["person_id", "device_id"],
        set_={name: statement.excluded[name] for name in values if name not in {"person_id", "device_id"}},
        where=PhoneReport.seen_at <= statement.excluded.seen_at,
    )
    await session.execute(statement)


async def put_refusal(session: AsyncSession, values: dict[str, Any]) -> None:
    """Write a refusal; the newest reason of a record stands."""
    statement = insert(Refusal).values(**values, resolved_at=None)
    statement = statement.on_conflict_do_update(
        index_elements=["submission_id"],
        set_={
            name: statement.excluded[name]
            for name in ("title", "reason", "fields", "refused_at", "resolved_at")
        },
        where=Refusal.sender_id == statement.excluded.sender_id,
    )
    await session.execute(statement)


async def resolve(session: AsyncSession, submission_id: UUID, *, now: datetime) -> None:
    """A refused record came through."""
    await session.execute(
        update(Refusal)
        .where(Refusal.submission_id == submission_id, Refusal.resolved_at.is_(None))
        .values(resolved_at=now)
    )


async def resolve_others(
    session: AsyncSession, *, sender_id: UUID, device_id: UUID, kept: Collection[UUID], now: datetime
) -> None:
    """Refused records that are no longer on their phone were taken back there."""
    await session.execute(
        update(Refusal)
        .where(
            Refusal.sender_id == sender_id,
            Refusal.device_id == device_id,
            Refusal.resolved_at.is_(None),
            Refusal.submission_id.not_in(kept),
        )
        .values(resolved_at=now)
    )


async def list_reports(session: AsyncSession, person_ids: Collection[UUID]) -> Sequence[PhoneReport]:
    """Select the phones of some people, the last seen first."""
    statement = (
        select(PhoneReport).where(PhoneReport.person_id.in_(person_ids)).order_by(PhoneReport.seen_at.desc())
    )
    return (await session.scalars(statement)).all()


async def list_refusals(session: AsyncSession, person_ids: Collection[UUID]) -> Sequence[Refusal]:
    """Select what still stands refused of some people's records, the newest first."""
    statement = (
        select(Refusal)
        .where(Refusal.person_id.in_(person_ids), Refusal.resolved_at.is_(None))
        .order_by(Refusal.refused_at.desc())
    )
    return (await session.scalars(statement)).all()
