"""Selects of the gate: who was let in, and whose printed tickets lead nowhere any more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.gate_models import GateEntry, GateScan, LeftDeparture
from storefront.tours.models import Booking, BookingState, Departure, DepartureState, Tour, UnitItem


@dataclass(frozen=True)
class Entry:
    """One ticket of one scan."""

    scan: GateScan
    item: UnitItem
    is_repeat: bool


async def insert_scan(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert a scan; False when its id is there already."""
    statement = insert(GateScan).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(GateScan.id)) is not None


async def insert_entries(session: AsyncSession, scan_id: UUID, item_ids: Collection[UUID]) -> None:
    """Note which tickets a scan let in, all as repeats until `mark_firsts` says otherwise."""
    rows = [{"scan_id": scan_id, "item_id": item_id, "is_repeat": True} for item_id in item_ids]
    await session.execute(insert(GateEntry).values(rows))


async def mark_firsts(session: AsyncSession, item_ids: Collection[UUID]) -> list[tuple[GateScan, list[UUID]]]:
    """Mark of each ticket the first scan by the hours of the phones; answers each of these with its tickets.

    A scan in trouble let nobody in rightly: it is first only to itself. The caller holds the booking's lock.
    """
    statement = (
        select(GateEntry.item_id, GateScan)
        .join(GateScan, GateScan.id == GateEntry.scan_id)
        .where(GateEntry.item_id.in_(item_ids), GateScan.trouble.is_(None))
        .order_by(GateScan.scanned_at.desc(), GateScan.id.desc())
    )
    firsts = {row.item_id: row.GateScan for row in await session.execute(statement)}
    those = GateEntry.item_id.in_(item_ids)
    await session.execute(update(GateEntry).where(those).values(is_repeat=True))
    own: dict[UUID, tuple[GateScan, list[UUID]]] = {}
    for item_id, scan in firsts.items():
        own.setdefault(scan.id, (scan, []))[1].append(item_id)
    for scan, ids in own.values():
        await session.execute(
            update(GateEntry)
            .where(GateEntry.scan_id == scan.id, GateEntry.item_id.in_(ids))
            .values(is_repeat=False)
        )
    return list(own.values())


async def redeem(session: AsyncSession, item_ids: Collection[UUID], scan: GateScan) -> None:
    """Write down with tickets when they came in first, and who let them in."""
    await session.execute(
        update(UnitItem)
        .where(UnitItem.id.in_(item_ids))
        .values(redeemed_at=scan.scanned_at, redeemed_by_id=scan.person_id)
        .execution_options(synchronize_session=False)
    )


async def list_flagged(
    session: AsyncSession, departure_ids: Collection[UUID]
) -> list[tuple[GateScan, Booking]]:
    """Select the scans of some departures that a host should ask about, in the order of their hours."""
    repeats = select(GateEntry.scan_id).where(GateEntry.is_repeat)
    statement = (
        select(GateScan, Booking)
        .join(Booking, Booking.id == GateScan.booking_id)
        .where(
            GateScan.departure_id.in_(departure_ids),
            GateScan.trouble.is_not(None) | GateScan.id.in_(repeats),
        )
        .order_by(GateScan.scanned_at, GateScan.id)
    )
    return [(scan, booking) for scan, booking in await session.execute(statement)]


async def list_entries(session: AsyncSession, booking_ids: Collection[UUID]) -> list[Entry]:
    """Select every ticket of every scan of some bookings, in the order of their hours."""
    statement = (
        select(GateScan, UnitItem, GateEntry.is_repeat)
        .join(GateEntry, GateEntry.scan_id == GateScan.id)
        .join(UnitItem, UnitItem.id == GateEntry.item_id)
        .where(GateScan.booking_id.in_(booking_ids))
        .order_by(GateScan.scanned_at, GateScan.id, UnitItem.id)
    )
    return [Entry(scan, item, is_repeat) for scan, item, is_repeat in await session.execute(statement)]


async def leave_departure(
    session: AsyncSession, *, departure_id: UUID, booking_id: UUID, now: datetime
) -> None:
    """Note that a party with tickets gave a departure up for another."""
    values = {"departure_id": departure_id, "booking_id": booking_id, "left_at": now}
    await session.execute(insert(LeftDeparture).values(**values).on_conflict_do_nothing())


async def list_revoked(session: AsyncSession, *, producer_id: UUID, on: date) -> list[str]:
    """Select the codes of bookings whose tickets for a producer's day were given out and open nothing any more.

    Cancelled, gone to another day, or for a departure that was called off; also of departures that are not there any more.
    """
    days = (
        select(Departure.id)
        .join(Tour, Tour.id == Departure.tour_id)
        .where(Tour.producer_id == producer_id, Departure.local_on == on)
    )
    left = select(LeftDeparture.booking_id).where(LeftDeparture.departure_id.in_(days))
    off = days.where(Departure.state == DepartureState.CANCELLED)
    statement = (
        select(Booking.code)
        .where(
            Booking.confirmed_at.is_not(None),
            (Booking.departure_id.in_(days) & (Booking.state == BookingState.CANCELLED))
            | Booking.departure_id.in_(off)
            | (Booking.id.in_(left) & Booking.departure_id.not_in(days)),
        )
        .order_by(Booking.code)
    )
    return list(await session.scalars(statement))
