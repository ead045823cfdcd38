"""A tour with dates on every day of a year: how long its free seats take, by the select alone and as a page."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from app.core.clock import VN, today
from app.core.db import Database
from storefront.tours import availability, service
from storefront.tours.models import Tour
from tests.benchmarks.load import Figures, UnexpectedAnswerError, Visitor, expect, measure, rank

DAYS = 365
PER_DAY = 2
PARTIES = 5
"""Bookings of each date; every other one is a hold whose time is over."""
ROUNDS = 200
# Other tours stand in the same tables: the year is found among their dates, not alone.
_FILL = (
    """
    INSERT INTO tours (id, created_at, producer_id, slug, title, summary, description, meeting_point, commune_code,
                       duration_minutes, availability_type, cancellation_cutoff_hours, is_published)
    SELECT uuidv7(), now(), producer_id, 'do-chuyen-' || n, 'Chuyến đo ' || n, 'Một câu.', '', 'Cổng', commune_code,
           120, 'start_time', 24, true
    FROM (SELECT * FROM tours ORDER BY id LIMIT 1) AS one, generate_series(1, 20) AS n
    """,
    """
    INSERT INTO tour_options (id, created_at, tour_id, name, is_default, max_units, position)
    SELECT uuidv7(), now(), id, 'Vé', true, 10, 0 FROM tours WHERE slug LIKE 'do-chuyen-%'
    """,
    """
    INSERT INTO tour_units (id, created_at, option_id, kind, name, pax_count, price_minor, position)
    SELECT uuidv7(), now(), o.id, 'adult', 'Người lớn', 1, 150000, 0
    FROM tour_options o JOIN tours t ON t.id = o.tour_id WHERE t.slug LIKE 'do-chuyen-%'
    """,
    """
    INSERT INTO departures (id, created_at, tour_id, local_on, starts_at, ends_at, capacity, taken, state)
    SELECT uuidv7(), now(), t.id, day, day + hour, day + hour + interval '2 hours', 30, :parties * 2, 'open'
    FROM tours t, generate_series(cast(:first as timestamptz), cast(:last as timestamptz), interval '1 day') AS day,
         unnest(ARRAY[interval '8 hours', interval '14 hours']) AS hour
    WHERE t.slug LIKE 'do-chuyen-%'
    """,
    """
    INSERT INTO bookings (id, created_at, code, token_hash, tour_id, option_id, departure_id, state, heads, total_minor,
                          contact_name, contact_phone, expires_at)
    SELECT uuidv7(), now(), 'D' || row_number() OVER (), sha256((d.id::text || n)::bytea), d.tour_id, o.id, d.id,
           CASE WHEN n % 2 = 1 THEN 'on_hold' ELSE 'confirmed' END, 2, 300000, 'Chị Mai', '+84912345678',
           now() - interval '1 minute'
    FROM departures d JOIN tour_options o ON o.tour_id = d.tour_id JOIN tours t ON t.id = d.tour_id,
         generate_series(1, :parties) AS n
    WHERE t.slug LIKE 'do-chuyen-%'
    """,
    "ANALYZE departures, bookings",
)


@dataclass(frozen=True)
class Year:
    """The select alone and the page (milliseconds)."""

    dates: int
    p50_ms: float
    p99_ms: float
    page: Figures


async def measure_year(port: int, url: str, *, clients: int, seconds: float) -> Year:
    """Fill twenty tours with a year each, ask one for it; `UnexpectedAnswerError` when a date or seat is missing."""
    now = datetime.now(UTC)
    first = datetime.combine(today(now) + timedelta(days=1), datetime.min.time(), VN)
    facts = {"first": first, "last": first + timedelta(days=DAYS - 1), "parties": PARTIES}
    took: list[float] = []
    async with Database(url, pool_size=1) as database:
        async with database.engine.begin() as connection:
            for statement in _FILL:
                asked = {name: value for name, value in facts.items() if f":{name}" in statement}
                await connection.execute(text(statement), asked)
        for _round in range(ROUNDS):
            async with database.transaction() as session:
                tour: Tour = await service.get_public_tour(session, "do-chuyen-7")
                began = time.perf_counter()
                found = await availability.list_year(session, tour, now=now)
                took.append(1000 * (time.perf_counter() - began))
            if len(found) != DAYS * PER_DAY or any(one.left != 30 - 2 * (PARTIES // 2) for one in found):
                raise UnexpectedAnswerError(f"{len(found)} dates, or other seats than there are")
    took.sort()

    async def act(visitor: Visitor) -> None:
        expect(await visitor.get("/tours/do-chuyen-7/days"), 200, "a tour's year")

    page = await measure(port, act, clients=clients, seconds=seconds)
    return Year(len(found), statistics.median(took), rank(took, 0.99), page)
