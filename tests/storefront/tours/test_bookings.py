"""Bookings, as BOOKINGS.md has them."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import select

from app.core.ids import new_token, uuid7
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.operators import service as operators
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.events import PaymentArrivedLate, PaymentExtended, PaymentNamed, PaymentPaid
from storefront.payments.models import PayableKind, PaymentState
from storefront.tours import (
    booking_repository,
    bookings,
    calling_off,
    cancelling,
    departures,
    settlement,
    sweeping,
    tickets,
)
from storefront.tours.errors import (
    BookingNotFoundError,
    CheckInRefusedError,
    DepartureNotFoundError,
    MovingError,
    NotBookableError,
    NotCancellableError,
    PartyError,
    SoldOutError,
    TakenIdError,
    TransitionError,
    UnknownTicketError,
    VisitorsHereError,
)
from storefront.tours.models import (
    AvailabilityType,
    BookingState,
    CallOffReason,
    DepartureState,
    UnitItem,
    UnitType,
)
from storefront.tours.tickets import Verdict
from tests.factories.visits import NOW, SECRET, SITE, make_departure, make_option, make_unit, make_visit, wish
from tests.instants import look_too_early

LATER = NOW + timedelta(minutes=16)
MORNING = NOW + timedelta(days=2, hours=-1)


async def book(session, visit, adults=1, *, now=NOW, make_code=None, **overrides):
    """A party that holds its seats."""
    more = {"make_code": make_code} if make_code else {}
    return await bookings.create_booking(
        session,
        booking=wish(visit, adults, **overrides),
        secret=SECRET,
        person_id=None,
        language="vi",
        now=now,
        **more,
    )


async def pay(session, booking, *, now=NOW, amount=None):
    """Money for a booking arrives; answers its payment."""
    payment = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking.id)
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
    return await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking.id)


async def left(session, visit, now=NOW):
    """The heads that still fit."""
    return await departures.count_left(session, visit.departure.id, now=now)


async def paid_booking(session, visit, adults=1, **overrides):
    """A party that has paid."""
    booking = await book(session, visit, adults, **overrides)
    await pay(session, booking)
    return await bookings.get_booking(session, booking.id)


async def test_a_family_takes_four_seats(session):
    """Seats are heads: a family ticket and a child take five, at the price of their moment (rules 1 and 6)."""
    visit = await make_visit(session)
    units = {visit.units[UnitType.FAMILY].id: 1, visit.units[UnitType.CHILD].id: 1}
    booking = await book(session, visit, units=units)
    visit.units[UnitType.FAMILY].price_minor = 999_000
    await session.flush()
    party = await bookings.get_party(session, booking)
    assert (booking.heads, booking.total_minor) == (5, 480_000)
    assert sorted(item.price_minor for item, _unit in party.items) == [80_000, 400_000]
    assert await left(session, visit) == 15


async def test_a_party_is_never_split(session):
    """Three people do not fit on two seats; the refusal says how many are left (rule 2)."""
    visit = await make_visit(session, capacity=2)
    with pytest.raises(SoldOutError) as refused:
        await book(session, visit, 3)
    assert refused.value.left == 2
    await book(session, visit, 2)
    with pytest.raises(SoldOutError) as refused:
        await book(session, visit)
    assert "hết chỗ" in str(refused.value.message)


async def test_seats_taken_meanwhile_are_refused_by_the_counter(session):
    """When others took the seats after the look, the counter itself refuses (rule 2)."""
    visit = await make_visit(session)
    assert not await bookings.take_seats(session, visit.departure.id, 21, booking_id=uuid7(), now=NOW)
    await departures.move_departure(session, departure_id=visit.departure.id, state=DepartureState.CLOSED)
    assert not await bookings.take_seats(session, visit.departure.id, 1, booking_id=uuid7(), now=NOW)


async def test_the_counter_has_the_last_word(db):
    """Seats that somebody else takes between the look and the counter are not sold twice (rule 2)."""
    async with db.transaction() as session:
        visit = await make_visit(session, capacity=2)

    def take_meanwhile():
        with psycopg.connect(db.conninfo) as other:
            other.execute("UPDATE departures SET taken = 1 WHERE id = %s", [visit.departure.id])
        return "MEANWHILE"

    with pytest.raises(SoldOutError) as refused:
        async with db.transaction() as session:
            await book(session, visit, 2, make_code=take_meanwhile)
    assert refused.value.left == 1


async def test_a_booking_made_meanwhile_is_the_first(db):
    """The same id that another request makes between the look and the insert answers that booking (rule 5)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        model = await book(session, visit)
    booking_id = uuid7()
    copy = """
        INSERT INTO bookings SELECT (jsonb_populate_record(one, %s)).* FROM bookings AS one WHERE one.id = %s
    """

    def make_meanwhile():
        changed = {"id": str(booking_id), "code": "FIRST", "token_hash": "\\xab"}
        with psycopg.connect(db.conninfo) as other:
            other.execute(copy, [Jsonb(changed), model.id])
        return "SECOND"

    async with db.transaction() as session:
        made = await book(session, visit, id=booking_id, make_code=make_meanwhile)
        assert made.code == "FIRST"


