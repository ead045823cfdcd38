"""A deposit at booking, the rest later (BOOKINGS.md, 83 to 87)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core.ids import uuid7
from producers.cooperatives.models import ProducerKind
from storefront.closing import service as closing
from storefront.closing.questions import Question
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.events import PaymentArrivedLate, PaymentExtended, PaymentNamed, PaymentPaid
from storefront.payments.models import PayableKind, PaymentState
from storefront.payouts import holding
from storefront.tours import (
    balances,
    booking_repository,
    bookings,
    calling_off,
    cancelling,
    choices,
    deposit_repository,
    deposits,
    invoicing,
    jobs,
    moving,
    tickets,
    words,
)
from storefront.tours.errors import BookingNotFoundError, TransitionError
from storefront.tours.models import BalanceRule, BookingState, CallOffReason, Tour
from tests.factories.people import log_in
from tests.factories.visits import NOW, SECRET, SITE, make_departure, make_visit
from tests.storefront.tours.test_bookings import book, left, paid_booking

START = NOW + timedelta(days=10)
DUE = START - timedelta(days=3)
THIRD = {"deposit_percent": 30, "balance_hours": 72}
ORDERS = {"payable_kind": PayableKind.ORDER, "payable_id": uuid7(), "payment_id": uuid7()}


async def third(session, rule=BalanceRule.CANCEL, **more):
    """A household's tour that asks for thirty per cent at booking; ten days from now."""
    visit = await make_visit(session, starts_at=START, balance_rule=rule, **THIRD | more)
    visit.producer.kind = ProducerKind.HOUSEHOLD
    await session.flush()
    return visit


async def pay_rest(session, booking, *, now=NOW, amount=None, external_id=None):
    """Money for the rest of a booking arrives; answers its payment."""
    payment = await payments.find_payment(session, payable_kind=PayableKind.BALANCE, payable_id=booking.id)
    arrival = receipts.Arrival(
        provider="test",
        external_id=external_id or str(uuid7()),
        account="bank:970436:1",
        amount_minor=amount or payment.amount_minor,
        memo=payment.code,
        payment_id=payment.id,
        arrived_at=now,
    )
    await receipts.record_arrival(session, arrival, now=now)
    return await payments.find_payment(session, payable_kind=PayableKind.BALANCE, payable_id=booking.id)


async def state_of(session, booking):
    """(state, what is owed, what was kept) of a booking."""
    found = await bookings.get_booking(session, booking.id)
    return found.state, found.owed_minor, found.kept_minor


async def books(session, visit, booking):
    """What the books hold: (deposit, owed to the producer, owed to the guest, tax, cash in the producer's hand)."""
    names = (
        accounts.deposits(booking.id),
        accounts.seller_payable(visit.producer.id),
        accounts.refund_payable("booking", booking.id),
        accounts.tax_withheld(visit.producer.id),
        accounts.producer_cash(visit.producer.id),
    )
    return [-await ledger.balance(session, name) for name in names]


async def look_through(session, *days):
    """Nothing is odd in the books of some days."""
    for day in days:
        period = Period.of_day(NOW.date() + timedelta(days=day))
        found = (await closing.look_through(session, period)).checks
        assert not [(one.question, one.findings) for one in found if one.findings]


async def sent(session, *parts):
    """How many messages hold all of these words."""
    statement = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'notices.send_sms' AND args::text LIKE ALL(:like)"
    return await session.scalar(text(statement), {"like": [f"%{part}%" for part in parts]})


