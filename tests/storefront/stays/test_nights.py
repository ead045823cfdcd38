"""Nights and sleeping places, as STAYS.md has them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core.ids import uuid7
from storefront.catalog.models import CatalogEntry
from storefront.stays import bookings, door, jobs, nights, service, sleeping
from storefront.stays.errors import (
    BedsTakenError,
    ClosedNightError,
    NotReadyError,
    PlaceNotFoundError,
    PlanError,
    StayNotFoundError,
)
from storefront.stays.models import PlaceKind, StayNight
from storefront.stays.schemas import NightFields, PlaceFields
from storefront.stays.words import say_cutoff, say_unit
from tests.factories.stays import NOW, book, day, make_house, make_place, make_stay, pay


def fields(house, after, until=None, capacity=None):
    """The host's form of some nights of the beds."""
    return NightFields(
        place_id=house.beds.id,
        from_on=day(after),
        until_on=None if until is None else day(until),
        capacity=capacity,
    )


def place_fields(**overrides):
    """The form of a sleeping place."""
    values = {
        "kind": PlaceKind.SHARED,
        "name": "Gian ngoài",
        "number": 4,
        "heads_each": 2,
        "price_minor": 90_000,
        "is_active": True,
    }
    return PlaceFields(**values | overrides)


async def capacities(session, place, *days):
    """How many beds some nights have."""
    rows = await session.execute(
        select(StayNight.night_on, StayNight.capacity).where(StayNight.place_id == place.id)
    )
    counted = dict(rows.all())
    return [counted[day(after)] for after in days]


async def test_nights_are_made_ahead_once(session):
    """120 nights from today on, none twice; the next day brings one more, and what the host changed stays (14)."""
    house = await make_house(session)
    count = select(func.count()).where(StayNight.place_id == house.beds.id)
    assert await session.scalar(count) == 120
    await nights.change_beds(session, stay=house.stay, fields=fields(house, 5, capacity=3), now=NOW)
    assert await nights.make_place_nights(session, house.beds, now=NOW) == 0
    assert await nights.keep_made(session, now=NOW) == 0
    await jobs.keep_nights(session, now=NOW + timedelta(days=1))
    assert await session.scalar(count) == 121
    last = select(func.max(StayNight.night_on)).where(StayNight.place_id == house.beds.id)
    assert await session.scalar(last) == day(120)
    assert await capacities(session, house.beds, 4, 5) == [8, 3]


async def test_a_place_without_a_night_gets_its_first(session):
    """A place whose nights all lie behind, or that never had one, begins today (14)."""
    stay = await make_stay(session)
    place = await make_place(session, stay)
    assert await nights.keep_made(session, now=NOW + timedelta(days=400)) == 120
    await session.execute(StayNight.__table__.delete().where(StayNight.place_id == place.id))
    assert await nights.keep_made(session, now=NOW) == 120
    place.is_active = False
    await session.flush()
    assert await nights.keep_made(session, now=NOW + timedelta(days=9)) == 0


async def test_closed_days_take_nobody_new(session):
    """Closed, nobody books; who had booked keeps the beds and is named until they leave; opened, it is sold again (15)."""
    house = await make_house(session)
    made = await book(session, house, after=3, nights=2)
    await pay(session, made)
    await book(session, house, after=4, nights=1)
    await nights.close_nights(
        session, stay=house.stay, fields=fields(house, 4, until=6), is_closed=True, now=NOW
    )
    assert [one.id for one in await nights.list_kept(session, [house.beds], now=NOW)] == [made.id]
    # Nobody is named for a night that is over, nor for one that they gave back.
    assert await nights.list_kept(session, [house.beds], now=NOW + timedelta(days=5)) == []
    assert (await bookings.get_booking(session, made.id)).state == "confirmed"
    shown = await nights.list_nights(session, [house.beds], day(3), day(4), now=NOW)
    assert [one.free for one in shown] == [7, 0]
    with pytest.raises(ClosedNightError) as closed:
        async with session.begin_nested():
            await book(session, house, after=3, nights=2)
    assert closed.value.night_on == day(4)
    await nights.close_nights(
        session, stay=house.stay, fields=fields(house, 4, until=5), is_closed=False, now=NOW
    )
    assert await nights.list_kept(session, [house.beds], now=NOW) == []
    await book(session, house, after=5, nights=1)
    shut = {"stay": house.stay, "fields": fields(house, 4), "is_closed": True, "now": NOW}
    await nights.close_nights(session, **shut)
    own = {"producer_id": house.producer.id, "now": NOW + timedelta(days=3)}
    await door.receive(session, code=made.code, person_id=house.host.id, **own)
    assert [one.id for one in await nights.list_kept(session, [house.beds], now=NOW)] == [made.id]
    await door.let_go(session, booking_id=made.id, frees=True, **own)
    assert await nights.list_kept(session, [house.beds], now=NOW) == []


async def test_another_number_of_beds(session):
    """Some nights get another number, all or none, never below what is taken; none at all is a number too (16)."""
    house = await make_house(session)
    await book(session, house, after=5, nights=1, units=3, heads=3)
    with pytest.raises(BedsTakenError, match="3 trở lên"):
        async with session.begin_nested():
            await nights.change_beds(
                session, stay=house.stay, fields=fields(house, 4, until=6, capacity=2), now=NOW
            )
    assert await capacities(session, house.beds, 4, 5, 6) == [8, 8, 8]
    await nights.change_beds(session, stay=house.stay, fields=fields(house, 4, until=6, capacity=3), now=NOW)
    await nights.change_beds(session, stay=house.stay, fields=fields(house, 6, capacity=0), now=NOW)
    assert await capacities(session, house.beds, 4, 5, 6, 7) == [3, 3, 0, 8]


