"""Paper tickets of sales points, as BOOKINGS.md has them (58, 59, 120 to 126)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from app.core.clock import today
from app.core.ids import uuid7
from storefront.closing import service as closing
from storefront.fees import service as fees
from storefront.fees.models import FeeKind
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.operators import service as operators
from storefront.payouts import holding
from storefront.tours import (
    allotments,
    batch_repository,
    batch_seats,
    batch_settling,
    batches,
    bookings,
    by_hand,
    calling_off,
    departure_repository,
    departures,
    going,
    invoicing,
    tickets,
)
from storefront.tours.batch_models import TicketBatch, TicketState
from storefront.tours.errors import (
    BatchNotFoundError,
    BatchTicketError,
    BookingNotFoundError,
    CheckInRefusedError,
    DepartureNotFoundError,
    NotBookableError,
    PartyError,
    PlanError,
    SoldOutError,
    UnknownTicketError,
)
from storefront.tours.models import Booking, BookingState, CallOffReason, DepartureState, UnitType
from storefront.tours.tickets import Verdict
from tests.books import list_breaches
from tests.factories.batches import any_day, codes, make_batch, paper, settle, sheet
from tests.factories.visits import NOW, SITE, make_departure, make_option, make_unit, make_visit
from tests.storefront.tours.test_bookings import left, paid_booking

DAY = Period.of_day(date(2026, 11, 12))
MORNING = NOW + timedelta(days=2, hours=-1)


async def owed(session, visit):
    """What the books owe the producer."""
    return -await ledger.balance(session, accounts.seller_payable(visit.producer.id))


async def is_whole(session):
    """Seats and books fit."""
    assert await list_breaches(session, now=NOW) == []
    assert not [one for one in (await closing.look_through(session, DAY)).checks if one.findings]


async def call_off(session, visit):
    """Rain on the visit's own departure."""
    return await calling_off.call_off(
        session, departure_id=visit.departure.id, reason=CallOffReason.WEATHER, now=NOW, **SITE
    )


async def told(session):
    """What the sales point was told: [(sentence, its values)]."""
    statement = """SELECT args->>'msgid', args->'params' FROM jobs.procrastinate_jobs
        WHERE task_name = 'notices.send_sms' AND args->>'phone' = '+84987654321'"""
    return [(row[0], row[1]) for row in await session.execute(text(statement))]


async def come_in(session, visit, code, now=MORNING):
    """A guest stands at the gate with signal, and the code is typed."""
    async with session.begin_nested():
        where = {"producer_id": visit.producer.id, "now": now}
        await batch_seats.walk_in(session, text=code, keys=(), **where)
        return await tickets.check_in(session, code=code, person_id=visit.host.id, **where)


async def refused(session, error, act):
    """Refused in these words, and nothing stays of it."""
    with pytest.raises(error) as caught:
        async with session.begin_nested():
            await act
    return str(caught.value)


# ---------------------------------------------------------------- making


async def test_a_batch_takes_its_seats_when_it_is_made(session):
    """58, 120: five family tickets take twenty seats at once, one ticket is one booking, and the same form twice is one batch."""
    visit = await make_visit(session)
    fields = paper(visit, 5, unit_id=visit.units[UnitType.FAMILY].id)
    batch = await make_batch(session, visit, fields)
    assert (await make_batch(session, visit, fields)).id == batch.id
    assert (batch.heads, batch.price_minor, batch.count) == (4, 400_000, 5)
    assert await left(session, visit) == 0
    made = await sheet(session, batch)
    for number, line in enumerate(made.lines, start=1):
        assert (line.ticket.number, line.ticket.state) == (number, TicketState.OUT)
        assert line.booking is not None and line.booking.code == line.ticket.code
        assert (line.booking.state, line.booking.heads) == (BookingState.CONFIRMED, 4)
        assert line.booking.contact_name == f"Quán nước bà Lan, {number}/5"
    await is_whole(session)