async def test_a_deposit_confirms_and_is_nobodys_yet(session):
    """Thirty per cent confirm the seats and give tickets; the sum waits on its own account, and the rest is asked for (83, 84; BD1)."""
    visit = await third(session)
    held = await book(session, visit, 2)
    first = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=held.id)
    assert (first.amount_minor, held.total_minor, held.owed_minor) == (90_000, 300_000, 210_000)
    booking = await paid_booking(session, visit, 2)
    assert await state_of(session, booking) == (BookingState.CONFIRMED, 210_000, 0)
    assert all(item.ticket_code for item, _unit in (await bookings.get_party(session, booking)).items)
    assert await books(session, visit, booking) == [90_000, 0, 0, 0, 0]
    rest = await payments.find_payment(session, payable_kind=PayableKind.BALANCE, payable_id=booking.id)
    assert (rest.amount_minor, rest.expires_at, rest.state) == (210_000, DUE, PaymentState.PENDING)
    assert await holding.sum_held(session, now=NOW) == {}
    assert await sent(session, "đã nhận cọc", "90.000") == 1
    assert not invoicing.is_sold(booking)
    await look_through(session, 0)


async def test_the_message_of_a_deposit_says_how_many_the_day_needs(session):
    """Who pays a part is told as anybody that the day needs more guests (47, 83)."""
    visit = await third(session)
    visit.tour.minimum_heads = 6
    await paid_booking(session, visit, 2)
    assert await sent(session, "đã nhận cọc", "đủ %(least)s người mới đi") == 1


async def test_the_rest_makes_the_sale(session):
    """With the rest all of it is sold, once, with its tax; a payout waits for the visit; twice is a second sum (84; BD2)."""
    visit = await third(session)
    booking = await paid_booking(session, visit, 2)
    assert (await pay_rest(session, booking, external_id="one")).state is PaymentState.PAID
    await pay_rest(session, booking, external_id="one")
    assert await state_of(session, booking) == (BookingState.CONFIRMED, 0, 0)
    assert await books(session, visit, booking) == [0, 279_000, 0, 21_000, 0]
    held = await holding.sum_held(session, now=NOW)
    assert held == {visit.producer.id: {"seller_payable": 279_000}}
    await pay_rest(session, booking, external_id="two")
    assert await ledger.balance(session, accounts.refund_payable("balance", booking.id)) == -210_000
    assert await sent(session, "đã nhận đủ tiền") == 1
    assert invoicing.is_sold(await bookings.get_booking(session, booking.id))
    await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    assert await books(session, visit, booking) == [0, 0, 300_000, 0, 0]
    await look_through(session, 0)


async def test_the_close_asks_for_the_rest_of_who_is_over(session):
    """A rest that is booked as sold and was never paid is found once the party has come (BC1)."""
    visit = await third(session)
    booking = await paid_booking(session, visit, 2)
    row = await deposits.find(session, booking.id)
    await deposits.complete(session, booking, visit.tour, now=NOW)
    await session.execute(text("UPDATE bookings SET state = 'redeemed' WHERE id = :id"), {"id": booking.id})
    found = (await closing.look_through(session, Period.of_day(NOW.date()))).checks
    [finding] = [one for check in found for one in check.findings if check.question is Question.FINISHED]
    assert (finding.label, finding.is_now) == (booking.code, row.balance_minor)


async def test_too_much_and_too_little(session):
    """What is above the rest is owed back; a part of it waits for the rest of the rest (85)."""
    visit = await third(session)
    booking = await paid_booking(session, visit, 2)
    assert (await pay_rest(session, booking, amount=10_000)).state is PaymentState.UNDERPAID
    assert (await state_of(session, booking))[1] == 210_000
    assert (await pay_rest(session, booking, amount=250_000)).state is PaymentState.PAID
    assert (await state_of(session, booking))[1] == 0
    assert await ledger.balance(session, accounts.refund_payable("balance", booking.id)) == -50_000
    await look_through(session, 0)


