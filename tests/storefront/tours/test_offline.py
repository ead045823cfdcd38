"""Guests who are let in where there is no signal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.ids import uuid7
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import bookings
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


async def test_the_second_phone_hears_who_was_first(gate):
    """Two phones let the same party in: the first stands, the second is refused with who and when."""
    phone, booking = gate
    at = (NOW - timedelta(minutes=30)).isoformat()
    await phone.send(let_in(phone, booking.code, captured_at=at))
    [second] = await phone.send(let_in(phone, booking.code), device=str(uuid7()))
    assert (second["state"], second["status"]) == ("refused", 409)
    assert "08:30 hôm nay" in second["message"] and "soát" in second["message"]


async def test_the_day_is_judged_by_the_hour_at_the_gate(db, gate, house):
    """Let in on the right day and sent the day after is right; let in the day before is not."""
    phone, booking = gate
    yesterday = (NOW - timedelta(days=1)).isoformat()
    [early] = await phone.send(let_in(phone, booking.code, captured_at=yesterday))
    assert "không phải của hôm nay" in early["message"]
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