async def test_a_batch_that_does_not_fit_is_not_made(session):
    """58: six tickets for five seats are refused with how many are left, and nothing of them stays."""
    visit = await make_visit(session, capacity=5)
    said = await refused(session, SoldOutError, make_batch(session, visit, paper(visit, 6)))
    assert "5" in said and await left(session, visit) == 5
    assert await session.scalar(select(TicketBatch)) is None and await session.scalar(select(Booking)) is None


async def test_a_form_that_comes_twice_at_once_is_one_batch(session, monkeypatch):
    """120: whoever comes second finds what the first has made meanwhile."""
    visit = await make_visit(session)
    fields = paper(visit, 2)
    first = await make_batch(session, visit, fields)
    look, asked = batch_repository.find_batch, []

    async def late(*args):
        asked.append(args)
        return None if len(asked) == 1 else await look(*args)

    monkeypatch.setattr(batch_repository, "find_batch", late)
    assert (await make_batch(session, visit, fields)).id == first.id and await left(session, visit) == 18


async def test_a_paper_is_not_refused_for_its_own_seat(session, monkeypatch):
    """122: of two gates that read one paper at one instant the second hears who is inside, not that the day is full."""
    visit = await make_visit(session, capacity=1)
    [code] = await codes(session, await make_batch(session, visit, any_day(visit, 1)))
    seen = await batch_seats.find_open(session, text=code, producer_id=visit.producer.id, keys=())
    assert seen is not None and seen.is_open
    await come_in(session, visit, code)

    async def find_too_early(*_values, **_named):
        return seen

    monkeypatch.setattr(batch_seats, "find_open", find_too_early)
    said = await refused(session, CheckInRefusedError, come_in(session, visit, code))
    assert "hết chỗ" not in said and await left(session, visit) == 0


async def test_what_is_held_for_an_operator_is_no_paper(session):
    """58, 71: a batch takes what strangers may take, no more."""
    visit = await make_visit(session, capacity=6)
    operator = await operators.get_or_create_operator(session, name="Sông Cầu", now=NOW)
    promise = allotments.Promise(operator_id=operator.id, heads=4, release_days=0)
    await allotments.grant(session, departure_id=visit.departure.id, promise=promise, now=NOW)
    await refused(session, SoldOutError, make_batch(session, visit, paper(visit, 3)))
    await make_batch(session, visit, paper(visit, 2))
    assert await left(session, visit) == 0


async def test_what_a_batch_cannot_be(session):
    """120: another tour's date, a day that is not sold, a ticket that is not sold, days that go backwards: each in words."""
    visit, other = await make_visit(session), await make_visit(session)
    option = await make_option(session, other.tour.id)
    foreign = await make_unit(session, option.id)
    past = today(NOW) - timedelta(days=1)
    for error, fields in (
        (DepartureNotFoundError, paper(visit, departure_id=other.departure.id)),
        (PartyError, paper(visit, unit_id=foreign.id)),
        (PlanError, any_day(visit, valid_until=None)),
        (PlanError, any_day(visit, valid_from=past)),
        (PlanError, any_day(visit, valid_until=past)),
        (PlanError, any_day(visit, valid_until=today(NOW) + timedelta(days=367))),
        (PlanError, paper(visit, keep_minor=150_000)),
    ):
        await refused(session, error, make_batch(session, visit, fields))
    await departures.move_departure(session, departure_id=visit.departure.id, state=DepartureState.CLOSED)
    await refused(session, NotBookableError, make_batch(session, visit, paper(visit)))
    mine = await make_batch(session, other, paper(other))
    with pytest.raises(BatchNotFoundError):
        await batches.get_batch(session, batch_id=mine.id, producer_id=visit.producer.id)
    with pytest.raises(BatchNotFoundError):
        await batches.get_batch(session, batch_id=uuid7(), producer_id=visit.producer.id)
    with pytest.raises(BatchNotFoundError):
        await make_batch(session, visit, paper(visit, id=mine.id))


async def test_a_day_that_closes_meanwhile_takes_no_batch(session, monkeypatch):
    """58: seats enough, and the day closed between the look and the counter: refused as not bookable."""
    visit = await make_visit(session)

    async def closed(*_facts, **_more):
        return False

    monkeypatch.setattr(bookings, "take_seats", closed)
    await refused(session, NotBookableError, make_batch(session, visit, paper(visit)))


