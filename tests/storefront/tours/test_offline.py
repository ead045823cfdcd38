"""Guests who are let in where there is no signal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.ids import uuid7
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import bookings, symbols
from storefront.tours.models import BookingState
from tests.factories.outbox import make_phone
from tests.factories.visits import NOW, SECRET, make_visit, wish


@pytest.fixture
async def gate(db, client):
    """The host's phone and a party of two that has paid for a visit of this morning: (phone, booking)."""
    async with db.transaction() as session:
        visit = await make_visit(session, starts_at=NOW + timedelta(hours=1))
        booking = await bookings.create_booking(
            session, booking=wish(visit, 2), secret=SECRET, person_id=None, language="vi", now=NOW
        )
        payment = await payments.find_payment(
            session, payable_kind=PayableKind.BOOKING, payable_id=booking.id
        )
        arrival = receipts.Arrival(
            provider="test",
            external_id=str(uuid7()),
            account="bank:970436:1",
            amount_minor=payment.amount_minor,
            memo=payment.code,
            payment_id=payment.id,
            arrived_at=NOW,
        )
        await receipts.record_arrival(session, arrival, now=NOW)
        phone = await make_phone(session, client, producer_id=visit.producer.id)
    return phone, booking


def let_in(phone, code, **changes):
    """A check-in as the phone keeps it."""
    return phone.write("/producer/tours/gate", fields={"code": code}, **changes)


async def test_a_party_comes_in_once_at_the_phones_hour(db, gate):
    """Let in half an hour ago: that is the hour; the repeat is the first result and leads to the day's list."""
    phone, booking = gate
    at = NOW - timedelta(minutes=30)
    record = let_in(phone, booking.code, captured_at=at.isoformat())
    for _again in range(2):
        [result] = await phone.send(record)
        assert result["state"] == "stored"
        assert result["location"] == "/producer/tours/day?on=2026-11-12"
    async with db.transaction() as session:
        seen = await bookings.get_booking(session, booking.id)
    assert (seen.state, seen.redeemed_at) == (BookingState.REDEEMED, at)


async def test_two_phones_that_let_one_party_in_are_both_kept(gate):
    """54: two phones let the same party in: both are kept, and the day's page says so in words."""
    phone, booking = gate
    at = (NOW - timedelta(minutes=30)).isoformat()
    [second] = await phone.send(let_in(phone, booking.code), device=str(uuid7()))
    [first] = await phone.send(let_in(phone, booking.code, captured_at=at))
    assert (first["state"], second["state"]) == ("stored", "stored")
    page = (await phone.client.get("/producer/tours/day")).text
    assert f"Một vé vào hai lần: Chị Mai, mã {booking.code}, 2 người. Lần đầu 08:30 12/11" in page
    assert "lần sau 09:00 12/11" in page


async def test_what_is_odd_of_a_day_is_said(db, gate):
    """55: cancelled, on another day or not paid, and still let in: each is said on the day's page."""
    phone, booking = gate
    yesterday = (NOW - timedelta(days=1)).isoformat()
    await phone.send(let_in(phone, booking.code, captured_at=yesterday))
    async with db.transaction() as session:
        seen = await bookings.get_booking(session, booking.id)
        seen.state = BookingState.CANCELLED
    await phone.send(let_in(phone, booking.code))
    async with db.transaction() as session:
        seen = await bookings.get_booking(session, booking.id)
        seen.state = BookingState.PENDING
    await phone.send(let_in(phone, booking.code))
    page = (await phone.client.get("/producer/tours/day")).text
    for words in (
        "Vào nhầm ngày: Chị Mai",
        "Đã hủy mà vẫn vào: Chị Mai",
        "Chưa trả tiền mà vẫn vào: Chị Mai",
    ):
        assert words in page


async def test_a_signed_ticket_comes_by_the_outbox(db, gate, house):
    """51, 53: the symbol itself is what the phone sends, with the tickets that it let in; a forged one is refused."""
    phone, booking = gate
    async with db.transaction() as session:
        party = await bookings.get_party(session, booking)
    symbol = symbols.symbol_of(booking, party.departure, heads=2)
    signer = symbols.signers(house.secret)[0]
    letters = symbols.write(symbol, producer_id=phone.producer_id, signer=signer)
    fields = {"code": letters, "places": "0,x,7"}
    [result] = await phone.send(phone.write("/producer/tours/gate", fields=fields))
    assert result["state"] == "stored"
    changed = ("B" if letters[60] == "A" else "A").join((letters[:60], letters[61:]))
    [forged] = await phone.send(let_in(phone, changed))
    assert (forged["state"], forged["status"]) == ("refused", 404)


async def test_the_day_is_judged_by_the_hour_at_the_gate(db, gate, house):
    """Let in on the right day and sent the day after is right."""
    phone, booking = gate
    house.clock.advance(days=1)
    [late] = await phone.send(
        let_in(phone, booking.code, captured_at=NOW.isoformat()), sent_at=house.clock.now()
    )
    assert late["state"] == "stored"


async def test_codes_that_open_nothing(db, client, gate):
    """A slip of the tongue, and another producer's ticket, are refused in words."""
    phone, booking = gate
    [slip] = await phone.send(let_in(phone, "ABC"))
    assert slip["state"] == "refused" and "gõ sai" in slip["message"]
    async with db.transaction() as session:
        stranger = await make_phone(session, client)
    own, foreign = await stranger.send(
        let_in(stranger, booking.code),
        let_in(stranger, booking.code, context={"producer": str(phone.producer_id)}),
    )
    assert (own["status"], foreign["status"]) == (404, 403)


async def test_the_phone_keeps_the_days_list(client, gate):
    """Today's list with a button for each party, tomorrow's, and the gate lie on the phone."""
    _phone, booking = gate
    pages = {page["path"]: page["html"] for page in (await client.get("/offline/bundle")).json()["pages"]}
    assert f'name="code" value="{booking.code}"' in pages["/producer/tours/day"]
    assert "/producer/tours/day?on=2026-11-13" in pages
    assert "data-offline" in pages["/producer/tours/gate"]