async def test_cancelled_with_the_deposit_alone(session):
    """Of what was paid the terms say how much comes back; what is kept is sold, the rest is not asked for any more (81, 84)."""
    visit = await third(session, cancellation_cutoff_hours=168, cancellation_steps=[[0, 50]])
    free, half = await paid_booking(session, visit, 2), await paid_booking(session, visit, 2)
    await cancelling.cancel_booking(session, booking_id=free.id, now=NOW)
    assert await books(session, visit, free) == [0, 0, 90_000, 0, 0]
    await cancelling.cancel_booking(session, booking_id=half.id, now=NOW + timedelta(days=4))
    assert await books(session, visit, half) == [0, 41_850, 45_000, 3_150, 0]
    assert await state_of(session, half) == (BookingState.CANCELLED, 210_000, 45_000)
    late = await pay_rest(session, half, now=NOW + timedelta(days=4))
    assert late.state is PaymentState.PAID_LATE
    assert await books(session, visit, half) == [0, 41_850, 45_000, 3_150, 0]
    await look_through(session, 0, 4)


async def remind_and_end(session, now):
    """The jobs of a minute."""
    await jobs.remind_of_balances(session, now=now, **SITE)
    await jobs.end_overdue(session, now=now)


async def test_who_does_not_pay_the_rest_is_reminded_and_then_ends(session):
    """A day before the rest is due the party is reminded, once; then it ends by its terms, and its seats are free (86)."""
    visit = await third(session, cancellation_cutoff_hours=168, cancellation_steps=[[0, 50]])
    booking, payer = await paid_booking(session, visit, 2), await paid_booking(session, visit)
    for hours in (25, 24, 23, 1):
        await remind_and_end(session, DUE - timedelta(hours=hours))
        assert await sent(session, "Bạn chuyển nốt", "210.000") == (hours < 25)
    link = f"https://cho.example/bookings/{bookings.token_of(booking, SECRET)}"
    assert await sent(session, link) == 1
    await pay_rest(session, payer)
    for _twice in range(2):
        await remind_and_end(session, DUE)
    assert await state_of(session, booking) == (BookingState.CANCELLED, 210_000, 45_000)
    assert (await state_of(session, payer))[0] is BookingState.CONFIRMED
    assert await left(session, visit) == 19
    assert await sent(session, "quá hạn trả nốt") == 1
    assert await books(session, visit, booking) == [0, 41_850 + 139_500, 45_000, 3_150 + 10_500, 0]


async def test_nobody_ends_unwarned(session):
    """Without a reminder half a day before nobody ends; the money of a party that still stands is taken, late or not (85, 86)."""
    visit = await third(session)
    booking = await paid_booking(session, visit, 2)
    await remind_and_end(session, DUE)
    await remind_and_end(session, DUE + timedelta(hours=11))
    assert (await state_of(session, booking))[0] is BookingState.CONFIRMED
    assert (await pay_rest(session, booking, now=DUE + timedelta(hours=11))).state is PaymentState.PAID
    await remind_and_end(session, DUE + timedelta(hours=13))
    assert await state_of(session, booking) == (BookingState.CONFIRMED, 0, 0)


async def test_what_was_listed_is_looked_at_again(session, monkeypatch):
    """Between the list and the lock a party may have paid, come in or gone: it is left alone (86)."""
    visit = await third(session)
    payer, gone, guest = [await paid_booking(session, visit) for _party in range(3)]
    await pay_rest(session, payer)
    await cancelling.cancel_booking(session, booking_id=gone.id, now=NOW)
    [(item, _unit)] = await booking_repository.list_items(session, [guest.id])
    item.redeemed_at = NOW
    plain = await make_visit(session)
    whole = await paid_booking(session, plain)
    closed = await third(session)
    chooser = await paid_booking(session, closed)
    await calling_off.call_off(
        session, departure_id=closed.departure.id, reason=CallOffReason.ROAD, **SITE, now=NOW
    )
    everybody = [payer.id, gone.id, guest.id, whole.id, chooser.id]

    async def listed(_session, **_when):
        return everybody

    for name in ("list_overdue", "list_to_remind", "list_over"):
        monkeypatch.setattr(deposit_repository, name, listed)
    assert await balances.end_overdue(session, now=DUE) == 0
    assert await balances.remind(session, **SITE, now=DUE) == 1
    assert await balances.remind(session, **SITE, now=DUE) == 0
    everybody = [payer.id, gone.id, guest.id]
    assert await balances.earn_over(session, now=DUE) == 1


