"""Fifty operators' programs that hold seats and confirm them, on a tour's year; the books and the counters are asked after."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import text

from app.accounts import keys
from app.accounts.models import KeyKind
from app.core.db import Database
from storefront.octo.spelling import spell_local
from storefront.operators import service as operators
from tests.benchmarks.load import UNTIL_WARM_S, Figures, UnexpectedAnswerError, Visitor, expect, measure

CLIENTS = 50
WEB_PROCESSES = 2
_CONTACT = {"fullName": "Nguyễn Thu", "phoneNumber": "+84912345678", "country": "VN"}
_DATES = """
SELECT t.id AS tour, o.id AS option, u.id AS unit, d.starts_at
FROM departures d JOIN tours t ON t.id = d.tour_id JOIN tour_options o ON o.tour_id = t.id JOIN tour_units u ON u.option_id = o.id
WHERE t.slug LIKE 'do-chuyen-%' AND d.taken = :taken ORDER BY d.starts_at, t.id
"""
# What the sweep of every minute does; it would take minutes for a year that was filled at once.
_SWEEP = (
    "UPDATE bookings SET state = 'expired' WHERE state = 'on_hold' AND expires_at <= now()",
    """
    UPDATE departures d SET taken = live.heads
    FROM (SELECT departure_id, sum(heads) AS heads FROM bookings WHERE state = 'confirmed' GROUP BY departure_id) AS live,
         tours t
    WHERE live.departure_id = d.id AND t.id = d.tour_id AND t.slug LIKE 'do-chuyen-%'
    """,
    "VACUUM ANALYZE bookings, departures",
)
_BOOKED = """
SELECT (SELECT count(*) FROM bookings WHERE operator_id = :operator AND state = 'confirmed'),
       (SELECT count(*) FROM operator_sales WHERE operator_id = :operator AND reversed_at IS NULL),
       (SELECT count(*) FROM departures d WHERE taken <>
           (SELECT coalesce(sum(heads), 0) FROM bookings b
            WHERE b.departure_id = d.id AND b.state IN ('on_hold', 'pending', 'confirmed', 'redeemed')))
"""


@dataclass(frozen=True)
class _Date:
    tour: str
    option: str
    unit: str
    starts: str


class Booking:
    """Books two seats at a time, on one date after the other; `done` counts what was confirmed."""

    def __init__(self, key: str, dates: list[_Date]) -> None:
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._dates: Callable[[], _Date] = itertools.cycle(dates).__next__
        self.done = 0

    async def book(self, visitor: Visitor) -> None:
        """Hold and confirm: two requests."""
        date, uuid = self._dates(), str(uuid4())
        items = [{"unitId": date.unit}, {"unitId": date.unit}]
        wish = {
            "uuid": uuid,
            "productId": date.tour,
            "optionId": date.option,
            "availabilityId": date.starts,
            "unitItems": items,
        }
        await self._send(visitor, "/octo/bookings", wish)
        await self._send(visitor, f"/octo/bookings/{uuid}/confirm", {"contact": _CONTACT})
        self.done += 1

    async def _send(self, visitor: Visitor, path: str, body: Mapping[str, object]) -> None:
        expect(await visitor.report(path, json.dumps(body).encode(), self._headers), 200, path)


async def measure_bookings(port: int, url: str, *, seconds: float, taken: int) -> Figures:
    """Book on the dates that `visiting` filled, once the holds that are over are swept: so many seats are taken then.

    `UnexpectedAnswerError` when books or counters differ from what was answered.
    """
    now = datetime.now(UTC)
    async with Database(url, pool_size=1) as database:
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in _SWEEP:
                await connection.execute(text(statement))
        async with database.transaction() as session:
            operator = await operators.get_or_create_operator(
                session, name="Đo tốc độ", discount_basis_points=1_000, now=now
            )
            key = await keys.create_key(
                session, kind=KeyKind.OCTO, name="Đo tốc độ", subject_id=operator.id, now=now
            )
            rows = await session.execute(text(_DATES), {"taken": taken})
            dates = [
                _Date(str(tour), str(option), str(unit), spell_local(starts))
                for tour, option, unit, starts in rows
            ]
        booking = Booking(key, dates)
        figures = await measure(port, booking.book, clients=CLIENTS, seconds=seconds, warm_up=UNTIL_WARM_S)
        async with database.transaction() as session:
            told = (await session.execute(text(_BOOKED), {"operator": operator.id})).one()
        if tuple(told) != (booking.done, booking.done, 0):
            raise UnexpectedAnswerError(
                f"{booking.done} bookings were confirmed, the books say {tuple(told)}"
            )
    return figures