async def test_the_price_is_that_of_the_day_or_the_hosts(session):
    """120: without a price a ticket costs what the day asks; with one that, whatever the list says later."""
    visit = await make_visit(session)
    own = await make_batch(session, visit, paper(visit, 1, price_minor="120k"))
    usual = await make_batch(session, visit, any_day(visit, 1))
    assert (own.price_minor, usual.price_minor) == (120_000, 150_000)
    assert (own.valid_from, own.valid_until) == (visit.departure.local_on, visit.departure.local_on)
    assert (usual.valid_from, usual.valid_until) == (today(NOW), today(NOW) + timedelta(days=30))
    first_day = await make_batch(session, visit, any_day(visit, 1, valid_from=None))
    assert first_day.valid_from == today(NOW)


async def test_codes_that_are_taken_are_drawn_again(session):
    """120: a code that another batch, booking or ticket has is not given twice."""
    visit = await make_visit(session)
    first = await make_batch(session, visit, paper(visit, 1))
    [taken] = await codes(session, first)
    drawn = iter([first.code, "AAAA22Z", taken, "BBBB22Z", "CCCC22Z"])
    made = await batches.make_batch(
        session,
        tour=visit.tour,
        fields=paper(visit, 2),
        person_id=visit.host.id,
        now=NOW,
        make_code=lambda: next(drawn),
    )
    assert made.code == "AAAA22Z"
    assert sorted(await codes(session, made)) == ["BBBB22Z", "CCCC22Z"]


# ---------------------------------------------------------------- settling


async def test_sold_tickets_are_a_sale_that_the_producer_has_in_hand(session):
    """124: twelve sold, eight back: the books have a sale of twelve with its fee and tax, the seats of eight are free, all of it once."""
    visit = await make_visit(session)
    await fees.set_fee(
        session,
        producer_id=visit.producer.id,
        kind=FeeKind.MARKET,
        terms=fees.Terms(basis_points=500),
        valid_from=today(NOW),
        person_id=visit.host.id,
        now=NOW,
    )
    batch = await make_batch(session, visit, paper(visit, 20))
    wanted = {"id": uuid7(), "sold": "1-12", "back": "13 – 20"}
    for _again in range(2):
        done = await settle(session, visit, batch, **wanted)
    assert (done.sold, done.back, done.amount_minor, done.keep_minor) == (12, 8, 1_800_000, 120_000)
    assert await left(session, visit) == 8
    assert await ledger.balance(session, accounts.producer_cash(visit.producer.id)) == 0
    fee = await ledger.balance(session, accounts.platform_fee())
    tax = await ledger.balance(session, accounts.tax_withheld(visit.producer.id))
    assert fee == -90_000 and await owed(session, visit) == fee + tax
    held = await holding.sum_held(session, now=NOW, producer_id=visit.producer.id)
    assert sum(held[visit.producer.id].values()) == fee + tax
    later = visit.departure.ends_at + timedelta(minutes=1)
    assert not await holding.sum_held(session, now=later, producer_id=visit.producer.id)
    made = await sheet(session, batch)
    assert [made.count(state) for state in TicketState] == [0, 12, 8]
    assert (made.paid_minor, made.due_minor, made.came) == (1_680_000, 0, 0)
    await is_whole(session)


async def test_what_cannot_be_settled_is_said(session):
    """124: nothing named, a ticket that is not there, one that was settled, one both ways: each in words, and nothing is booked."""
    visit = await make_visit(session)
    batch, other = (
        await make_batch(session, visit, paper(visit, 4)),
        await make_batch(session, visit, paper(visit, 1)),
    )
    [_first, second, *_rest] = await codes(session, batch)
    done = await settle(session, visit, batch, sold="1")
    for sold, back, words in (
        ("", " ", "Bạn ghi số vé đã bán"),
        ("5", "", "không có vé 5"),
        ("", (await codes(session, other))[0], "không có vé"),
        ("1-2", "", "Vé 1 đã tính xong"),
        ("2, 3", "3-4", "Vé 3 vừa bán vừa trả lại"),
    ):
        assert words in await refused(
            session, BatchTicketError, settle(session, visit, batch, sold=sold, back=back)
        )
    with pytest.raises(BatchNotFoundError):
        await settle(session, visit, other, id=done.id, sold="1")
    await settle(session, visit, batch, back=f"{second.lower()}; 04")
    made = await sheet(session, batch)
    assert [line.ticket.state.value for line in made.lines] == ["sold", "back", "out", "back"]
    assert len(made.settlements) == 2
    await is_whole(session)


