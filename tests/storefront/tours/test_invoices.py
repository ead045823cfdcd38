"""Invoices of visits: asked for by the visitor, issued once or typed by the host (ledger/BOOKS.md, I1 to I6)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from producers.cooperatives.models import Producer, Role
from producers.listings.models import TaxKind
from storefront.invoices import service as invoices
from storefront.invoices.errors import InvoicedError, NotSoldError
from storefront.invoices.models import Invoice, SoldKind
from storefront.invoices.ports import ByHand, EInvoices
from storefront.invoices.schemas import BuyerFields
from storefront.tours import booking_repository, bookings, cancelling, invoicing
from storefront.tours.errors import BookingNotFoundError
from storefront.tours.models import UnitType
from tests.factories.people import log_in
from tests.factories.producers import make_membership, make_producer
from tests.factories.visits import NOW, SECRET, make_visit
from tests.fakes.einvoices import FakeEInvoices
from tests.storefront.invoices.test_invoices import FORM, ISSUED
from tests.storefront.tours.test_bookings import book, pay

BUYER = {
    "name": "Công ty Du lịch Núi Xanh",
    "tax_code": "0101 234 565",
    "address": "12 Hàng Bông, Hà Nội",
    "email": "ketoan@nuixanh.vn",
}


async def sell(session, *, adults=2):
    """A visit and a paid booking of it."""
    visit = await make_visit(session)
    booking = await book(session, visit, adults)
    await pay(session, booking)
    return visit, booking


@pytest.fixture
async def paid(db, client):
    """A paid booking whose host's accountant is logged in: (its page, the host's page of its invoice, its id)."""
    async with db.transaction() as session:
        visit, booking = await sell(session)
        accountant = await make_membership(session, role=Role.ACCOUNTANT, producer_id=visit.producer.id)
        await log_in(session, client, accountant.person_id)
        day = visit.departure.local_on
    link = f"/bookings/{bookings.token_of(booking, SECRET)}"
    return link, f"/producer/tours/bookings/{booking.id}/invoice", booking.id, f"/producer/tours/day?on={day}"


async def count(db):
    """How many invoices are written down."""
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Invoice))


async def test_the_visitor_says_whom_it_is_for(client, new_client, paid):
    """I4: asked for on the booking's page, changed as often as one likes, and told to the host beside the name."""
    link, work, _id, day = paid
    visitor = new_client()
    assert "Cần hóa đơn điện tử?" in (await visitor.get(link)).text
    assert "Hóa đơn điện tử" in (await client.get(day)).text
    for name in ("Núi Xanh", BUYER["name"]):
        assert (await visitor.post(f"{link}/invoice", data=BUYER | {"name": name})).status_code == 303
    page = (await visitor.get(link)).text
    assert page.index("đã nhận yêu cầu") < page.index("Sửa tên, mã số thuế")  # seen without opening anything
    assert f'value="{BUYER["name"]}"' in page
    assert "Khách cần hóa đơn" in (await client.get(day)).text
    page = (await client.get(work)).text
    for said in (BUYER["name"], "0101234565", BUYER["address"], BUYER["email"]):
        assert said in page, said