async def test_cash_at_the_gate(session):
    """A host takes the rest in cash, once: the sale is whole, and the cash is set off against what is owed to them (87)."""
    visit = await third(session, BalanceRule.GATE)
    booking = await paid_booking(session, visit, 2)
    await pay_rest(session, booking, amount=10_000)
    with pytest.raises(BookingNotFoundError):
        await balances.take_cash(session, booking_id=booking.id, producer_id=uuid7(), now=START)
    await jobs.remind_of_balances(session, now=START - timedelta(hours=23), **SITE)
    assert await sent(session, "đến nơi trả tiền mặt") == 1
    await tickets.check_in(
        session, code=booking.code, producer_id=visit.producer.id, person_id=visit.host.id, now=START
    )
    for _twice in range(2):
        await balances.take_cash(session, booking_id=booking.id, producer_id=visit.producer.id, now=START)
    assert await state_of(session, booking) == (BookingState.REDEEMED, 0, 0)
    assert await books(session, visit, booking) == [0, 79_000, 0, 21_000, 0]
    assert await holding.sum_held(session, now=START) == {visit.producer.id: {"seller_payable": 79_000}}
    gone = await paid_booking(session, visit)
    await cancelling.cancel_booking(session, booking_id=gone.id, now=NOW)
    with pytest.raises(TransitionError):
        await balances.take_cash(session, booking_id=gone.id, producer_id=visit.producer.id, now=START)
    await look_through(session, 0, 10)


async def test_the_rest_that_never_came(session):
    """Two days after the visit the deposit is sold; cash of the first two days is still taken, later money waits to go back (84, 87)."""
    visit = await third(session, BalanceRule.GATE)
    booking, payer = await paid_booking(session, visit, 2), await paid_booking(session, visit, 2)
    over = START + timedelta(hours=3)
    await jobs.earn_deposits(session, now=over + timedelta(days=1))
    await balances.take_cash(
        session, booking_id=payer.id, producer_id=visit.producer.id, now=over + timedelta(days=1)
    )
    for _twice in range(2):
        await jobs.earn_deposits(session, now=over + timedelta(days=2))
    assert await state_of(session, booking) == (BookingState.CONFIRMED, 210_000, 90_000)
    assert await books(session, visit, booking) == [0, 83_700 + 69_000, 0, 6_300 + 21_000, 0]
    with pytest.raises(TransitionError):
        await balances.take_cash(session, booking_id=booking.id, producer_id=visit.producer.id, now=over)
    late = await pay_rest(session, booking, now=over + timedelta(days=2))
    assert late.state is PaymentState.PAID_LATE
    assert not await deposits.earn(session, booking, visit.tour, now=NOW)
    assert not await deposits.complete(session, booking, visit.tour, now=NOW)
    draft = await invoicing.draft_invoice(session, booking_id=booking.id, producer=visit.producer)
    assert (draft.total_minor, draft.lines[0].title) == (90_000, "Tiền nhà vườn giữ lại: Một buổi hái chè")
    await look_through(session, 0, 11, 12)


async def test_called_off_gives_back_what_was_paid(session):
    """A day called off asks for no rest; the party takes its deposit back, or another day with the time for it (82, 85)."""
    visit = await third(session)
    other = await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=20))
    booking, mover = await paid_booking(session, visit, 2), await paid_booking(session, visit)
    late = DUE - timedelta(hours=1)
    await calling_off.call_off(
        session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, **SITE, now=late
    )
    assert await sent(session, "lấy lại đủ", "90.000") == 1
    await remind_and_end(session, DUE + timedelta(hours=1))
    assert (await state_of(session, booking))[0] is BookingState.CONFIRMED
    await choices.choose_money(session, booking_id=booking.id, now=DUE)
    assert await books(session, visit, booking) == [0, 0, 90_000, 0, 0]
    await choices.choose_day(session, booking_id=mover.id, departure_id=other.id, now=DUE)
    rest = await payments.find_payment(session, payable_kind=PayableKind.BALANCE, payable_id=mover.id)
    assert rest.amount_minor == 105_000
    row = await deposits.find(session, mover.id)
    assert row.due_at == START + timedelta(days=17)