async def test_a_place_with_another_number(session):
    """Its nights follow, never below what is taken; one that the host changed by itself stays so (16)."""
    house = await make_house(session)
    await book(session, house, after=5, nights=1, units=6, heads=6)
    await nights.change_beds(session, stay=house.stay, fields=fields(house, 7, capacity=2), now=NOW)
    saved = await sleeping.save_place(
        session, stay=house.stay, place_id=house.beds.id, fields=place_fields(), now=NOW
    )
    assert str(say_unit(saved)) == "Đệm chung sàn, mỗi đệm 2 người"
    assert (saved.id, saved.name, saved.number) == (house.beds.id, "Gian ngoài", 4)
    assert await capacities(session, house.beds, 4, 5, 7) == [4, 6, 2]
    await sleeping.save_place(
        session, stay=house.stay, place_id=house.beds.id, fields=place_fields(is_active=False), now=NOW
    )
    assert [one.id for one in (await service.list_places(session, [house.stay.id]))[house.stay.id]] == [
        house.rooms.id
    ]
    with pytest.raises(PlaceNotFoundError):
        await sleeping.save_place(session, stay=house.stay, place_id=uuid7(), fields=place_fields(), now=NOW)


async def test_a_form_of_a_new_place_that_is_sent_twice(session):
    """A new place's id is the form's: sent again it is the same place, and another house's id makes none."""
    house, other = await make_house(session), await make_house(session)
    new = place_fields(new_id=uuid7(), name="Gác xép")
    for _twice in range(2):
        await sleeping.save_place(session, stay=house.stay, place_id=None, fields=new, now=NOW)
    found = (await service.list_places(session, [house.stay.id]))[house.stay.id]
    assert [one.id for one in found].count(new.new_id) == 1 and len(found) == 3
    with pytest.raises(PlaceNotFoundError):
        await sleeping.save_place(session, stay=other.stay, place_id=None, fields=new, now=NOW)


async def test_days_that_cannot_be(session):
    """Days gone by, the wrong way round, too far ahead, too many at once, and a number that was not written."""
    house = await make_house(session)
    for asked, words in (
        (fields(house, -1, capacity=1), "đã qua"),
        (fields(house, 5, until=4, capacity=1), "sau ngày đầu"),
        (fields(house, 120, capacity=1), "bốn tháng"),
        (fields(house, 5, until=120, capacity=1), "bốn tháng"),
        (fields(house, 0, until=62, capacity=1), "nhiều nhất 62 đêm"),
        (fields(house, 5), "còn mấy chỗ"),
    ):
        with pytest.raises(PlanError, match=words):
            await nights.change_beds(session, stay=house.stay, fields=asked, now=NOW)
    await session.execute(StayNight.__table__.delete().where(StayNight.place_id == house.beds.id))
    with pytest.raises(PlanError, match="chưa mở"):
        await nights.change_beds(session, stay=house.stay, fields=fields(house, 5, capacity=1), now=NOW)


def test_hours_of_cancelling_in_words():
    """Days where they are whole, else hours, and none until the door itself."""
    said = [str(say_cutoff(hours)) for hours in (0, 12, 48)]
    assert [part for text in said for part in re.findall(r"giờ nhận chỗ\.|12 giờ|2 ngày", text)] == [
        "giờ nhận chỗ.",
        "12 giờ",
        "2 ngày",
    ]


async def test_another_house_is_not_touched(session):
    """A place of another stay, and a stay of another producer, do not exist for a host."""
    house, other = await make_house(session), await make_house(session)
    with pytest.raises(PlaceNotFoundError):
        await nights.change_beds(session, stay=other.stay, fields=fields(house, 5, capacity=1), now=NOW)
    with pytest.raises(PlaceNotFoundError):
        await nights.close_nights(session, stay=other.stay, fields=fields(house, 5), is_closed=True, now=NOW)
    with pytest.raises(StayNotFoundError):
        await service.get_own_stay(session, stay_id=house.stay.id, producer_id=other.producer.id)
    with pytest.raises(StayNotFoundError):
        await service.get_stay(session, uuid7())


async def test_a_house_in_the_shop_window(session):
    """A house with beds is shown with its lowest price; without one it is not ready, and put away it is gone."""
    stay = await make_stay(session, is_published=False)
    with pytest.raises(NotReadyError):
        await service.publish_stay(session, stay=stay, now=NOW)
    place = await sleeping.save_place(session, stay=stay, place_id=None, fields=place_fields(), now=NOW)
    entry = await session.get_one(CatalogEntry, stay.id)
    assert (entry.is_visible, entry.price_minor, place.position) == (False, 90_000, 0)
    await service.publish_stay(session, stay=stay, now=NOW)
    await session.refresh(entry)
    assert (entry.is_visible, entry.price_unit) == (True, "một đêm")
    assert await service.list_published(session) == [stay]
    assert await service.get_public_stay(session, stay.slug) is stay
    await service.unpublish_stay(session, stay=stay, now=NOW)
    await session.refresh(entry)
    assert not entry.is_visible
    with pytest.raises(StayNotFoundError):
        await service.get_public_stay(session, stay.slug)