async def test_who_came_in_was_sold(session):
    """121, 124: a ticket that is not settled comes in; it cannot come back, and the sales point owes it."""
    visit = await make_visit(session)
    batch = await make_batch(session, visit, paper(visit, 3))
    [code, *_others] = await codes(session, batch)
    gate = await come_in(session, visit, code)
    assert (gate.verdict, gate.heads) == (Verdict.READY, 1)
    said = await refused(session, CheckInRefusedError, come_in(session, visit, code))
    assert "đã vào cổng" in said
    assert (await sheet(session, batch)).due_minor == 140_000
    said = await refused(session, BatchTicketError, settle(session, visit, batch, back="1-3"))
    assert "Vé 1 đã có người vào cổng" in said
    await settle(session, visit, batch, sold="1", back="2-3")
    assert (await sheet(session, batch)).due_minor == 0
    await is_whole(session)


async def test_what_came_back_opens_nothing(session):
    """121: handed back, a ticket is refused in words, for a departure and for any day."""
    visit = await make_visit(session)
    fixed = await make_batch(session, visit, paper(visit, 1))
    free = await make_batch(session, visit, any_day(visit, 1))
    said = []
    for batch in (fixed, free):
        [code] = await codes(session, batch)
        await settle(session, visit, batch, back="1")
        said.append(await refused(session, CheckInRefusedError, come_in(session, visit, code)))
    assert "đã trả lại, hoặc chuyến đã báo nghỉ" in said[0] and "điểm bán đã trả lại" in said[1]
    with pytest.raises(UnknownTicketError, match="điểm bán đã trả lại"):
        await tickets.look_up(session, code=code, producer_id=visit.producer.id, now=NOW)
    assert await left(session, visit) == 20


async def test_no_invoice_and_no_cash_for_a_paper_ticket(session):
    """126: nobody's name is kept, so nothing is invoiced; and nobody pays for it at the host's phone."""
    visit = await make_visit(session)
    batch = await make_batch(session, visit, paper(visit, 1))
    [line] = (await sheet(session, batch)).lines
    assert not invoicing.is_sold(line.booking)
    with pytest.raises(BookingNotFoundError):
        await by_hand.get_own(session, booking_id=line.booking.id, producer_id=visit.producer.id)


# ---------------------------------------------------------------- any day


async def test_a_ticket_for_any_day_takes_its_seats_when_its_day_is_known(session):
    """59, 122: made, it holds nothing; seated whole, also past the time for booking; given up, its seats are free and it may go elsewhere."""
    visit = await make_visit(session, booking_lead_hours=72)
    later = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=9), capacity=4)
    batch = await make_batch(session, visit, any_day(visit, 2, unit_id=visit.units[UnitType.FAMILY].id))
    first, second = await codes(session, batch)
    own = {"producer_id": visit.producer.id, "now": NOW}
    assert await left(session, visit) == 20
    there = await batch_seats.seat(session, code=first, departure_id=later.id, **own)
    again = await batch_seats.seat(session, code=first.lower(), departure_id=later.id, **own)
    assert there.id == again.id and there.heads == 4
    full = await refused(
        session, SoldOutError, batch_seats.seat(session, code=second, departure_id=later.id, **own)
    )
    assert "hết chỗ" in full.lower()
    taken = await refused(
        session,
        BatchTicketError,
        batch_seats.seat(session, code=first, departure_id=visit.departure.id, **own),
    )
    assert "đã xếp đi" in taken
    for _again in range(2):
        await batch_seats.unseat(session, code=first, **own)
    moved = await batch_seats.seat(session, code=first, departure_id=visit.departure.id, **own)
    assert moved.departure_id == visit.departure.id and await left(session, visit) == 16
    assert await departures.count_left(session, later.id, now=NOW) == 4
    gate = await come_in(session, visit, first)
    assert gate.heads == 4
    said = await refused(session, BatchTicketError, batch_seats.unseat(session, code=first, **own))
    assert "Đã có người vào cổng" in said
    await is_whole(session)


