"""What a ticket's address opens, and the tickets of a party one by one."""

from __future__ import annotations

import re

import pytest

from storefront.tours import bookings, symbols
from storefront.tours.models import Departure, DepartureState
from tests.factories.people import log_in
from tests.factories.visits import NOW, make_visit, wish
from tests.storefront.tours.test_bookings import pay


@pytest.fixture
async def paid(db, house):
    """A visit and a party of two that has paid: (visit, booking, its token, the letters of its ticket)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        booking = await bookings.create_booking(
            session, booking=wish(visit, 2), secret=house.secret, person_id=None, language="vi", now=NOW
        )
        await pay(session, booking)
    symbol = symbols.symbol_of(booking, visit.departure, heads=2)
    signer = symbols.signers(house.secret)[0]
    letters = symbols.write(symbol, producer_id=visit.producer.id, signer=signer)
    return visit, booking, bookings.token_of(booking, house.secret), letters


async def test_a_camera_opens_what_the_ticket_is_for(client, paid):
    """51: anybody reads that it is right, for which visit and when, and nobody's name; a changed one is none."""
    visit, booking, _token, letters = paid
    page = await client.get(f"/T/{letters}")
    assert page.status_code == 200 and "Vé thật" in page.text and visit.tour.title in page.text
    assert booking.contact_name not in page.text and booking.code not in page.text
    changed = letters[:-2] + ("BB" if letters.endswith("AA") else "AA")
    for wrong in (changed, "A" * 130, letters[:-1]):
        assert (await client.get(f"/T/{wrong}")).status_code == 404


async def test_a_ticket_of_a_day_called_off_is_not_green(db, client, paid):
    """37: it is genuine, and opens nothing."""
    visit, _booking, _token, letters = paid
    async with db.transaction() as session:
        departure = await session.get(Departure, visit.departure.id)
        departure.state = DepartureState.CANCELLED
    page = (await client.get(f"/T/{letters}")).text
    assert "Đã báo nghỉ" in page and "Đã có vé" not in page and "Vé thật" in page


async def test_a_hosts_camera_opens_the_gate(db, client, new_client, paid):
    """50: who receives this garden's guests comes to its gate with the ticket; another garden's host does not."""
    visit, booking, _token, letters = paid
    async with db.transaction() as session:
        await log_in(session, client, visit.host.id)
    answer = await client.get(f"/T/{letters}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/producer/tours/gate?code={letters}"
    gate = await client.get(answer.headers["location"])
    assert booking.contact_name in gate.text and "không phải của hôm nay" in gate.text
    async with new_client() as other:
        async with db.transaction() as session:
            neighbour = await make_visit(session)
            await log_in(session, other, neighbour.host.id)
        assert (await other.get(f"/T/{letters}")).status_code == 200
    worker = await client.get("/T/camera.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert 'const GATE = "/producer/tours/gate";' in worker.text


async def test_each_of_a_party_has_a_ticket_to_print(db, client, house, paid):
    """51: two people, two symbols and two codes; before it is paid there is nothing to print and nothing signed."""
    visit, _booking, token, _letters = paid
    page = await client.get(f"/bookings/{token}/tickets")
    assert page.status_code == 200
    assert page.text.count('class="qr"') == 2
    assert len(set(re.findall(r'<p class="code">(\w{8})</p>', page.text))) == 2
    assert 'class="qr"' in (await client.get(f"/bookings/{token}")).text
    async with db.transaction() as session:
        held = await bookings.create_booking(
            session, booking=wish(visit, 1), secret=house.secret, person_id=None, language="vi", now=NOW
        )
    token = bookings.token_of(held, house.secret)
    early = await client.get(f"/bookings/{token}/tickets")
    assert (early.status_code, early.headers["location"]) == (303, f"/bookings/{token}")
    assert "/T/" not in (await client.get(f"/bookings/{token}")).text
