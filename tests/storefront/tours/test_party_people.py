"""A guest changes who comes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core.errors import ConflictError
from app.core.ids import uuid7
from storefront.closing import service as closing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import bookings, cancelling, entries, party_people, sweeping, tickets
from storefront.tours.errors import NotBookableError, NotMovableError, PartyError, SoldOutError
from storefront.tours.models import BookingState, DepartureState, UnitType
from tests.factories.people import log_in
from tests.factories.visits import NOW, SECRET, make_option, make_unit, make_visit
from tests.storefront.tours.test_bookings import book, pay

DAY = Period.of_day(date(2026, 11, 12))


async def change(session, booking, leaving=(), added=None, **given):
    """A guest sends the form."""
    values = {"seen": booking.tickets_made, "added_id": uuid7(), "now": NOW} | given
    return await party_people.change_people(
        session, booking_id=booking.id, leaving=leaving, added=added or {}, secret=SECRET, **values
    )


async def taken(session, visit):
    """The counter, as the database has it."""
    await session.refresh(visit.departure)
    return visit.departure.taken


async def asked(session, booking):
    """The payment of a booking as it is now."""
    found = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking.id)
    await session.refresh(found)
    return found


async def test_an_unpaid_party_changes_its_sum(session):
    """115, 116: one leaves, a family comes, the price of the others stays; the same form again changes nothing."""
    visit = await make_visit(session)
    booking = await book(session, visit, 3)
    until = booking.expires_at
    for unit in visit.units.values():
        unit.price_minor *= 2
    family = {visit.units[UnitType.FAMILY].id: 1}
    for _again in range(2):
        same = await change(session, booking, [1], family, seen=3)
        assert (same.id, same.heads, same.total_minor, same.expires_at) == (booking.id, 6, 1_100_000, until)
        assert [item.place for item in await entries.list_tickets(session, booking.id)] == [0, 2, 3]
        assert ((await asked(session, booking)).amount_minor, await taken(session, visit)) == (1_100_000, 6)
    assert (await change(session, booking, [3])).heads == 2
    assert await taken(session, visit) == 2
    await pay(session, booking)
    assert booking.state is BookingState.CONFIRMED
    assert not [one for one in (await closing.look_through(session, DAY)).checks if one.findings]


async def test_who_leaves_a_paid_party_gets_the_money_of_the_ticket(session):
    """117: the ticket's price goes back once, the rest when the party cancels; what stays keeps code and place."""
    visit = await make_visit(session)
    booking = await book(session, visit, 3)
    await pay(session, booking)
    before = await entries.list_tickets(session, booking.id)
    codes = [item.ticket_code for item in before]
    owed = accounts.refund_payable(PayableKind.BOOKING, booking.id)
    for _again in range(2):
        await change(session, booking, [0])
        assert await ledger.balance(session, owed) == -150_000
    stays = await entries.list_tickets(session, booking.id)
    assert [(item.place, item.ticket_code) for item in stays] == [(1, codes[1]), (2, codes[2])]
    assert (booking.heads, booking.standing_minor, await taken(session, visit)) == (2, 300_000, 2)
    assert not [one for one in (await closing.look_through(session, DAY)).checks if one.findings]
    await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    assert await ledger.balance(session, owed) == -450_000
    assert await ledger.balance(session, accounts.seller_payable(visit.producer.id)) == 0
    assert await taken(session, visit) == 0
    assert not [one for one in (await closing.look_through(session, DAY)).checks if one.findings]


async def test_who_is_added_to_a_paid_party_pays_for_themselves(session):
    """118: a hold of its own that joins the party; unpaid it ends alone, paid it has its own tickets."""
    visit = await make_visit(session)
    booking = await book(session, visit, 2)
    await pay(session, booking)
    child = {visit.units[UnitType.CHILD].id: 1}
    given = {"added_id": uuid7()}
    made = [await change(session, booking, [0], child, **given) for _again in range(2)]
    assert {one.id for one in made} == {given["added_id"]}
    assert (made[0].joins_id, made[0].state, made[0].total_minor) == (
        booking.id,
        BookingState.ON_HOLD,
        80_000,
    )
    assert (booking.state, booking.heads, await taken(session, visit)) == (BookingState.CONFIRMED, 1, 2)
    await pay(session, made[0])
    again = await change(session, made[0], (), child)
    assert again.joins_id == booking.id
    await sweeping.expire_holds(session, now=NOW + timedelta(minutes=16))
    assert (made[0].state, await taken(session, visit)) == (BookingState.CONFIRMED, 2)


