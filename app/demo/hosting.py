"""The demo's fourth scene: a stilt house that lets beds, and who sleeps in it."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

from app.core.ids import uuid7
from app.demo import cast
from app.demo.paying import pay
from storefront.payments.models import PayableKind
from storefront.stays import bookings, door, nights, sleeping
from storefront.stays import service as stays
from storefront.stays.models import PlaceKind
from storefront.stays.schemas import NewStay, NightFields, PlaceFields, StayFields

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.stage import Stage
    from storefront.stays.models import SleepingPlace, StayBooking

HOUSE = StayFields(
    title="Nhà sàn bên suối Khuổi Slưn",
    summary="Ngủ nhà sàn người Tày, nghe suối, ăn cơm với nhà.",
    description=(
        "Nhà sàn gỗ năm gian, có màn, chăn ấm, nước nóng và nhà vệ sinh riêng dưới sân.\n"
        "Cơm tối ăn cùng nhà: cá tầm, rau rừng, xôi ngũ sắc. Sáng có chén chè và bánh khảo."
    ),
    meeting_point="Từ nhà văn hóa thôn Khuổi Slưn đi theo suối 300 m, nhà thứ hai bên phải.",
    check_in=time(14),
    check_out=time(11),
    cancellation_hours=48,
)
PLACES = (
    PlaceFields(
        kind=PlaceKind.SHARED, name="Gian giữa", number=8, heads_each=1, price_minor=120_000, weekend_minor=150_000, is_active=True
    ),
    PlaceFields(
        kind=PlaceKind.ROOM, name="Buồng nhỏ", number=2, heads_each=3, price_minor=380_000, weekend_minor=450_000, is_active=True
    ),
)  # fmt: skip


async def play(stage: Stage) -> None:
    """Open the house: a family is here, others come, one night is closed."""
    opened = stage.at(10, 9)
    stay = await stays.create_stay(
        stage.session,
        producer_id=stage.producers["fish"].id,
        fields=HOUSE,
        commune_code=cast.THUONG_MINH,
        photos=[await stage.photo(name) for name in ("stilt-house", "visit-fish")],
        now=opened,
    )
    beds, rooms = [
        await sleeping.save_place(stage.session, stay=stay, place_id=None, fields=fields, now=opened)
        for fields in PLACES
    ]
    await stays.publish_stay(stage.session, stay=stay, now=opened)
    await nights.keep_made(stage.session, now=stage.now)
    family = await _book(stage, rooms, number=1, after=-1, nights=3, heads=3, at=stage.at(6, 20))
    await door.receive(
        stage.session,
        code=family.code,
        producer_id=stay.producer_id,
        person_id=stage.people[cast.FISH_FARMER],
        now=stage.at(1, 15),
    )
    await _book(stage, beds, number=2, after=0, nights=2, units=4, heads=4, at=stage.at(4, 19))
    await _book(stage, beds, number=3, after=2, nights=2, units=6, heads=6, at=stage.at(3, 8))
    await _book(stage, rooms, number=4, after=5, nights=1, units=2, heads=5, at=stage.at(2, 21))
    closed = stage.day + timedelta(days=8)
    await nights.close_nights(
        stage.session,
        stay=stay,
        fields=NightFields(place_id=beds.id, from_on=closed),
        is_closed=True,
        now=stage.now,
    )


async def _book(
    stage: Stage,
    place: SleepingPlace,
    *,
    number: int,
    after: int,
    nights: int,
    heads: int,
    at: datetime,
    units: int = 1,
) -> StayBooking:
    """A party that has paid."""
    name, phone, _line = cast.BUYERS[number % len(cast.BUYERS)]
    arrives = stage.day + timedelta(days=after)
    made = await bookings.create_booking(
        stage.session,
        wish=NewStay(
            id=uuid7(),
            place_id=place.id,
            arrives_on=arrives,
            leaves_on=arrives + timedelta(days=nights),
            units=units,
            heads=heads,
            contact_name=name,
            contact_phone=phone,
        ),
        secret=stage.secret,
        person_id=await stage.person(name, phone, days_ago=30),
        language="vi",
        now=at,
    )
    await pay(stage, PayableKind.STAY, made.id, f"stay-{number}", at + timedelta(minutes=3))
    return made
