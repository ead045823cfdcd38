"""The smallest valid stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from app import tables as _tables  # noqa: F401 - a foreign key is resolved only when its table is known
from app.accounts.models import Person
from app.core.clock import today
from app.core.ids import uuid7
from producers.cooperatives.models import Producer, Role
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, Payment
from storefront.stays import bookings, nights
from storefront.stays.models import PlaceKind, SleepingPlace, Stay, StayBooking
from storefront.stays.schemas import NewStay
from tests.factories.people import new_phone
from tests.factories.producers import make_membership, make_person, make_producer
from tests.factories.visits import NOW, SECRET

T = TypeVar("T")
TODAY = today(NOW)
"""A Thursday: the second night from it is a Friday's."""
WORDS = {
    "title": "Nhà sàn bà Lụa",
    "summary": "Ngủ nhà sàn, ăn cơm với nhà.",
    "meeting_point": "Qua cầu treo, nhà thứ ba",
    "check_in": "14:00",
    "check_out": "11:00",
    "cancellation_hours": "48",
    "commune_text": "La Bằng",
}
"""A stay's form as a host fills it in."""


@dataclass(frozen=True)
class House:
    """A stay with beds on the floor and rooms, and its host."""

    producer: Producer
    host: Person
    stay: Stay
    beds: SleepingPlace
    rooms: SleepingPlace


async def make_stay(session: AsyncSession, **overrides: object) -> Stay:
    """A published stilt house; of a new cooperative unless `producer_id` is given."""
    if "producer_id" not in overrides:
        overrides["producer_id"] = (await make_producer(session)).id
    commune = (await session.get_one(Producer, overrides["producer_id"])).commune_code
    values: dict[str, object] = {
        "slug": f"nha-san-{uuid7().int % 10**9}",
        "title": "Nhà sàn bà Lụa",
        "summary": "Ngủ nhà sàn, ăn cơm với nhà.",
        "description": "Có màn, có nước nóng.",
        "meeting_point": "Qua cầu treo, nhà thứ ba",
        "commune_code": commune,
        "check_in": time(14),
        "check_out": time(11),
        "cancellation_hours": 48,
        "is_published": True,
        "created_at": NOW,
    }
    return await _add(session, Stay(**values | overrides))


async def make_place(session: AsyncSession, stay: Stay, **overrides: object) -> SleepingPlace:
    """Eight beds on the floor at 120.000 đồng, 150.000 on weekends, with their nights."""
    values: dict[str, object] = {
        "stay_id": stay.id,
        "kind": PlaceKind.SHARED,
        "name": "Gian giữa",
        "number": 8,
        "heads_each": 1,
        "price_minor": 120_000,
        "weekend_minor": 150_000,
        "position": 0,
        "is_active": True,
        "created_at": NOW,
    }
    place = await _add(session, SleepingPlace(**values | overrides))
    await nights.make_place_nights(session, place, now=NOW)
    return place


async def make_house(session: AsyncSession, *, beds: int = 8, rooms: int = 2, **stay: object) -> House:
    """A house with beds and rooms for three, and a manager."""
    producer = (
        await make_producer(session, kind=stay.pop("kind"))
        if "kind" in stay
        else await make_producer(session)
    )
    host = await make_person(session, phone=new_phone(), name="Bà Lụa")
    await make_membership(session, producer_id=producer.id, person_id=host.id, role=Role.MANAGER)
    made = await make_stay(session, producer_id=producer.id, **stay)
    return House(
        producer,
        host,
        made,
        await make_place(session, made, number=beds),
        await make_place(
            session,
            made,
            kind=PlaceKind.ROOM,
            name="Buồng nhỏ",
            number=rooms,
            heads_each=3,
            price_minor=400_000,
            weekend_minor=None,
            position=1,
        ),
    )


def wish(house: House, *, after: int = 3, nights: int = 2, **overrides: object) -> NewStay:
    """Somebody who wants beds for two nights from the third day on (a Sunday); `place_id` and the rest may differ."""
    arrives = TODAY + timedelta(days=after)
    values: dict[str, object] = {
        "id": uuid7(),
        "place_id": house.beds.id,
        "arrives_on": arrives,
        "leaves_on": arrives + timedelta(days=nights),
        "units": 1,
        "heads": 1,
        "contact_name": "Chị Mai",
        "contact_phone": "+84912345678",
    }
    return NewStay(**values | overrides)  # type: ignore[arg-type]  # tests name any field


async def book(session: AsyncSession, house: House, *, now=NOW, make_code=None, **overrides) -> StayBooking:
    """A party that holds its beds."""
    more = {"make_code": make_code} if make_code else {}
    return await bookings.create_booking(
        session, wish=wish(house, **overrides), secret=SECRET, person_id=None, language="vi", now=now, **more
    )


async def pay(session: AsyncSession, booking: StayBooking, *, now=NOW, amount: int | None = None) -> Payment:
    """Money for a booking arrives; answers its payment."""
    payment = await payments.find_payment(session, payable_kind=PayableKind.STAY, payable_id=booking.id)
    assert payment is not None
    arrival = receipts.Arrival(
        provider="test",
        external_id=str(uuid7()),
        account="bank:970436:1",
        amount_minor=amount or payment.amount_minor,
        memo=payment.code,
        payment_id=payment.id,
        arrived_at=now,
    )
    await receipts.record_arrival(session, arrival, now=now)
    return payment


def day(after: int) -> date:
    """So many days after the day of the tests."""
    return TODAY + timedelta(days=after)


async def _add(session: AsyncSession, row: T) -> T:
    session.add(row)
    await session.flush()
    return row
