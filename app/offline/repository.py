"""Selects and writes of the transport."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Text, func, select, update
from sqlalchemy.dialects.postgresql import array, insert

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


async def note_locations(session: AsyncSession, places: Mapping[UUID, str]) -> None:
    """Write where records can be looked at."""
    told = (
        func.unnest(array([str(one) for one in places], type_=Text), array(list(places.values()), type_=Text))
        .table_valued("external_id", "location")
        .render_derived()
    )
    statement = (
        update(InboxMessage)
        .where(InboxMessage.source == SOURCE, InboxMessage.external_id == told.c.external_id)
        .values(payload=InboxMessage.payload.op("||")(func.jsonb_build_object("location", told.c.location)))
    )
    await session.execute(statement, execution_options={"synchronize_session": False})


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
            for name in ("person_id", "title", "reason", "fields", "refused_at", "resolved_at")
        },
        where=Refusal.sender_id == statement.excluded.sender_id,
    )
    await session.execute(statement)


async def resolve(session: AsyncSession, submission_ids: Collection[UUID], *, now: datetime) -> None:
    """Refused records came through."""
    await session.execute(
        update(Refusal)
        .where(Refusal.submission_id.in_(submission_ids), Refusal.resolved_at.is_(None))
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