async def test_what_was_kept_is_asked_for_and_found(client, new_client, db, paid):
    """Of a party that cancelled late the host finds whom to invoice on the page of its day; of who got all back nobody (81; I1, I4)."""
    page, issue, booking_id, day = paid
    async with db.transaction() as session:
        booking = await bookings.get_booking(session, booking_id)
        departure, _tour = await booking_repository.get_departure(session, booking)
        booking.cancellation_steps = [[10_000, 100], [0, 50]]
        await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    shown = (await client.get(day)).text
    assert issue in shown and "150.000" in shown and "Khách cần hóa đơn" not in shown
    async with new_client() as visitor:
        assert (await visitor.post(f"{page}/invoice", data=BUYER)).status_code == 303
    assert "Khách cần hóa đơn" in (await client.get(day)).text
    assert (await client.get(issue)).status_code == 200
    async with db.transaction() as session:
        [kept] = (await invoicing.list_kept(session, [departure.id]))[departure.id]
        kept.kept_minor = 0
        await session.flush()
        assert not await invoicing.list_kept(session, [departure.id])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "chưa điền"),
        ({"tax_code": "12"}, "Mã số thuế có 10"),
        ({"tax_code": "0101234567"}, "Mã số thuế này không đúng"),
        ({"email": "ketoan"}, "Thư điện tử này chưa đúng"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field(new_client, paid, change, said):
    """I4: nothing is kept, and what was typed stays."""
    visitor = new_client()
    answer = await visitor.post(f"{paid[0]}/invoice", data=BUYER | change)
    assert answer.status_code == 422 and said in answer.text
    assert f'value="{BUYER["address"]}"' in answer.text and '<details class="no-print" open' in answer.text
    assert "đã nhận yêu cầu" not in (await visitor.get(paid[0])).text


async def test_a_provider_issues_a_visit_once(client, new_client, house, db, paid):
    """I1, I3: one press, or two, is one invoice of a service, made out as the visitor said; a silence may be pressed again."""
    link, work, booking_id, _day = paid
    await new_client().post(f"{link}/invoice", data=BUYER)
    provider = FakeEInvoices()
    house.provide(EInvoices, provider)
    try:
        assert "Xuất hóa đơn" in (await client.get(work)).text
        provider.is_down = True
        assert (await client.post(f"{work}/issue")).status_code == 502
        assert await count(db) == 0
        provider.is_down = False
        for _press in range(2):
            assert (await client.post(f"{work}/issue")).status_code == 303
        assert f'action="{work}/issue"' not in (await client.get(work)).text
    finally:
        house.provide(EInvoices, ByHand())
    [draft] = provider.asked
    assert (draft.key, draft.buyer_name, draft.buyer_tax_code) == (booking_id, BUYER["name"], "0101234565")
    assert (draft.buyer_address, draft.buyer_email) == (BUYER["address"], BUYER["email"])
    assert [(line.amount_minor, line.quantity, line.kind) for line in draft.lines] == [
        (300_000, "2", TaxKind.SERVICES)
    ]
    page = (await new_client().get(link)).text
    assert await count(db) == 1 and "1C26TAA · 00000001" in page and "Cần hóa đơn" not in page


async def test_the_provider_is_asked_outside_of_a_transaction(client, house, db, paid):
    """I3: while the provider thinks, the booking is locked by nobody."""

    class Slow(FakeEInvoices):
        """Looks at the booking's lock before it answers."""

        async def issue(self, draft):
            """Fails when somebody holds the row."""
            async with db.transaction() as session:
                await session.execute(select(1).select_from(Invoice))
                await invoicing.ask(session, booking_id=draft.key, buyer=BuyerFields(name="Lan"), now=NOW)
            return await super().issue(draft)

    house.provide(EInvoices, Slow())
    try:
        assert (await client.post(f"{paid[1]}/issue")).status_code == 303
    finally:
        house.provide(EInvoices, ByHand())
    assert await count(db) == 1


async def test_what_the_host_types_the_visitor_finds(client, new_client, db, paid):
    """I2, I4: a second press writes nothing, a correction is the one that counts; then the visitor asks the host."""
    link, work, _id, _day = paid
    for _press in range(2):
        assert (await client.post(work, data=FORM)).status_code == 303
    assert await count(db) == 1
    assert "1C26TAA · 00000007" in (await new_client().get(link)).text
    assert (await client.post(work, data=FORM | {"number": "8"})).status_code == 303
    page = (await new_client().get(link)).text
    assert "1C26TAA · 8" in page and "00000007" not in page and await count(db) == 2
    assert 'value="8"' in (await client.get(work)).text
    late = await new_client().post(f"{link}/invoice", data=BUYER)
    assert late.status_code == 409 and "gọi cho nhà vườn" in late.text


@pytest.mark.parametrize(
    ("change", "said"),
    [({"number": "số 7"}, "Số hóa đơn chỉ có"), ({"issued_on": "2026-11-13"}, "chưa tới")],
)
async def test_a_wrong_invoice_is_not_kept(client, db, paid, change, said):
    """I2: said beside the field, and what was typed stays."""
    answer = await client.post(paid[1], data=FORM | change)
    assert answer.status_code == 422 and said in answer.text and await count(db) == 0


async def test_by_hand_nobody_is_asked(client, db, paid):
    """I3: without a provider the press changes nothing."""
    assert "Xuất hóa đơn" not in (await client.get(paid[1])).text
    assert (await client.post(f"{paid[1]}/issue")).status_code == 303
    assert await count(db) == 0


async def test_only_what_is_paid_and_kept_is_invoiced(session):
    """I1: not a hold, not a visit whose money goes back, and nothing of another host."""
    visit, booking = await sell(session)
    own = await session.get_one(Producer, visit.producer.id)
    other = await make_producer(session)
    draft = await invoicing.draft_invoice(session, booking_id=booking.id, producer=own)
    assert (draft.buyer_name, draft.buyer_tax_code, draft.total_minor) == (booking.contact_name, "", 300_000)
    facts = {"issued": ISSUED, "person_id": visit.host.id, "now": NOW}
    with pytest.raises(BookingNotFoundError):
        await invoicing.draft_invoice(session, booking_id=booking.id, producer=other)
    with pytest.raises(BookingNotFoundError):
        await invoicing.write_invoice(session, booking_id=booking.id, producer_id=other.id, **facts)
    held = await book(session, visit)
    with pytest.raises(NotSoldError):
        await invoicing.draft_invoice(session, booking_id=held.id, producer=own)
    with pytest.raises(NotSoldError):
        await invoicing.ask(session, booking_id=held.id, buyer=BuyerFields(name="Lan"), now=NOW)
    await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    with pytest.raises(NotSoldError):
        await invoicing.write_invoice(session, booking_id=booking.id, producer_id=own.id, **facts)
    assert await invoices.list_invoices(session, SoldKind.BOOKING, [booking.id, held.id]) == {}


async def test_every_price_type_is_a_line(session):
    """I1: the lines of an invoice add up to what was paid."""
    visit = await make_visit(session)
    units = {visit.units[UnitType.ADULT].id: 2, visit.units[UnitType.CHILD].id: 1}
    booking = await book(session, visit, units=units)
    await pay(session, booking)
    draft = await invoicing.draft_invoice(session, booking_id=booking.id, producer=visit.producer)
    assert len(draft.lines) == 2
    assert sum(line.amount_minor for line in draft.lines) == draft.total_minor == booking.total_minor


async def test_an_invoice_closes_the_buyers_fields(session):
    """I4: once it is issued only its seller corrects it; a parcel of the same id has nothing to do with it."""
    visit, booking = await sell(session)
    facts = {"sold_id": booking.id, "issued": ISSUED, "person_id": visit.host.id, "now": NOW}
    await invoices.record_invoice(session, kind=SoldKind.PARCEL, **facts)
    await invoicing.ask(session, booking_id=booking.id, buyer=BuyerFields(name="Lan"), now=NOW)
    assert await invoices.list_waiting(session, SoldKind.BOOKING, [booking.id]) == {booking.id}
    await invoices.record_invoice(session, kind=SoldKind.BOOKING, **facts)
    assert await invoices.list_waiting(session, SoldKind.BOOKING, [booking.id]) == set()
    with pytest.raises(InvoicedError):
        await invoicing.ask(session, booking_id=booking.id, buyer=BuyerFields(name="Hoa"), now=NOW)