@pytest.mark.parametrize(
    ("rule", "days", "due"),
    [
        (BalanceRule.CANCEL, 30, timedelta(days=27)),
        (BalanceRule.CANCEL, 4, timedelta(days=2)),
        (BalanceRule.CANCEL, 1, timedelta(days=1)),
        (BalanceRule.GATE, 1, timedelta(days=1, hours=3)),
    ],
)
async def test_another_day_has_another_due(session, rule, days, due):
    """The rest follows the party: so many hours before its new day, two days from now at least, never after the start (85)."""
    visit = await third(session, rule, cancellation_cutoff_hours=0)
    other = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=days))
    booking = await paid_booking(session, visit)
    await moving.move(session, booking_id=booking.id, departure_id=other.id, now=NOW)
    assert (await deposits.find(session, booking.id)).due_at == NOW + due
    payment = await payments.find_payment(session, payable_kind=PayableKind.BALANCE, payable_id=booking.id)
    assert payment.expires_at >= NOW + due
    await pay_rest(session, booking)
    await moving.move(session, booking_id=booking.id, departure_id=visit.departure.id, now=NOW)
    assert (await deposits.find(session, booking.id)).due_at == NOW + due


async def test_when_all_is_paid_at_once(session):
    """Without a share, with one that rounds to nothing, or too near to the due hour, all is paid at booking (83)."""
    visit = await third(session)
    near = DUE - timedelta(days=2) + timedelta(seconds=1)
    assert deposits.split(visit.tour, visit.departure, 300_000, now=near) is None
    assert deposits.split(visit.tour, visit.departure, 1, now=NOW) is None
    visit.tour.balance_rule = BalanceRule.GATE
    assert deposits.split(visit.tour, visit.departure, 300_000, now=near).due_at == visit.departure.ends_at
    visit.tour.deposit_percent = 0
    assert deposits.split(visit.tour, visit.departure, 300_000, now=NOW) is None
    assert words.say_deposit(visit.tour) is None


async def test_the_card_page_keeps_the_rest_open(session):
    """Who stands before the card page is not ended meanwhile; a party that ended cannot be paid any more (85)."""
    visit = await third(session)
    booking = await paid_booking(session, visit)
    of_booking = {"payment_id": uuid7(), "payable_kind": PayableKind.BALANCE, "payable_id": booking.id}
    await balances.on_payment_named(session, PaymentNamed(**of_booking))
    extended = PaymentExtended(**of_booking, expires_at=DUE + timedelta(minutes=31))
    await balances.on_payment_extended(session, extended)
    assert (await deposits.find(session, booking.id)).due_at == DUE + timedelta(minutes=31)
    await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    with pytest.raises(TransitionError):
        await balances.on_payment_extended(session, extended)
    with pytest.raises(TransitionError):
        await balances.on_payment_paid(session, PaymentPaid(**of_booking, amount_minor=1, paid_at=NOW))
    await balances.on_payment_named(session, PaymentNamed(**ORDERS))
    await balances.on_payment_extended(session, PaymentExtended(**ORDERS, expires_at=NOW))
    await balances.on_payment_paid(session, PaymentPaid(**ORDERS, amount_minor=1, paid_at=NOW))
    await balances.on_payment_arrived_late(
        session, PaymentArrivedLate(**ORDERS, amount_minor=1, arrived_at=NOW)
    )
    with pytest.raises(BookingNotFoundError):
        await deposits.receive(session, await book(session, await make_visit(session)), now=NOW)


