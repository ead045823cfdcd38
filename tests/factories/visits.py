"""The smallest valid visits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import tables as _tables  # noqa: F401 - a foreign key is resolved only when its table is known
from app.accounts.models import Person
from app.core.clock import today
from app.core.ids import uuid7
from producers.cooperatives.models import Producer, Role
from storefront.tours.models import (
    AvailabilityType,
    BlackoutDay,
    Departure,
    DepartureState,
    SeasonRule,
    Tour,
    TourOption,
    TourUnit,
    UnitType,
)
from storefront.tours.schemas import GroupFields, NewBooking
from tests.factories.people import new_phone
from tests.factories.producers import make_membership, make_person, make_producer

T = TypeVar("T")
NOW = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)
SECRET = b"a secret of the tests, long enough"
SITE = {"secret": SECRET, "address": "https://cho.example"}
"""What a message needs for the link of a party's own page."""


@dataclass(frozen=True)
class Visit:
    """A tour that can be booked, with its host."""

    producer: Producer
    host: Person
    tour: Tour
    option: TourOption
    units: dict[UnitType, TourUnit]
    departure: Departure


async def make_tour(session: AsyncSession, **overrides: object) -> Tour:
    """A published morning of tea picking; of a new cooperative unless `producer_id` is given."""
    commune = overrides.pop("commune_code", None)
    if "producer_id" not in overrides:
        producer = await make_producer(session)
        overrides["producer_id"], commune = producer.id, commune or producer.commune_code
    commune = commune or (await session.get_one(Producer, overrides["producer_id"])).commune_code
    values: dict[str, object] = {
        "slug": f"hai-che-{uuid7().int % 10**9}",
        "title": "Một buổi hái chè",
        "summary": "Hái chè, sao chè, uống chè.",
        "description": "Ăn trưa với bà con.",
        "meeting_point": "Cổng nhà văn hóa xóm",
        "commune_code": commune,
        "duration_minutes": 180,
        "availability_type": AvailabilityType.START_TIME,
        "cancellation_cutoff_hours": 24,
        "is_published": True,
        "created_at": NOW,
    }
    return await _add(session, Tour(**values | overrides))


async def make_option(session: AsyncSession, tour_id: UUID, **overrides: object) -> TourOption:
    """A way to take the tour, without prices."""
    values: dict[str, object] = {
        "tour_id": tour_id,
        "name": "Có ăn trưa",
        "is_default": True,
        "max_units": 10,
        "position": 0,
        "created_at": NOW,
    }
    return await _add(session, TourOption(**values | overrides))


async def make_unit(session: AsyncSession, option_id: UUID, **overrides: object) -> TourUnit:
    """An adult's ticket at 150.000 đồng."""
    values: dict[str, object] = {
        "option_id": option_id,
        "kind": UnitType.ADULT,
        "name": "Người lớn",
        "pax_count": 1,
        "price_minor": 150_000,
        "position": 0,
        "created_at": NOW,
    }
    return await _add(session, TourUnit(**values | overrides))


async def make_departure(session: AsyncSession, tour_id: UUID, **overrides: object) -> Departure:
    """The day after tomorrow, same hour, 20 heads."""
    starts_at = overrides.pop("starts_at", NOW + timedelta(days=2))
    assert isinstance(starts_at, datetime)
    values: dict[str, object] = {
        "tour_id": tour_id,
        "local_on": today(starts_at),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=3),
        "capacity": 20,
        "taken": 0,
        "state": DepartureState.OPEN,
        "created_at": NOW,
    }
    return await _add(session, Departure(**values | overrides))


async def make_season(session: AsyncSession, tour_id: UUID, **overrides: object) -> SeasonRule:
    """Every Saturday and Sunday of the coming weeks at eight, 12 heads; it has made nothing yet."""
    values: dict[str, object] = {
        "tour_id": tour_id,
        "from_on": today(NOW),
        "until_on": today(NOW) + timedelta(days=60),
        "rrule": "FREQ=WEEKLY;BYDAY=SA,SU",
        "starts": ["08:00"],
        "capacity": 12,
        "created_at": NOW,
    }
    return await _add(session, SeasonRule(**values | overrides))


async def make_blackout(session: AsyncSession, producer_id: UUID, **overrides: object) -> BlackoutDay:
    """A wedding in three weeks."""
    values: dict[str, object] = {
        "producer_id": producer_id,
        "closed_on": today(NOW) + timedelta(days=21),
        "created_at": NOW,
    }
    return await _add(session, BlackoutDay(**values | overrides))


async def make_visit(
    session: AsyncSession, *, capacity: int = 20, starts_at: datetime | None = None, **tour: object
) -> Visit:
    """A tour with all three kinds of ticket, a departure and a manager."""
    producer = await make_producer(session)
    host = await make_person(session, phone=new_phone(), name="Anh Tuấn")
    await make_membership(session, producer_id=producer.id, person_id=host.id, role=Role.MANAGER)
    made = await make_tour(session, producer_id=producer.id, **tour)
    option = await make_option(session, made.id)
    units = {
        UnitType.ADULT: await make_unit(session, option.id),
        UnitType.CHILD: await make_unit(
            session, option.id, kind=UnitType.CHILD, name="Trẻ em", price_minor=80_000, position=1
        ),
        UnitType.FAMILY: await make_unit(
            session,
            option.id,
            kind=UnitType.FAMILY,
            name="Gia đình",
            pax_count=4,
            price_minor=400_000,
            position=2,
        ),
    }
    departure = await make_departure(
        session, made.id, capacity=capacity, starts_at=starts_at or NOW + timedelta(days=2)
    )
    return Visit(producer, host, made, option, units, departure)


def wish(visit: Visit, adults: int = 1, **overrides: object) -> NewBooking:
    """A party of adults that wants to come."""
    values: dict[str, object] = {
        "id": uuid7(),
        "departure_id": visit.departure.id,
        "units": {visit.units[UnitType.ADULT].id: adults},
        "contact_name": "Chị Mai",
        "contact_phone": "+84912345678",
    }
    return NewBooking(**values | overrides)  # type: ignore[arg-type]  # tests name any field


def group(visit: Visit, heads: int = 15, **overrides: object) -> GroupFields:
    """A class of fifteen that asks for a price."""
    values: dict[str, object] = {
        "id": uuid7(),
        "departure_id": visit.departure.id,
        "group_name": "Lớp 7A trường Đại Từ",
        "heads": heads,
        "contact_name": "Cô Hạnh",
        "contact_phone": "0987654321",
        "note": "Các cháu ăn trưa",
    }
    return GroupFields(**values | overrides)


async def _add(session: AsyncSession, row: T) -> T:
    session.add(row)
    await session.flush()
    return row