async def test_where_a_ticket_cannot_go(session):
    """59: another tour, a day outside of its own, a departure ticket, one that is void, a day that is not there: refused in words."""
    visit = await make_visit(session)
    other = await make_visit(session)
    far = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=40))
    gone = await make_departure(session, visit.tour.id, starts_at=NOW - timedelta(days=1))
    free = await make_batch(session, visit, any_day(visit, 2, valid_from=today(NOW)))
    fixed = await make_batch(session, visit, paper(visit, 1))
    [code, void], [bound] = await codes(session, free), await codes(session, fixed)
    await settle(session, visit, free, back="2")
    own = {"producer_id": visit.producer.id, "now": NOW}
    for error, which, to in (
        (BatchTicketError, code, far.id),
        (BatchTicketError, code, gone.id),
        (DepartureNotFoundError, code, other.departure.id),
        (BatchTicketError, bound, far.id),
        (BatchTicketError, void, visit.departure.id),
        (BatchNotFoundError, "ABC", visit.departure.id),
    ):
        await refused(session, error, batch_seats.seat(session, code=which, departure_id=to, **own))
    await refused(session, BatchTicketError, batch_seats.unseat(session, code=bound, **own))
    await departures.move_departure(session, departure_id=visit.departure.id, state=DepartureState.CLOSED)
    late = {"producer_id": visit.producer.id, "now": visit.departure.ends_at}
    await refused(
        session,
        NotBookableError,
        batch_seats.seat(session, code=code, departure_id=visit.departure.id, **late),
    )
    seated = await batch_seats.seat(session, code=code, departure_id=visit.departure.id, **own)
    assert seated.state is BookingState.CONFIRMED


async def test_a_guest_at_the_gate_is_seated_there(session):
    """123: on today's first departure that takes the ticket whole; full, outside of its days or on none: refused."""
    visit = await make_visit(session, capacity=2)
    noon = await make_departure(
        session, visit.tour.id, starts_at=visit.departure.starts_at + timedelta(hours=4), capacity=1
    )
    await paid_booking(session, visit, 1)
    family = await make_batch(session, visit, any_day(visit, 1, unit_id=visit.units[UnitType.FAMILY].id))
    batch = await make_batch(session, visit, any_day(visit, 3))
    early = await make_batch(session, visit, any_day(visit, 1, valid_until=today(NOW) + timedelta(days=1)))
    first, second, third = await codes(session, batch)
    assert (await come_in(session, visit, first)).party.departure.id == visit.departure.id
    assert (await come_in(session, visit, second)).party.departure.id == noon.id
    for code in (third, *await codes(session, family)):
        assert "hết chỗ" in await refused(session, CheckInRefusedError, come_in(session, visit, code))
    [out_of_time] = await codes(session, early)
    assert "dùng được từ" in await refused(session, CheckInRefusedError, come_in(session, visit, out_of_time))
    with pytest.raises(UnknownTicketError, match="chưa xếp ngày"):
        await tickets.look_up(session, code=third, producer_id=visit.producer.id, now=NOW)


async def test_the_last_seat_may_go_while_one_looks(session, monkeypatch):
    """123: seats that went between the look and the counter are no seats: the next departure is asked."""
    visit = await make_visit(session, capacity=1)
    batch = await make_batch(session, visit, any_day(visit, 1))
    [code] = await codes(session, batch)
    look = departure_repository.list_departures

    async def old(*args, **more):
        return [(departure, 1) for departure, _left in await look(*args, **more)]

    await paid_booking(session, visit, 1)
    monkeypatch.setattr(departure_repository, "list_departures", old)
    assert "hết chỗ" in await refused(session, CheckInRefusedError, come_in(session, visit, code))


# ---------------------------------------------------------------- called off, and sure