async def test_an_expired_hold_is_free_on_read_and_swept_on_write(session):
    """After 15 minutes the seats are free again, whether anybody swept or not (rule 3)."""
    visit = await make_visit(session, capacity=2)
    first = await book(session, visit, 2)
    assert await left(session, visit) == 0
    assert await left(session, visit, LATER) == 2
    await book(session, visit, 2, now=LATER)
    assert (await bookings.get_booking(session, first.id)).state is BookingState.EXPIRED
    await sweeping.expire_holds(session, now=LATER + timedelta(hours=1))
    await sweeping.expire_holds(session, now=LATER + timedelta(hours=1))
    assert await left(session, visit, LATER) == 2


async def test_the_same_id_answers_the_first_booking(session):
    """A repeat is the first booking, whatever else it says (rule 5); its link is the same."""
    visit = await make_visit(session)
    first = await book(session, visit)
    again = await book(session, visit, 5, id=first.id, contact_name="Người khác")
    assert again.id == first.id
    assert again.contact_name == "Chị Mai"
    found = await bookings.get_by_token(session, bookings.token_of(first, SECRET))
    assert found.id == first.id


async def test_a_party_is_not_refused_for_its_own_seats(session, monkeypatch):
    """A repeat that looked for itself a moment too early finds the day full, by its own first sending (rule 5)."""
    visit = await make_visit(session, capacity=2)
    first = await book(session, visit, 2)
    look_too_early(monkeypatch, booking_repository, "find_booking")
    assert (await book(session, visit, 2, id=first.id)).id == first.id
    look_too_early(monkeypatch, booking_repository, "find_booking")
    with pytest.raises(TakenIdError):
        await book(session, visit, 2, id=first.id, contact_phone="+84911111111")
    with pytest.raises(SoldOutError):
        await book(session, visit, 2)


async def test_a_code_that_is_taken_is_drawn_again(session):
    """Two bookings never bear one code."""
    visit = await make_visit(session)
    first = await book(session, visit)
    codes = iter([first.code, "ANOTHER"])
    second = await book(session, visit, make_code=lambda: next(codes))
    assert second.code == "ANOTHER"


async def test_parties_that_cannot_be(session):
    """Nobody, less than nobody, too many, unknown tickets, two options at once, and unknown bookings are refused."""
    visit = await make_visit(session)
    other = await make_option(session, visit.tour.id, name="Bằng tiếng Anh", position=1)
    guided = await make_unit(session, other.id)
    adult = visit.units[UnitType.ADULT].id
    for units in ({}, {adult: 0}, {adult: -1}, {adult: 11}, {uuid7(): 1}, {adult: 1, guided.id: 1}):
        with pytest.raises(PartyError):
            await book(session, visit, units=units)
    assert (await book(session, visit, units={guided.id: 1})).option_id == other.id
    with pytest.raises(DepartureNotFoundError):
        await book(session, visit, departure_id=uuid7())
    with pytest.raises(BookingNotFoundError):
        await bookings.get_booking(session, uuid7())
    with pytest.raises(BookingNotFoundError):
        await bookings.get_by_token(session, new_token())
    with pytest.raises(BookingNotFoundError):
        await settlement.lock_booking(session, uuid7())