async def test_pages_say_what_is_paid_and_what_is_left(db, client, house):
    """Before paying, with the deposit, at the gate, and when all is paid: both parts stand on the page, with a QR (83, 87)."""
    async with db.transaction() as session:
        visit = await third(session, BalanceRule.GATE)
        held = await book(session, visit, 2)
        booking = await paid_booking(session, visit, 2)
    page = f"/bookings/{bookings.token_of(held, house.secret)}"
    async with db.transaction() as session:
        for one in (held, booking):
            found = await bookings.get_booking(session, one.id)
            found.token_hash = bookings.hash_token(bookings.token_of(one, house.secret))
    for address in (f"/tours/{visit.tour.slug}", f"/tours/{visit.tour.slug}/book"):
        assert "Đặt cọc 30%" in (await client.get(address)).text
    shown = (await client.get(page)).text
    assert all(one in shown for one in ("Đặt cọc bây giờ", "90.000", "210.000"))
    page = f"/bookings/{bookings.token_of(booking, house.secret)}"
    shown = (await client.get(page)).text
    assert "Trả nốt 210.000" in shown and "VietQR" in shown and "Hủy, lấy lại 90.000" in shown
    async with db.transaction() as session:
        await log_in(session, client, visit.host.id)
    day = f"/producer/tours/day?on={visit.departure.local_on}"
    assert "Đã thu 210.000" in (await client.get(day)).text
    gate = await client.get(f"/producer/tours/gate?code={booking.code}")
    assert "Khách còn phải trả 210.000" in gate.text
    taken = await client.post(f"/producer/tours/bookings/{booking.id}/rest")
    assert (taken.status_code, taken.headers["location"]) == (303, day)
    assert "Đã thu" not in (await client.get(day)).text
    shown = (await client.get(page)).text
    assert "Trả nốt" not in shown and "Hủy, lấy lại 300.000" in shown


async def own_page(session, house, booking):
    """The address of a booking's own page."""
    found = await bookings.get_booking(session, booking.id)
    found.token_hash = bookings.hash_token(bookings.token_of(found, house.secret))
    return f"/bookings/{bookings.token_of(found, house.secret)}"


async def test_a_page_asks_for_no_rest_whose_time_is_over(db, client, house):
    """Past its hour the rest is not asked for by transfer, and the page says so; sold without it, nothing is owed any more (84, 85)."""
    async with db.transaction() as session:
        visit = await third(session)
        booking, short = await paid_booking(session, visit, 2), await paid_booking(session, visit, 2)
        pages = [await own_page(session, house, one) for one in (booking, short)]
        await pay_rest(session, short, amount=10_000)
    shown = (await client.get(pages[0])).text
    assert "Trả nốt 210.000" in shown and "Còn lại" in shown and "VietQR" in shown
    house.clock.advance(days=7)  # the hour itself
    shown = (await client.get(pages[0])).text
    assert "Trả nốt" not in shown and "VietQR" not in shown
    assert "Còn lại" in shown and "đã hết hạn chuyển khoản từ 09:00 ngày 19/11" in shown
    # What came of it is still told.
    shown = (await client.get(pages[1])).text
    assert "Đã hết hạn trả nốt" in shown and "Đã nhận 10.000" in shown
    house.clock.advance(days=6)
    async with db.transaction() as session:
        await jobs.earn_deposits(session, now=house.clock.now())
    for page in pages:
        shown = (await client.get(page)).text
        assert "Trả nốt" not in shown and "Còn lại" not in shown
        assert "Đã trả" in shown and "chuyến đã qua, không phải trả nữa" in shown


def test_the_rest_is_said():
    """By transfer until an hour, on the tour's page until so long before: in one sentence (83)."""
    assert "09:00 ngày 19/11" in str(words.say_rest(BalanceRule.CANCEL, DUE))
    tour = Tour(deposit_percent=30, balance_rule=BalanceRule.CANCEL, balance_hours=72)
    assert "chuyển khoản trước giờ đi 3 ngày" in str(words.say_deposit(tour))
