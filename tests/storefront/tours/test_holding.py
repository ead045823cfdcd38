"""Longer holds (BOOKINGS.md, 40 and 41)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import booking_repository, bookings, cancelling, departures, holding, sweeping
from storefront.tours.errors import BookingNotFoundError, HoldLimitError, HoldOverError
from storefront.tours.models import BookingState
from tests.factories.visits import NOW, make_visit
from tests.storefront.tours.test_bookings import book, pay

QUARTER = timedelta(minutes=15)
LATER = NOW + timedelta(minutes=10)


async def payment_of(session, booking):
    """The payment of a booking as it is now."""
    found = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking.id)
    await session.refresh(found)
    return found


async def extend(session, booking, now=LATER, until=None):
    """Ask for a longer hold."""
    return await holding.extend_hold(session, booking_id=booking.id, until=until, now=now)


async def test_seats_and_payment_are_kept_as_long(session):
    """A quarter of an hour from the tap, for the seats and for the money alike; the sweep leaves it be (rule 40)."""
    visit = await make_visit(session)
    booking = await book(session, visit, 3)
    longer = await extend(session, booking)
    assert (longer.expires_at, longer.extensions) == (LATER + QUARTER, 1)
    assert (await payment_of(session, booking)).expires_at == LATER + QUARTER
    assert await sweeping.expire_holds(session, now=NOW + QUARTER) == 0
    assert await departures.count_left(session, visit.departure.id, now=NOW + QUARTER) == 17
    await pay(session, booking, now=LATER + timedelta(minutes=14))
    assert (await bookings.get_booking(session, booking.id)).state is BookingState.CONFIRMED


async def test_a_partner_says_until_when(session):
    """A partner's system says until when, never a shorter hold, and its own rule bounds it, not the turns (rules 40 and 41)."""
    booking = await book(session, await make_visit(session))
    until = LATER + timedelta(minutes=40)
    assert (await extend(session, booking, until=until)).expires_at == until
    shorter = await extend(session, booking, until=LATER + timedelta(minutes=5))
    assert (shorter.expires_at, shorter.extensions) == (until, 1)
    shorter.extensions = holding.MOST_EXTENSIONS
    later = until + timedelta(minutes=2)
    assert (await extend(session, shorter, until=later)).expires_at == later


async def test_a_second_tap_costs_no_turn(session):
    """The same wish within the minute changes nothing (rule 40)."""
    booking = await book(session, await make_visit(session))
    await extend(session, booking)
    again = await extend(session, booking, now=LATER + timedelta(seconds=5))
    assert (again.expires_at, again.extensions) == (LATER + QUARTER, 1)


async def test_ten_times_and_no_more(session):
    """Ten times as WCAG 2.2.1 asks, then no more: nobody holds seats for ever (rule 41)."""
    visit = await make_visit(session)
    booking, now = await book(session, visit), NOW
    for turn in range(holding.MOST_EXTENSIONS):
        left = holding.count_extensions_left(booking, visit.tour, visit.departure, now=now)
        assert left == holding.MOST_EXTENSIONS - turn
        now += timedelta(minutes=10)
        booking = await extend(session, booking, now)
    assert holding.count_extensions_left(booking, visit.tour, visit.departure, now=now) == 0
    with pytest.raises(HoldLimitError, match="nhiều lần"):
        await extend(session, booking, now + timedelta(minutes=10))


async def test_a_long_hold_needs_no_button(session):
    """An offer of half a day shows the button in its last hour (rule 40)."""
    visit = await make_visit(session)
    booking = await book(session, visit)
    booking.expires_at = NOW + timedelta(hours=12)
    for hours, left in ((0, 0), (10, 0), (11, holding.MOST_EXTENSIONS)):
        now = NOW + timedelta(hours=hours)
        assert holding.count_extensions_left(booking, visit.tour, visit.departure, now=now) == left


async def test_never_past_the_start(session):
    """A hold ends with the last moment to book (rule 41)."""
    visit = await make_visit(session, starts_at=NOW + timedelta(minutes=20))
    booking = await book(session, visit)
    booking = await extend(session, booking)
    assert booking.expires_at == visit.departure.starts_at
    assert holding.count_extensions_left(booking, visit.tour, visit.departure, now=LATER) == 0
    with pytest.raises(HoldLimitError, match="Sắp đến giờ đi"):
        await extend(session, booking, LATER + timedelta(minutes=5))


@pytest.mark.parametrize("end", ["time", "sweep", "paid", "cancelled", "payment"])
async def test_what_has_ended_is_not_kept_longer(session, end):
    """Over by the clock, swept, paid, given back, or not waited for any more: refused, and nothing moved (rule 41)."""
    visit = await make_visit(session)
    booking, now = await book(session, visit), LATER
    if end == "time":
        now = NOW + QUARTER
    elif end == "sweep":
        await sweeping.expire_holds(session, now=NOW + QUARTER)
    elif end == "paid":
        await pay(session, booking)
    elif end == "cancelled":
        await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    else:
        await payments.expire_payment(
            session, payable_kind=PayableKind.BOOKING, payable_id=booking.id, now=NOW
        )
    with pytest.raises(HoldOverError):
        async with session.begin_nested():
            await extend(session, booking, now)
    seen = await bookings.get_booking(session, booking.id)
    assert (seen.expires_at, seen.extensions) == (NOW + QUARTER, 0)
    expected = holding.MOST_EXTENSIONS if end == "payment" else 0
    assert holding.count_extensions_left(seen, visit.tour, visit.departure, now=now) == expected


async def test_a_booking_without_a_payment(session):
    """What a partner holds asks nobody for money, and is kept longer all the same (rule 40)."""
    booking = await book(session, await make_visit(session))
    await session.delete(await payment_of(session, booking))
    await session.flush()
    assert (await extend(session, booking)).expires_at == LATER + QUARTER


async def test_the_update_asks_again(session, monkeypatch):
    """What ended between the look and the update is refused; what somebody extended as far is answered (rule 41)."""
    booking = await book(session, await make_visit(session))
    really = booking_repository.extend

    async def swept_first(session, booking_id, *, until, before, now):
        await sweeping.expire_holds(session, now=LATER + QUARTER)
        return await really(session, booking_id, until=until, before=before, now=now)

    async def twin_first(session, booking_id, *, until, before, now):
        assert await really(session, booking_id, until=until, before=before, now=now)
        return await really(session, booking_id, until=until, before=before, now=now)

    monkeypatch.setattr(booking_repository, "extend", twin_first)
    assert (await extend(session, booking)).extensions == 1
    monkeypatch.setattr(booking_repository, "extend", swept_first)
    with pytest.raises(HoldOverError):
        await extend(
            session, booking, LATER + timedelta(minutes=4, seconds=59), until=LATER + timedelta(hours=1)
        )


async def test_no_such_booking(session):
    """An id that opens nothing is told so."""
    visit = await make_visit(session)
    with pytest.raises(BookingNotFoundError):
        await holding.extend_hold(session, booking_id=visit.tour.id, now=NOW)