async def test_only_open_days_of_a_shown_tour_take_bookings(session):
    """A day that has begun, is closed, or belongs to a hidden tour takes nobody; a day pass is sold till its end."""
    visit = await make_visit(session)
    with pytest.raises(NotBookableError):
        await book(session, visit, now=visit.departure.starts_at)
    visit.tour.availability_type = AvailabilityType.OPENING_HOURS
    assert await book(session, visit, now=visit.departure.starts_at)
    with pytest.raises(NotBookableError):
        await book(session, visit, now=visit.departure.ends_at)
    visit.tour.is_published = False
    with pytest.raises(NotBookableError):
        await book(session, visit)


async def test_paid_in_time(session):
    """The payment confirms: ticket codes, the sale in the books, no seat moved (rule 7)."""
    visit = await make_visit(session)
    booking = await paid_booking(session, visit, 2)
    codes = (await session.scalars(select(UnitItem.ticket_code))).all()
    assert booking.state is BookingState.CONFIRMED
    assert len(set(codes)) == 2
    assert all(len(code) == 8 for code in codes)
    assert await ledger.balance(session, accounts.seller_payable(visit.producer.id)) == -300_000
    assert await ledger.balance(session, accounts.buyer_receivable("booking", booking.id)) == 0
    assert await left(session, visit) == 18


@pytest.mark.parametrize("is_swept", [False, True])
async def test_paid_late_with_seats_left(session, is_swept):
    """Late money finds its seats, still held or free again, and is accepted (rule 8)."""
    visit = await make_visit(session, capacity=2)
    booking = await book(session, visit, 2)
    if is_swept:
        await sweeping.expire_holds(session, now=LATER)
    payment = await pay(session, booking, now=LATER)
    assert payment.state is PaymentState.PAID
    assert (await bookings.get_booking(session, booking.id)).state is BookingState.CONFIRMED
    assert await left(session, visit, LATER) == 0


@pytest.mark.parametrize("why", ["sold", "begun", "cancelled"])
async def test_paid_late_without_seats(session, why):
    """Late money whose seats are gone, whose day has begun or whose booking was given up waits in its queue (rule 8)."""
    visit = await make_visit(session, capacity=2)
    booking = await book(session, visit, 2)
    now = LATER
    if why == "cancelled":
        await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    else:
        await sweeping.expire_holds(session, now=LATER)
    if why == "sold":
        await book(session, visit, 1, now=LATER)
    if why == "begun":
        now = visit.departure.starts_at
    payment = await pay(session, booking, now=now)
    assert payment.state is PaymentState.PAID_LATE
    assert (await bookings.get_booking(session, booking.id)).state is not BookingState.CONFIRMED


async def test_money_in_time_for_a_hold_swept_too_early(session):
    """A hold that a faster clock swept is taken again; without seats the message is undone to be judged late."""
    visit = await make_visit(session, capacity=2)
    first = await book(session, visit, 2)
    await sweeping.expire_holds(session, now=LATER)
    await pay(session, first)
    assert (await bookings.get_booking(session, first.id)).state is BookingState.CONFIRMED
    await cancelling.cancel_booking(session, booking_id=first.id, now=NOW)
    second = await book(session, visit, 2)
    await sweeping.expire_holds(session, now=LATER)
    await book(session, visit, 1, now=LATER)
    with pytest.raises(SoldOutError):
        await pay(session, second)


