"""Booked stays, as STAYS.md has them."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import psycopg
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core.clock import VN
from app.core.ids import new_token, uuid7
from producers.cooperatives.models import ProducerKind
from storefront.closing import service as closing
from storefront.closing.questions import Question
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.payments import service as payments
from storefront.payments.events import PaymentArrivedLate, PaymentExtended, PaymentNamed, PaymentPaid
from storefront.payments.models import PayableKind, PaymentState
from storefront.stays import bookings, cancelling, holding, jobs, nights, service, settlement
from storefront.stays.errors import (
    ClosedNightError,
    FullNightError,
    HoldOverError,
    NotCancellableError,
    PlaceNotFoundError,
    StayBookingNotFoundError,
    TakenIdError,
    TransitionError,
    WishError,
)
from storefront.stays.models import OffReason, StayNight, StayState
from storefront.stays.payers import StayPayers
from storefront.stays.schemas import OffFields
from storefront.stays.words import say_off, say_what
from tests.books import list_breaches
from tests.factories.stays import NOW, book, day, make_house, pay
from tests.instants import look_too_early

LATER = NOW + timedelta(minutes=16)
OFF = OffFields(reason=OffReason.ROAD, note="sạt lở ở đèo")


async def taken(session, place, *days):
    """How many beds of a place are taken in some nights."""
    rows = await session.execute(
        select(StayNight.night_on, StayNight.taken).where(StayNight.place_id == place.id)
    )
    counted = dict(rows.all())
    return [counted[day(after)] for after in days]


async def test_every_night_or_none(session):
    """All nights are taken or none of any, and the refusal names the first night that is full, with what it has (2)."""
    house = await make_house(session, beds=4)
    await book(session, house, after=5, nights=1, units=3, heads=3)
    with pytest.raises(FullNightError) as full:
        async with session.begin_nested():
            await book(session, house, after=4, nights=3, units=2, heads=2)
    assert (full.value.night_on, full.value.left) == (day(5), 1)
    assert await taken(session, house.beds, 4, 5, 6) == [0, 3, 0]
    await book(session, house, after=5, nights=1)
    with pytest.raises(FullNightError, match="hết chỗ rồi"):
        await book(session, house, after=5, nights=1)


async def test_a_booking_is_not_refused_for_its_own_beds(session, monkeypatch):
    """A repeat that looked for itself a moment too early finds the house full, by its own first sending (5)."""
    house = await make_house(session, beds=4)
    first = await book(session, house, units=4, heads=4)
    for phone, answer in ((first.contact_phone, None), ("+84911111111", TakenIdError)):
        look_too_early(monkeypatch, bookings.booking_repository, "find_booking")
        again = book(session, house, units=4, heads=4, id=first.id, contact_phone=phone)
        if answer is None:
            assert (await again).id == first.id
        else:
            with pytest.raises(answer):
                await again
    with pytest.raises(FullNightError):
        await book(session, house)


async def test_what_was_taken_before_a_full_night_goes_back(session):
    """A night that is gone between the look and the counter leaves nothing taken of the nights before it (2)."""
    house = await make_house(session, beds=2)
    await book(session, house, after=5, nights=1, units=2, heads=2)
    days = [day(4), day(5)]
    assert await bookings.take_nights(session, house.beds.id, days, 1, now=NOW) is None
    assert await taken(session, house.beds, 4, 5) == [0, 2]


async def test_the_table_itself_refuses_more_than_there_is(session):
    """Below none and above the beds the table says no, whatever the code does (1)."""
    house = await make_house(session)
    for value in (-1, 9):
        with pytest.raises(IntegrityError) as refused:
            async with session.begin_nested():
                await session.execute(
                    update(StayNight).where(StayNight.place_id == house.beds.id).values(taken=value)
                )
        assert isinstance(refused.value.orig, psycopg.errors.CheckViolation)


async def test_a_room_is_sold_whole(session):
    """One guest in a room for three takes the whole room and pays all of it; four do not fit (3)."""
    house = await make_house(session, rooms=1)
    made = await book(session, house, place_id=house.rooms.id, heads=1)
    assert made.total_minor == 800_000
    await pay(session, made)
    assert str(say_what(house.rooms, made.units)) == "1 phòng (Buồng nhỏ)"
    with pytest.raises(FullNightError):
        await book(session, house, place_id=house.rooms.id, heads=1)
    with pytest.raises(WishError, match="ngủ được 3 người"):
        await book(session, house, place_id=house.rooms.id, after=9, heads=4)


async def test_prices_are_those_of_the_moment(session):
    """Weekend nights have their own price, and a new price changes nothing that is booked (6)."""
    house = await make_house(session)
    made = await book(session, house, after=1, nights=3, units=2, heads=2)
    party = await bookings.get_party(session, made)
    assert party.nights == [(day(1), 150_000), (day(2), 150_000), (day(3), 120_000)]
    assert made.total_minor == 2 * 420_000
    house.beds.price_minor = 999_000
    await session.flush()
    assert (await bookings.get_party(session, made)).nights[2] == (day(3), 120_000)


async def test_hours_and_the_time_to_cancel_are_those_of_the_moment(session):
    """The instants of coming, leaving and free cancelling stand in the booking, and a changed house moves none (6)."""
    house = await make_house(session)
    made = await book(session, house)
    assert made.starts_at == datetime.combine(day(3), time(14), VN)
    assert made.ends_at == datetime.combine(day(5), time(11), VN)
    assert made.free_until == made.starts_at - timedelta(hours=48)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"nights": 0}, "Ngày về phải sau ngày đến"),
        ({"nights": -1}, "Ngày về phải sau ngày đến"),
        ({"nights": 15}, "nhiều nhất 14 đêm"),
        ({"after": -1}, "Ngày này qua rồi"),
        ({"units": 2, "heads": 1}, "nhiều chỗ hơn số người"),
        ({"units": 1, "heads": 2}, "ngủ được 1 người"),
    ],
)
async def test_wishes_that_cannot_be(session, overrides, words):
    """Days the wrong way round or gone by, too many nights, beds without a guest, guests without a bed (7)."""
    house = await make_house(session)
    with pytest.raises(WishError, match=words):
        await book(session, house, **overrides)


async def test_nights_that_are_not_sold(session):
    """A night too far ahead, of a place that is not let or of a house that is not shown is refused (7)."""
    house = await make_house(session)
    for after in (119, 300):
        with pytest.raises(ClosedNightError):
            await book(session, house, after=after)
    with pytest.raises(PlaceNotFoundError):
        await book(session, house, place_id=uuid7())
    await service.unpublish_stay(session, stay=house.stay, now=NOW)
    with pytest.raises(ClosedNightError):
        async with session.begin_nested():
            await book(session, house)
    house.beds.is_active = False
    with pytest.raises(ClosedNightError):
        await book(session, house)


async def test_the_id_is_the_clients(session):
    """The same id answers the first booking, whatever else is said; from another number it answers nothing (5)."""
    house = await make_house(session)
    made = await book(session, house)
    again = await book(session, house, id=made.id, nights=7)
    assert (again.id, again.leaves_on) == (made.id, day(5))
    assert await taken(session, house.beds, 3, 4, 5) == [1, 1, 0]
    with pytest.raises(TakenIdError):
        await book(session, house, id=made.id, contact_phone="+84987654321")


async def test_a_code_that_is_taken_gives_way(session):
    """Two bookings never bear the same code."""
    house = await make_house(session)
    codes = iter(["AAAAAA2", "AAAAAA2", "BBBBBB2"])
    first = await book(session, house, make_code=lambda: next(codes))
    second = await book(session, house, make_code=lambda: next(codes))
    assert (first.code, second.code) == ("AAAAAA2", "BBBBBB2")


async def test_a_hold_ends_by_the_clock(session):
    """After 15 minutes beds count as free on read, are swept before a refusal, and come back once (4)."""
    house = await make_house(session, beds=1)
    held = await book(session, house)
    free = await nights.count_free(session, house.beds.id, day(3), day(4), now=LATER)
    assert free == {day(3): (1, False), day(4): (1, False)}
    assert await taken(session, house.beds, 3, 4) == [1, 1]
    after = await book(session, house, now=LATER)
    assert after.state is StayState.ON_HOLD
    assert (await bookings.get_booking(session, held.id)).state is StayState.EXPIRED
    assert await taken(session, house.beds, 3, 4) == [1, 1]
    await jobs.expire_holds(session, now=LATER + timedelta(minutes=16))
    await jobs.expire_holds(session, now=LATER + timedelta(minutes=16))
    assert await taken(session, house.beds, 3, 4) == [0, 0]


async def test_paid_in_time(session):
    """Paid in time it is confirmed, and the sale is booked between guest and producer (8)."""
    house = await make_house(session)
    made = await book(session, house)
    await pay(session, made)
    assert (await bookings.get_booking(session, made.id)).state is StayState.CONFIRMED
    receivable = accounts.buyer_receivable(PayableKind.STAY, made.id)
    assert await ledger.balance(session, receivable) == 0
    assert await ledger.balance(session, accounts.seller_payable(house.producer.id)) == -240_000
    assert await bookings.list_to_come(session, now=NOW) == [(made.id, house.producer.id)]
    assert await bookings.list_to_come(session, uuid7(), now=NOW) == []
    assert await bookings.list_to_come(session, house.producer.id, now=made.ends_at) == []


async def test_a_day_of_stays_fits_the_books(session):
    """After a paid, a cancelled and an unpaid stay the close finds nothing; one that the rooms forgot, it finds (8)."""
    house = await make_house(session, kind=ProducerKind.HOUSEHOLD)
    paid, gone = await book(session, house), await book(session, house)
    await book(session, house)
    await pay(session, paid)
    await pay(session, gone)
    await cancelling.cancel_booking(session, booking_id=gone.id, now=NOW)
    assert await list_breaches(session, now=NOW) == []
    period = Period.of_day(day(0))

    async def wrong():
        found = await closing.look_through(session, period)
        return {check.question for check in found.checks if check.count}

    assert await wrong() == set()
    # Of what stays sold a household's service bears five and two in a hundred.
    assert await ledger.balance(session, accounts.tax_withheld(house.producer.id)) == -16_800
    paid.confirmed_at = NOW - timedelta(days=1)
    await session.flush()
    assert await wrong() == {Question.SALES}


async def test_paid_late(session):
    """Late money takes beds that are held or free again; else it waits in its queue, and nobody is oversold (9)."""
    house = await make_house(session, beds=1)
    made = await book(session, house)
    payment = await pay(session, made, now=LATER)
    await session.refresh(payment)
    assert payment.state is PaymentState.PAID
    assert (await bookings.get_booking(session, made.id)).state is StayState.CONFIRMED
    swept = await book(session, house, after=8)
    await bookings.expire_holds(session, now=LATER)
    await pay(session, swept, now=LATER)
    assert (await bookings.get_booking(session, swept.id)).state is StayState.CONFIRMED
    lost = await book(session, house, after=12)
    await bookings.expire_holds(session, now=LATER)
    await book(session, house, after=13, nights=1, now=LATER)
    payment = await pay(session, lost, now=LATER)
    await session.refresh(payment)
    assert payment.state is PaymentState.PAID_LATE
    assert (await bookings.get_booking(session, lost.id)).state is StayState.EXPIRED
    assert await taken(session, house.beds, 12, 13) == [0, 1]


async def test_money_for_nights_gone_by_waits(session):
    """Money that comes after the first night takes nothing: it waits for its way back (9)."""
    house = await make_house(session)
    made = await book(session, house, after=0)
    payment = await pay(session, made, now=NOW + timedelta(days=1))
    await session.refresh(payment)
    # The hold was never swept: its beds are still its own, and the guest may come for the second night.
    assert payment.state is PaymentState.PAID
    other = await book(session, house, after=0, units=2, heads=2)
    await bookings.expire_holds(session, now=LATER)
    payment = await pay(session, other, now=NOW + timedelta(days=1))
    await session.refresh(payment)
    assert payment.state is PaymentState.PAID_LATE


async def test_a_sweep_with_a_faster_clock(session):
    """Money in time for a hold that was swept takes the beds again, or undoes its message when they are gone (9)."""
    house = await make_house(session, beds=1)
    made = await book(session, house)
    await bookings.expire_holds(session, now=LATER)
    event = PaymentPaid(
        payment_id=uuid7(),
        payable_kind=PayableKind.STAY,
        payable_id=made.id,
        amount_minor=made.total_minor,
        paid_at=NOW,
    )
    await book(session, house, now=LATER)
    with pytest.raises(FullNightError):
        await settlement.on_payment_paid(session, event)


async def test_the_card_page_holds_the_beds(session):
    """A card page keeps the hold as long as it lives; once it ended, the page is refused (10)."""
    house = await make_house(session)
    made = await book(session, house)
    facts = {"payment_id": uuid7(), "payable_kind": PayableKind.STAY, "payable_id": made.id}
    until = NOW + timedelta(minutes=40)
    await settlement.on_payment_extended(session, PaymentExtended(**facts, expires_at=until))
    assert made.expires_at == until
    await settlement.on_payment_extended(session, PaymentExtended(**facts, expires_at=NOW))
    assert made.expires_at == until
    await bookings.expire_holds(session, now=until)
    with pytest.raises(TransitionError):
        await settlement.on_payment_extended(session, PaymentExtended(**facts, expires_at=until))


async def test_money_for_other_things_is_not_ours(session):
    """Events of orders and visits pass by; a booking that is not there is said to be so."""
    facts = {"payment_id": uuid7(), "payable_id": uuid7(), "payable_kind": PayableKind.ORDER}
    await settlement.on_payment_named(session, PaymentNamed(**facts))
    await settlement.on_payment_paid(session, PaymentPaid(**facts, amount_minor=1, paid_at=NOW))
    await settlement.on_payment_extended(session, PaymentExtended(**facts, expires_at=NOW))
    await settlement.on_payment_arrived_late(
        session, PaymentArrivedLate(**facts, amount_minor=1, arrived_at=NOW)
    )
    with pytest.raises(StayBookingNotFoundError):
        await settlement.on_payment_named(session, PaymentNamed(**facts | {"payable_kind": PayableKind.STAY}))
    with pytest.raises(StayBookingNotFoundError):
        await bookings.get_booking(session, uuid7())
    with pytest.raises(StayBookingNotFoundError):
        await bookings.get_by_token(session, new_token())


async def test_cancelled_in_time(session):
    """Until its hour a paid guest gets all of the money back, once, and the beds are free again (11)."""
    house = await make_house(session)
    made = await book(session, house)
    await pay(session, made)
    for _twice in range(2):
        await cancelling.cancel_booking(
            session, booking_id=made.id, now=made.free_until - timedelta(seconds=1)
        )
    assert made.state is StayState.CANCELLED
    assert await taken(session, house.beds, 3, 4) == [0, 0]
    assert await ledger.balance(session, accounts.seller_payable(house.producer.id)) == 0
    assert await ledger.balance(session, accounts.refund_payable(PayableKind.STAY, made.id)) == -240_000


async def test_cancelled_too_late(session):
    """After its hour a paid guest is told why not; an unpaid hold can always be given back (11)."""
    house = await make_house(session)
    paid, held = await book(session, house), await book(session, house, after=0)
    await pay(session, paid)
    with pytest.raises(NotCancellableError, match="Hạn hủy"):
        await cancelling.cancel_booking(session, booking_id=paid.id, now=paid.free_until)
    await cancelling.cancel_booking(session, booking_id=held.id, now=NOW)
    payment = await payments.find_payment(session, payable_kind=PayableKind.STAY, payable_id=held.id)
    assert payment.state is PaymentState.EXPIRED
    with pytest.raises(NotCancellableError, match="không hủy được nữa"):
        other = await book(session, house, after=0)
        await cancelling.cancel_booking(session, booking_id=other.id, now=LATER)


async def test_told_off_by_the_host(session):
    """Whatever the hour, a host who cannot receive guests gives all of their money back, once; not a stranger's (12)."""
    house = await make_house(session)
    made, held = await book(session, house), await book(session, house)
    await pay(session, made)
    own = {"producer_id": house.producer.id, "fields": OFF, "now": made.starts_at}
    for _twice in range(2):
        await cancelling.tell_off(session, booking_id=made.id, **own)
    await cancelling.tell_off(session, booking_id=held.id, **own)
    assert (made.state, made.off_reason, held.state) == (
        StayState.CANCELLED,
        OffReason.ROAD,
        StayState.CANCELLED,
    )
    assert await ledger.balance(session, accounts.refund_payable(PayableKind.STAY, made.id)) == -240_000
    assert await taken(session, house.beds, 3, 4) == [0, 0]
    room = await book(session, house, place_id=house.rooms.id)
    await cancelling.tell_off(
        session, booking_id=room.id, **own | {"fields": OffFields(reason=OffReason.HOUSE)}
    )
    assert str(say_off(room)) == "Chủ nhà không đón được vì nhà có việc."
    with pytest.raises(StayBookingNotFoundError):
        await cancelling.tell_off(session, booking_id=made.id, **own | {"producer_id": uuid7()})