async def test_a_day_called_off_makes_its_tickets_void(session):
    """125: all seats come back, the sales point is told once, unsold tickets are void; of sold ones the host gives the money back."""
    visit = await make_visit(session)
    batch = await make_batch(session, visit, paper(visit, 5))
    party = await paid_booking(session, visit, 2)
    await settle(session, visit, batch, sold="1-2")
    await settle(session, visit, batch, sold="3")
    before = await owed(session, visit)
    done = await call_off(session, visit)
    assert done.parties == 1
    [(words, facts)] = await told(session)
    assert "đừng bán tiếp" in words and (facts["number"], facts["code"]) == (5, batch.code)
    made = await sheet(session, batch)
    assert made.is_off and [one.number for one in made.to_return] == [1, 2, 3]
    assert [made.count(state) for state in TicketState] == [0, 3, 2]
    departure = await departures.get_departure(session, visit.departure.id)
    assert departure.taken == party.heads
    held = await holding.sum_held(session, now=visit.departure.ends_at, producer_id=visit.producer.id)
    await is_whole(session)
    for numbers, amount in (("1, 3", 300_000), ("2", 150_000)):
        back = await batch_settling.return_money(
            session,
            batch_id=batch.id,
            producer_id=visit.producer.id,
            text=numbers,
            person_id=visit.host.id,
            now=NOW,
        )
        assert back == amount
    for wrong in ("2", "4", ","):
        with pytest.raises(BatchTicketError):
            await batch_settling.return_money(
                session,
                batch_id=batch.id,
                producer_id=visit.producer.id,
                text=wrong,
                person_id=visit.host.id,
                now=NOW,
            )
    tax = await ledger.balance(session, accounts.tax_withheld(visit.producer.id))
    assert not (await sheet(session, batch)).to_return and held and before is not None
    assert await owed(session, visit) == party.total_minor + tax
    assert await ledger.balance(session, accounts.producer_cash(visit.producer.id)) == 0
    await is_whole(session)


async def test_a_ticket_for_any_day_may_go_another(session):
    """125: its day called off, it leads nowhere again, is good in its days, and its point of sale is told so."""
    visit = await make_visit(session)
    later = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=9))
    batch = await make_batch(session, visit, any_day(visit, 1))
    [code] = await codes(session, batch)
    own = {"producer_id": visit.producer.id, "now": NOW}
    await batch_seats.seat(session, code=code, departure_id=visit.departure.id, **own)
    await settle(session, visit, batch, sold="1")
    await call_off(session, visit)
    [(words, _facts)] = await told(session)
    assert "đi ngày khác được" in words
    assert not (await sheet(session, batch)).to_return
    moved = await batch_seats.seat(session, code=code, departure_id=later.id, **own)
    assert moved.departure_id == later.id
    assert await batches.list_to_come(session, visit.producer.id, now=NOW)
    assert not await batches.list_to_come(session, now=NOW + timedelta(days=40))
    await is_whole(session)


async def test_paper_that_nobody_bought_makes_no_day_sure(session):
    """126: heads of tickets at a sales point count once they are sold, or once their guest chose the day."""
    visit = await make_visit(session, minimum_heads=4, decide_hours=24)
    fixed = await make_batch(session, visit, paper(visit, 5))
    free = await make_batch(session, visit, any_day(visit, 1))
    [code] = await codes(session, free)
    await batch_seats.seat(
        session, code=code, producer_id=visit.producer.id, departure_id=visit.departure.id, now=NOW
    )
    rows = list(await session.scalars(select(Booking)))
    assert await batches.count_unsold(session, rows) == 5
    await settle(session, visit, fixed, sold="1-3")
    assert await batches.count_unsold(session, rows) == 2
    hour = visit.departure.starts_at - timedelta(hours=24)
    await going.decide(session, departure_id=visit.departure.id, now=hour, **SITE)
    assert (await departures.get_departure(session, visit.departure.id)).state is DepartureState.GO
    assert await told(session) == []


async def test_numbers_are_spelled_as_people_write_them():
    """124: spans and single numbers."""
    assert batch_settling.spell_numbers({7, 1, 3, 2, 10, 11}) == "1-3, 7, 10-11"