async def test_whole_or_not_at_all(session):
    """115: too many, nobody left, another option, or more than an option sells: refused."""
    visit = await make_visit(session, capacity=4)
    booking = await book(session, visit, 2)
    adult = visit.units[UnitType.ADULT].id
    other = await make_unit(session, (await make_option(session, visit.tour.id, position=1)).id)
    refused = {
        SoldOutError: ([0], {adult: 4}),
        PartyError: ([0, 1], {adult: 1}),
        NotBookableError: ([], {adult: 1}),
    }
    for error, (leaving, added) in refused.items():
        if error is NotBookableError:
            visit.tour.is_published = False
            await session.flush()
        with pytest.raises(error):
            async with session.begin_nested():
                await change(session, booking, leaving, added)
        for row in (booking, visit.tour, visit.departure):
            await session.refresh(row)
    visit.tour.is_published = True
    await session.flush()
    for added in ({other.id: 1}, {adult: 9}):
        with pytest.raises(PartyError):
            await change(session, booking, (), added)
    booking.tickets_made = 255
    with pytest.raises(NotMovableError):
        await change(session, booking, (), {adult: 1})
    assert (await taken(session, visit), (await asked(session, booking)).amount_minor) == (2, 300_000)


async def test_when_a_party_does_not_change(session):
    """115, 116: not past the free time, not once somebody is in, not on a day called off, not once money came."""
    visit = await make_visit(session)
    held = await book(session, visit, 2)
    (await asked(session, held)).received_minor = 1
    await session.flush()
    with pytest.raises(ConflictError):
        async with session.begin_nested():
            await change(session, held, [0])
    booking = await book(session, visit, 2)
    await pay(session, booking)
    with pytest.raises(NotMovableError, match="quá hạn"):
        await change(session, booking, [0], now=NOW + timedelta(hours=30))
    on_the_day = visit.departure.starts_at
    ticket = (await entries.list_tickets(session, booking.id))[0]
    await tickets.check_in(
        session,
        code=ticket.ticket_code,
        producer_id=visit.producer.id,
        person_id=visit.host.id,
        now=on_the_day,
    )
    with pytest.raises(NotMovableError, match="vào cổng"):
        await change(session, booking, [1])
    visit.departure.state = DepartureState.CANCELLED
    await session.flush()
    with pytest.raises(NotMovableError):
        await change(session, booking, [1])


async def test_the_page(db, client, house):
    """115, 118: from the party's page to the form; a wrong one keeps what was typed, a right one shows who comes along."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        booking = await book(session, visit, 2)
        await pay(session, booking)
    own = f"/bookings/{bookings.token_of(booking, house.secret)}"
    async with db.transaction() as session:
        row = await bookings.get_booking(session, booking.id)
        row.token_hash = bookings.hash_token(own.rpartition("/")[2])
    assert f"{own}/people" in (await client.get(own)).text
    form = await client.get(f"{own}/people")
    assert "Ai không đi nữa?" in form.text and "Trả lại" in form.text
    child = f"unit_{visit.units[UnitType.CHILD].id}"
    data = {"id": str(uuid7()), "seen": "2", child: "x"}
    assert (await client.post(f"{own}/people", data=data)).status_code == 422
    none_left = await client.post(f"{own}/people", data=data | {child: "0", "leaving": ["0", "1"]})
    assert none_left.status_code == 422 and "ít nhất một người" in none_left.text
    made = await client.post(f"{own}/people", data=data | {child: "1", "leaving": ["0"]})
    assert made.status_code == 303 and made.headers["location"] != own
    added = await client.get(made.headers["location"])
    assert "Người đi cùng" in added.text and own in added.text and "80.000" in added.text
    left = (await client.get(own)).text
    assert made.headers["location"] in left and "trả lại bạn 150.000" in left
    held = await client.get(f"{made.headers['location']}/people")
    assert "chỉ đổi số tiền" in held.text
    async with db.transaction() as session:
        await log_in(session, client, visit.host.id)
    gate = await client.get(f"/producer/tours/gate?code={booking.code}")
    assert "150.000" in gate.text and "300.000" not in gate.text