async def test_the_card_page_holds_the_seats(session):
    """A hold lives as long as its card page, and never shorter than before; an ended one is not revived (rule 9)."""
    visit = await make_visit(session)
    booking = await book(session, visit)
    event = PaymentExtended(
        payment_id=uuid7(),
        payable_kind=PayableKind.BOOKING,
        payable_id=booking.id,
        expires_at=NOW + timedelta(minutes=31),
    )
    await settlement.on_payment_extended(session, event)
    assert (await bookings.get_booking(session, booking.id)).expires_at == NOW + timedelta(minutes=31)
    await sweeping.expire_holds(session, now=NOW + timedelta(minutes=32))
    with pytest.raises(TransitionError):
        await settlement.on_payment_extended(session, event)


async def test_payments_of_orders_are_none_of_our_business(session):
    """What is said of an order's payment changes no booking."""
    of_order = {"payment_id": uuid7(), "payable_kind": PayableKind.ORDER, "payable_id": uuid7()}
    await settlement.on_payment_named(session, PaymentNamed(**of_order))
    await settlement.on_payment_extended(session, PaymentExtended(**of_order, expires_at=NOW))
    await settlement.on_payment_paid(session, PaymentPaid(**of_order, amount_minor=1, paid_at=NOW))
    late = PaymentArrivedLate(**of_order, amount_minor=1, arrived_at=NOW)
    await settlement.on_payment_arrived_late(session, late)


async def test_cancelling_gives_everything_back_once(session):
    """A paid booking cancelled in time gives seats and money back, once; a hold is given up for nothing (rule 10)."""
    visit = await make_visit(session)
    paid, held = await paid_booking(session, visit, 2), await book(session, visit, 3)
    for booking in (paid, held, paid):
        await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    assert await left(session, visit) == 20
    assert await ledger.balance(session, accounts.refund_payable("booking", paid.id)) == -300_000
    assert await ledger.balance(session, accounts.seller_payable(visit.producer.id)) == 0
    payment = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=held.id)
    assert payment.state is PaymentState.EXPIRED


async def test_too_late_to_cancel(session):
    """Inside the last day, or when the hold is over, the visitor is told why not (rule 10)."""
    visit = await make_visit(session)
    paid, held = await paid_booking(session, visit), await book(session, visit)
    with pytest.raises(NotCancellableError) as refused:
        await cancelling.cancel_booking(session, booking_id=paid.id, now=NOW + timedelta(hours=24))
    assert "24 giờ" in str(refused.value.message)
    with pytest.raises(NotCancellableError):
        await cancelling.cancel_booking(session, booking_id=held.id, now=LATER)


async def test_nobody_cancels_who_has_come_in(session):
    """Once one of a party is in, its money is earned, however late it may still cancel (rule 10)."""
    visit = await make_visit(session, cancellation_cutoff_hours=0)
    booking = await paid_booking(session, visit, 2)
    items = await booking_repository.list_items(session, [booking.id])
    await check_in(session, visit, items[0][0].ticket_code)
    with pytest.raises(NotCancellableError, match="người vào cổng"):
        await cancelling.cancel_booking(session, booking_id=booking.id, now=MORNING)


async def test_an_id_is_no_key(session):
    """Who knows a booking's id and not its number gets no booking by it, nor anybody an operator's (rule 5)."""
    visit = await make_visit(session)
    booking = await book(session, visit)
    again = await book(session, visit, id=booking.id, contact_name="Người khác")
    assert again.contact_name == booking.contact_name
    with pytest.raises(TakenIdError):
        await book(session, visit, id=booking.id, contact_phone="+84900000000")
    operator = await operators.get_or_create_operator(session, name="Sông Cầu", now=NOW)
    booking.operator_id = operator.id
    await session.flush()
    with pytest.raises(TakenIdError):
        await book(session, visit, id=booking.id)


async def test_what_is_over_is_not_called_off(session):
    """A visit that is over may be paid out: nobody calls it off any more; called off before, a second tap is quiet (36)."""
    visit = await make_visit(session)
    await paid_booking(session, visit)
    with pytest.raises(TransitionError):
        await call_off(session, visit.departure, visit.departure.ends_at)
    await call_off(session, visit.departure, MORNING)
    await call_off(session, visit.departure, visit.departure.ends_at)