async def test_nobody_is_told_off_once_the_stay_is_over(session):
    """Once the booked stay is over its money is the host's: telling the guests off is refused in words, and changes nothing (12 and 19)."""
    house = await make_house(session)
    made, held = await book(session, house), await book(session, house)
    await pay(session, made)
    own = {"producer_id": house.producer.id, "fields": OFF}
    for one in (made, held):
        with pytest.raises(NotCancellableError, match="đã qua"):
            await cancelling.tell_off(session, booking_id=one.id, **own, now=one.ends_at)
    assert (made.state, made.off_reason) == (StayState.CONFIRMED, None)
    assert await ledger.balance(session, accounts.refund_payable(PayableKind.STAY, made.id)) == 0
    before = made.ends_at - timedelta(seconds=1)
    assert (
        await cancelling.tell_off(session, booking_id=made.id, **own, now=before)
    ).off_reason is OffReason.ROAD
    # Told off in time, a late second tap is that one.
    await cancelling.tell_off(session, booking_id=made.id, **own, now=made.ends_at)


async def test_a_longer_hold(session):
    """A tap keeps beds and payment for a quarter of an hour from now, ten times, and not once it is over or paid (13)."""
    house = await make_house(session)
    made = await book(session, house)
    assert (await holding.extend_hold(session, booking_id=made.id, now=NOW)).extensions == 0
    now = NOW
    for _turn in range(10):
        now += timedelta(minutes=10)
        await holding.extend_hold(session, booking_id=made.id, now=now)
    payment = await payments.find_payment(session, payable_kind=PayableKind.STAY, payable_id=made.id)
    assert (made.extensions, made.expires_at, holding.count_left(made, now=now)) == (
        10,
        now + bookings.HOLD,
        0,
    )
    await session.refresh(payment)
    assert payment.expires_at == now + bookings.HOLD
    now += timedelta(minutes=10)
    with pytest.raises(HoldOverError, match="nhiều lần"):
        await holding.extend_hold(session, booking_id=made.id, now=now)
    with pytest.raises(HoldOverError, match="Đã hết giờ"):
        await holding.extend_hold(session, booking_id=made.id, now=now + bookings.HOLD)
    assert holding.count_left(made, now=now + bookings.HOLD) == 0
    await pay(session, made, now=now)
    with pytest.raises(HoldOverError, match="đã trả tiền"):
        await holding.extend_hold(session, booking_id=made.id, now=now)


async def test_a_hold_whose_payment_is_over_is_over(session):
    """Beds are not kept on for a payment that nobody waits for any more (13)."""
    house = await make_house(session)
    made = await book(session, house)
    await payments.expire_payment(session, payable_kind=PayableKind.STAY, payable_id=made.id, now=NOW)
    with pytest.raises(HoldOverError, match="Đã hết giờ"):
        async with session.begin_nested():
            await holding.extend_hold(session, booking_id=made.id, now=NOW + timedelta(minutes=5))


async def test_who_pays(session):
    """Money that names nobody is asked after by name and phone, and a stay has no successor."""
    house = await make_house(session)
    made = await book(session, house)
    [payer] = (await StayPayers().list_payers(session, [made.id, uuid7()])).values()
    assert (payer.name, payer.phone) == ("Chị Mai", "+84912345678")
    assert await StayPayers().find_successor(session, made.id) is None
