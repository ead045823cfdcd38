"""The day's list as a gate's phone keeps it: all that it needs to tell tickets from each other without signal.

Columns instead of rows, codes without their check letters: 200 parties fit into six kilobytes on the line. No phone number,
no note and no money is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import signing
from app.core.clock import VN, in_vietnam
from app.core.signing import Signer
from storefront.tours import batch_repository, gate_repository, symbols, tickets
from storefront.tours.batch_models import BatchTicket, TicketBatch, TicketState
from storefront.tours.models import Booking, Departure, DepartureState, UnitItem
from storefront.tours.tickets import DayLine

Paper = tuple[TicketBatch, BatchTicket, Departure | None, datetime | None]
"""A ticket for any day, where it leads to, and when somebody came in with it."""
VERSION = 1
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


async def make_manifest(
    session: AsyncSession, *, producer_id: UUID, on: date, keys: Sequence[Signer], now: datetime
) -> dict[str, Any]:
    """The list of a producer's day; the same bytes as long as nothing of it changes."""
    found = await tickets.list_day(session, producer_id=producer_id, on=on, now=now)
    lines = [line for line in found if line.seats.departure.state is not DepartureState.CANCELLED]
    revoked = await gate_repository.list_revoked(session, producer_id=producer_id, on=on)
    parties = [
        (booking, sorted((item for item, _unit in items), key=lambda item: item.place))
        for line in lines
        for booking, items in line.parties
    ]
    flat = [item for _booking, items in parties for item in items]
    papers = await batch_repository.list_for_any_day(session, producer_id, on)
    return {
        "version": VERSION,
        "day": on.isoformat(),
        "until": ends_at(on).isoformat(),
        "producer": str(producer_id),
        "keys": {key.key_id: signing.encode(key.public_bytes) for key in keys},
        "departures": [_departure(line) for line in lines],
        "names": "\n".join(_name(booking) for booking, _items in parties),
        "codes": "".join(booking.code[:-1] for booking, _items in parties),
        # How many tickets each party has, how many heads each ticket is, and which came in.
        "sizes": ",".join(str(len(items)) for _booking, items in parties),
        "tickets": "".join(_body(item) for item in flat),
        "heads": "".join(_digit(item.heads) for item in flat),
        # Of parties that changed alone: which places their tickets have. The others have them from 0 on.
        "places": {booking.code[:-1]: places for booking, items in parties if (places := _odd_places(items))},
        "inside": "".join("1" if item.redeemed_at else "0" for item in flat),
        "revoked": revoked,
        # Paper tickets for any day that are good today and not among the parties.
        "papers": [
            _papers(batch, [row for row in rows if not _is_here(row, on)], lines)
            for batch, rows in _by_batch(papers)
        ],
    }


def _by_batch(rows: Sequence[Paper]) -> list[tuple[TicketBatch, list[Paper]]]:
    found: dict[UUID, tuple[TicketBatch, list[Paper]]] = {}
    for row in rows:
        found.setdefault(row[0].id, (row[0], []))[1].append(row)
    return list(found.values())


def _is_here(row: Paper, on: date) -> bool:
    departure = row[2]
    return departure is not None and departure.local_on == on


def _papers(batch: TicketBatch, rows: Sequence[Paper], lines: Sequence[DayLine]) -> list[object]:
    """[whose, heads of one, departures it may go with, codes, and of each what it means]: may come, void, elsewhere, been here."""
    own = [line for line in lines if line.tour.id == batch.tour_id]
    return [
        " ".join(batch.point_name.split()),
        batch.heads,
        [symbols.tag_of(line.seats.departure.id) for line in own],
        "".join(ticket.code[:-1] for _batch, ticket, _departure, _came_at in rows),
        "".join(_state(row) for row in rows),
    ]


def _state(row: Paper) -> str:
    _batch, ticket, departure, came_at = row
    if ticket.state is TicketState.BACK:
        return "1"
    if departure is None:
        return "0"
    return "2" if came_at is None else "3"


def ends_at(on: date) -> datetime:
    """When a day is over in Vietnam: from then on no phone keeps its list."""
    return datetime.combine(on + timedelta(days=1), time(), VN).astimezone(UTC)


def _departure(line: DayLine) -> list[object]:
    departure = line.seats.departure
    starts = in_vietnam(departure.starts_at)
    left = line.seats.left
    return [symbols.tag_of(departure.id), line.tour.title, f"{starts:%H:%M}", len(line.parties), left]


def _name(booking: Booking) -> str:
    return " ".join(booking.party_name.split())


def _body(item: UnitItem) -> str:
    assert item.ticket_code is not None  # noqa: S101 - who has paid has tickets
    return item.ticket_code[:-1]


def _odd_places(items: Sequence[UnitItem]) -> list[int]:
    """The places of a party's tickets, where they are not simply those from 0 on."""
    places = [item.place for item in items]
    return [] if places == list(range(len(places))) else places


def _digit(heads: int) -> str:
    return _DIGITS[min(heads, len(_DIGITS) - 1)]