async def test_a_day_called_off(session):
    """Holds end, paid parties choose and stay counted until then, nobody can book; twice is once (rules 11 and 36)."""
    visit = await make_visit(session)
    paid, held = await paid_booking(session, visit, 2), await book(session, visit, 1)
    assert (await call_off(session, visit.departure)).parties == 1
    assert (await bookings.get_booking(session, held.id)).state is BookingState.CANCELLED
    assert (await bookings.get_booking(session, paid.id)).state is BookingState.CONFIRMED
    departure = await departures.get_departure(session, visit.departure.id)
    assert (departure.taken, departure.state) == (2, DepartureState.CANCELLED)
    assert (await call_off(session, visit.departure)).parties == 0
    await cancelling.cancel_booking(session, booking_id=paid.id, now=NOW)
    assert await ledger.balance(session, accounts.refund_payable("booking", paid.id)) == -300_000
    assert (await departures.get_departure(session, visit.departure.id)).taken == 0


async def call_off(session, departure, now=NOW):
    """The road is gone."""
    return await calling_off.call_off(
        session, departure_id=departure.id, reason=CallOffReason.ROAD, **SITE, now=now
    )


async def test_a_day_is_not_called_off_on_visitors(session):
    """Once a visitor has come in the day stands; seats that nobody accounts for stop it too (rule 11)."""
    visit = await make_visit(session)
    booking = await paid_booking(session, visit)
    await check_in(session, visit, booking.code)
    with pytest.raises(VisitorsHereError):
        await call_off(session, visit.departure, MORNING)
    crowded = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=5), taken=3)
    with pytest.raises(MovingError):
        await call_off(session, crowded)


async def check_in(session, visit, code, now=MORNING):
    """The host lets somebody in."""
    return await tickets.check_in(
        session, code=code, producer_id=visit.producer.id, person_id=visit.host.id, now=now
    )


async def test_one_code_for_the_party_one_for_each(session):
    """A ticket's code lets one in, the booking's the rest; each once, and it says when and by whom (rule 12)."""
    visit = await make_visit(session)
    booking = await paid_booking(session, visit, 3)
    single = (await bookings.get_party(session, booking)).items[0][0].ticket_code
    assert (await check_in(session, visit, f" {single[:4]}-{single[4:].lower()}")).heads == 1
    with pytest.raises(CheckInRefusedError) as refused:
        await check_in(session, visit, single)
    assert "Anh Tuấn" in str(refused.value.message)
    assert (await check_in(session, visit, booking.code)).heads == 2
    assert (await bookings.get_booking(session, booking.id)).state is BookingState.REDEEMED
    with pytest.raises(CheckInRefusedError) as refused:
        await check_in(session, visit, booking.code, MORNING + timedelta(days=1))
    assert "ngày 14/11/2026" in str(refused.value.message)
    lines = await tickets.list_day(
        session, producer_id=visit.producer.id, on=visit.departure.local_on, now=MORNING
    )
    assert [(line.heads, line.heads_in) for line in lines] == [(3, 3)]


async def test_who_stays_outside(session):
    """The wrong day, the cancelled, the unpaid, a slip of the tongue and another host's visitors stay outside."""
    visit = await make_visit(session)
    paid, held = await paid_booking(session, visit), await book(session, visit)
    gone = await paid_booking(session, visit)
    await cancelling.cancel_booking(session, booking_id=gone.id, now=NOW)

    async def look(code, now=MORNING):
        return (await tickets.look_up(session, code=code, producer_id=visit.producer.id, now=now)).verdict

    assert await look(paid.code) is Verdict.READY
    assert await look(paid.code, NOW) is Verdict.WRONG_DAY
    assert await look(held.code) is Verdict.UNPAID
    assert await look(gone.code) is Verdict.CANCELLED
    with pytest.raises(CheckInRefusedError):
        await check_in(session, visit, paid.code, NOW)
    with pytest.raises(UnknownTicketError):
        await look(paid.code[:-1] + ("2" if paid.code[-1] != "2" else "3"))
    with pytest.raises(UnknownTicketError):
        stranger = await make_visit(session)
        await check_in(session, stranger, paid.code)
