"""The outbox's other end: what a phone says of itself, what was refused to it, what arrived."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.offline import repository
from app.offline.models import PhoneReport, Refusal
from app.offline.schemas import Batch, Record
from app.web.envelope import Envelope

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

CLOCK_SLACK = timedelta(minutes=2)


@dataclass(frozen=True)
class Stored:
    """A record that arrived: where it can be looked at, if its form said so."""

    id: UUID
    route: str
    person_id: UUID
    helper_id: UUID | None
    location: str | None


def skew_of(batch: Batch, *, now: datetime) -> timedelta:
    """How far our clock is ahead of the phone's; a travelling time of two minutes is no skew."""
    skew = now - batch.sent_at
    return skew if abs(skew) > CLOCK_SLACK else timedelta(0)


def address(record: Record, *, batch: Batch, route: str, skew: timedelta, now: datetime) -> Envelope:
    """The envelope of a record: who, when (by our clock), in which order.

    Whoever sends for somebody else is the helper. A record of a phone whose clock stood before what it had heard
    from us already (`floor`) was written after that: its own clock is not believed.
    """
    try:
        captured_at = min(record.captured_at + skew, now)
    except OverflowError:  # a clock at the end of the calendar
        captured_at = now
    if record.floor is not None:
        captured_at = min(max(record.floor, record.captured_at), now)
    person_id = record.person or batch.owner
    return Envelope(
        id=record.id,
        route=route,
        path=record.path,
        person_id=person_id,
        helper_id=batch.owner if person_id != batch.owner else None,
        device_id=batch.device,
        sequence=record.sequence,
        captured_at=captured_at,
        phone_captured_at=record.captured_at,
        skew=skew if record.floor is None else timedelta(0),
        received_at=now,
    )


async def find_stored(session: AsyncSession, submission_id: UUID) -> Stored | None:
    """What arrived under this id, or None."""
    message = await repository.find_submission(session, submission_id)
    if message is None:
        return None
    said = message.payload
    return Stored(
        id=submission_id,
        route=message.kind,
        person_id=UUID(said["person_id"]),
        helper_id=UUID(said["helper_id"]) if said["helper_id"] else None,
        location=said.get("location"),
    )


async def note_stored(session: AsyncSession, places: Mapping[UUID, str | None], *, now: datetime) -> None:
    """Write where stored records can be looked at, and that nothing of them is refused any more."""
    known = {id: place for id, place in places.items() if place}  # noqa: A001 - a record's id
    if known:
        await repository.note_locations(session, known)
    await repository.resolve(session, places.keys(), now=now)


async def note_refused(
    session: AsyncSession, envelope: Envelope, *, record: Record, sender_id: UUID, reason: str
) -> None:
    """Keep a refused record's words here too, so that a helper can see what is to be mended.

    They stand under the person whom the record names only when its door let the sender in as her helper; else under
    the sender: nobody writes into the list of somebody who gave them no mandate.
    """
    is_hers = envelope.person_id == sender_id or envelope.was_let_in
    await repository.put_refusal(
        session,
        {
            "submission_id": envelope.id,
            "sender_id": sender_id,
            "person_id": envelope.person_id if is_hers else sender_id,
            "device_id": envelope.device_id,
            "title": record.title,
            "reason": reason,
            "fields": {"fields": [list(pair) for pair in record.fields]},
            "captured_at": envelope.captured_at,
            "refused_at": envelope.received_at,
        },
    )


async def report(session: AsyncSession, batch: Batch, *, name: str, skew: timedelta, now: datetime) -> None:
    """Write what a phone says of one person's outbox, before its records are looked at."""
    await repository.put_report(
        session,
        {
            "person_id": batch.owner,
            "device_id": batch.device,
            "name": name,
            "seen_at": now,
            "unsent": batch.unsent,
            "oldest_at": min(batch.oldest_at, now) if batch.oldest_at else None,
            "refused": len(batch.refused),
            "skew_s": round(skew.total_seconds()),
            "version": batch.version,
        },
    )
    await repository.resolve_others(
        session, sender_id=batch.owner, device_id=batch.device, kept=batch.refused, now=now
    )


async def list_reports(session: AsyncSession, person_ids: Collection[UUID]) -> Sequence[PhoneReport]:
    """What the phones of some people said last, the last seen first."""
    return await repository.list_reports(session, person_ids)


async def list_refusals(session: AsyncSession, person_ids: Collection[UUID]) -> Sequence[Refusal]:
    """What still stands refused of some people's records, the newest first."""
    return await repository.list_refusals(session, person_ids)
