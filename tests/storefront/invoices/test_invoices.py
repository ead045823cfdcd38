"""Electronic invoices: written down by the seller or issued by a provider, found by the buyer."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from producers.cooperatives.models import Producer, Role
from storefront.fulfilment import invoicing, refunding
from storefront.invoices import service as invoices
from storefront.invoices.errors import NotSoldError
from storefront.invoices.models import Invoice, SoldKind
from storefront.invoices.ports import ByHand, EInvoices, InvoiceDraft, IssuedInvoice
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError
from storefront.refunds.models import RefundReason
from tests.factories.orders import SECRET, make_order, make_paid_order
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership, make_producer
from tests.factories.recalls import make_shop
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.fakes.einvoices import FakeEInvoices

FORM = {
    "symbol": "1c26taa",
    "number": "00000007",
    "lookup_code": "AB12CD",
    "lookup_url": "https://hoadondientu.gdt.gov.vn",
    "issued_on": "2026-11-12",
    "provider": "",
}
ISSUED = IssuedInvoice(
    symbol="1C26TAA",
    number="7",
    lookup_code="AB12CD",
    lookup_url="https://hoadondientu.gdt.gov.vn",
    issued_on=date(2026, 11, 12),
)


async def sell(session):
    """A paid parcel and its manager."""
    box = await make_variant(session)
    await make_stock(session, box)
    order = await make_paid_order(session, box)
    [parcel] = await parcels.list_parcels(session, order)
    manager = await make_membership(session, role=Role.MANAGER, producer_id=parcel.consignment.producer_id)
    return parcel, manager.person_id


@pytest.fixture
async def parcel(db, client):
    """A parcel whose seller is logged in; answers it with its address and the buyer's."""
    async with db.transaction() as session:
        found, manager_id = await sell(session)
        await log_in(session, client, manager_id)
    one = found.consignment
    return f"/producer/orders/{one.id}", f"/orders/{orders.make_token(SECRET, found.order.id)}", one.id


async def count(db):
    """How many invoices are written down."""
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Invoice))


async def test_what_the_seller_writes_the_buyer_finds(client, new_client, db, parcel):
    """Symbol, number, code and address stand on the order's page; a second press writes nothing, a correction is the one that counts."""
    work, link, _id = parcel
    assert f"{work}/invoice" in (await client.get(work)).text
    page = (await client.get(f"{work}/invoice")).text
    assert "hoadondientu.gdt.gov.vn" in page and "Xuất hóa đơn" not in page
    buyer = new_client()
    assert "Hóa đơn điện tử" not in (await buyer.get(link)).text
    for _press in range(2):
        assert (await client.post(f"{work}/invoice", data=FORM)).status_code == 303
    assert await count(db) == 1
    page = (await buyer.get(link)).text
    for said in ("1C26TAA · 00000007", "AB12CD", "Ngày xuất", 'href="https://hoadondientu.gdt.gov.vn"'):
        assert said in page, said
    assert (await client.post(f"{work}/invoice", data=FORM | {"number": "8"})).status_code == 303
    page = (await buyer.get(link)).text
    assert "1C26TAA · 8" in page and "00000007" not in page and await count(db) == 2
    assert 'value="8"' in (await client.get(f"{work}/invoice")).text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"symbol": "?"}, "Ký hiệu hóa đơn gồm"),
        ({"number": "số 7"}, "Số hóa đơn chỉ có"),
        ({"lookup_code": ""}, "chưa điền"),
        ({"lookup_url": "javascript:alert(1)"}, "Địa chỉ tra cứu bắt đầu"),
        ({"issued_on": "2026-11-13"}, "chưa tới"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field(client, db, parcel, change, said):
    """Nothing is kept, and what was typed stays."""
    answer = await client.post(f"{parcel[0]}/invoice", data=FORM | change)
    assert answer.status_code == 422 and said in answer.text and 'value="2026-11-1' in answer.text
    assert await count(db) == 0


async def test_a_provider_issues_once(client, new_client, house, db, parcel):
    """One press, or two, is one invoice; what the provider does not answer is said and may be pressed again."""
    work, link, consignment_id = parcel
    provider = FakeEInvoices()
    house.provide(EInvoices, provider)
    try:
        assert "Xuất hóa đơn" in (await client.get(f"{work}/invoice")).text
        provider.is_down = True
        assert (await client.post(f"{work}/invoice/issue")).status_code == 502
        provider.is_down = False
        for _press in range(2):
            assert (await client.post(f"{work}/invoice/issue")).status_code == 303
    finally:
        house.provide(EInvoices, ByHand())
    [draft] = provider.asked
    assert (draft.key, draft.buyer_name, draft.total_minor) == (consignment_id, "Trần Thị Lan", 380_000)
    assert await count(db) == 1 and "1C26TAA · 00000001" in (await new_client().get(link)).text


async def test_by_hand_nobody_is_asked(client, db, parcel):
    """Without a provider the press changes nothing, and the port itself refuses."""
    assert (await client.post(f"{parcel[0]}/invoice/issue")).status_code == 303
    assert await count(db) == 0
    draft = InvoiceDraft(
        key=parcel[2], seller_name="An", seller_tax_code="", buyer_name="Lan", lines=[], total_minor=0
    )
    with pytest.raises(NotImplementedError):
        await ByHand().issue(draft)


async def test_only_what_the_buyer_keeps_is_invoiced(session):
    """Lines that were paid back are left out; a parcel that is not paid, or of another seller, has no invoice."""
    shop = await make_shop(session)
    order = await make_paid_order(session, shop.bad, shop.good)
    [parcel] = await parcels.list_parcels(session, order)
    box = next(line for line in parcel.lines if line.amount_minor == 350_000)
    await refunding.give_back(
        session, parcel, [box], reason=RefundReason.RECALLED, person_id=shop.packer_id, now=NOW
    )
    producer = await make_producer(session)
    named = {"consignment_id": parcel.consignment.id}
    own = await session.get_one(Producer, shop.producer_id)
    draft = await invoicing.draft_invoice(session, **named, producer=own)
    assert [(line.title, line.amount_minor) for line in draft.lines] == [
        ("Chè Đinh", 100_000),
        ("Tiền gửi hàng", 30_000),
    ]
    assert draft.total_minor == 130_000
    with pytest.raises(OrderNotFoundError):
        await invoicing.draft_invoice(session, **named, producer=producer)
    unpaid = await make_order(session, shop.good)
    [waiting] = await parcels.list_parcels(session, unpaid)
    with pytest.raises(NotSoldError):
        await invoicing.draft_invoice(session, consignment_id=waiting.consignment.id, producer=own)
    person = await make_person(session)
    facts = {"issued": ISSUED, "person_id": person.id, "now": NOW}
    with pytest.raises(NotSoldError):
        await invoicing.write_invoice(
            session, consignment_id=waiting.consignment.id, producer_id=shop.producer_id, **facts
        )
    with pytest.raises(OrderNotFoundError):
        await invoicing.write_invoice(session, **named, producer_id=producer.id, **facts)
    assert await invoices.list_invoices(session, SoldKind.PARCEL, [parcel.consignment.id]) == {}
