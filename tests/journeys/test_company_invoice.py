"""An invoice for a company, over HTTP: asked for at the checkout or afterwards, issued by the seller, seen by nobody else."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from producers.cooperatives.models import Role
from storefront.invoices.models import InvoiceBuyer
from storefront.invoices.ports import ByHand, EInvoices
from storefront.orders.models import Consignment, Order
from tests.factories.orders import FORM, pay
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership
from tests.factories.storefront import make_cart, make_listing, make_stock, make_variant
from tests.fakes.einvoices import FakeEInvoices
from tests.storefront.invoices.test_invoices import FORM as TYPED

COMPANY = {
    "invoice_name": "Công ty Du lịch Núi Xanh",
    "invoice_tax_code": "0101 234 565",
    "invoice_address": "12 Hàng Bông, Hà Nội",
    "invoice_email": "ketoan@nuixanh.vn",
}
ORDER = FORM | {"total": "380000"}
SAID = (COMPANY["invoice_name"], "0101234565", COMPANY["invoice_address"], COMPANY["invoice_email"])
ASK = "Tôi cần hóa đơn công ty"


async def fill(db, client, *, shops=1):
    """A basket with a box of each of some shops."""
    async with db.transaction() as session:
        lines = {}
        for _shop in range(shops):
            variant = await make_variant(session, listing_id=(await make_listing(session)).id)
            await make_stock(session, variant)
            lines[variant.id] = 1
        _cart, token = await make_cart(session, lines=lines)
    client.cookies.set("cart", token)


async def order(client, **typed):
    """Place it; answers the order's page."""
    placed = await client.post("/checkout", data=ORDER | typed)
    assert placed.status_code == 303, placed.text
    return placed.headers["location"]


async def settle(db, browser):
    """Pay the newest order, and log its seller's accountant in; answers the address of its invoice."""
    async with db.transaction() as session:
        found = (await session.scalars(select(Order).order_by(Order.id.desc()).limit(1))).one()
        await pay(session, found)
        parcel = (await session.scalars(select(Consignment).where(Consignment.order_id == found.id))).first()
        made = await make_membership(session, producer_id=parcel.producer_id, role=Role.ACCOUNTANT)
        await log_in(session, browser, made.person_id)
    return f"/producer/orders/{parcel.id}/invoice"


async def count(db):
    """How many parcels have somebody written down for their invoice."""
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(InvoiceBuyer))


async def test_asked_for_at_the_checkout(db, client, new_client, house):
    """I4: folded away on the form; then it stands on the order's page, on the seller's desk, and in what a provider is told."""
    await fill(db, client)
    page = (await client.get("/checkout")).text
    assert f"<details><summary>{ASK}</summary>" in page
    link = await order(client, **COMPANY)
    page = (await client.get(link)).text
    assert "đã nhận yêu cầu" in page and f'value="{COMPANY["invoice_name"]}"' in page
    seller = new_client()
    work = await settle(db, seller)
    assert "Khách cần hóa đơn" in (await seller.get(work.removesuffix("/invoice"))).text
    assert "Khách cần hóa đơn" in (await seller.get("/producer/orders")).text
    page = (await seller.get(work)).text
    for said in SAID:
        assert said in page, said
    provider = FakeEInvoices()
    house.provide(EInvoices, provider)
    try:
        assert (await seller.post(f"{work}/issue")).status_code == 303
    finally:
        house.provide(EInvoices, ByHand())
    [draft] = provider.asked
    assert (draft.buyer_name, draft.buyer_tax_code, draft.buyer_address, draft.buyer_email) == SAID
    page = (await client.get(link)).text
    assert "1C26TAA · 00000001" in page and ASK not in page and COMPANY["invoice_name"] not in page
    assert "Khách cần hóa đơn" not in (await seller.get("/producer/orders")).text


async def test_an_edited_order_keeps_its_company(db, client):
    """I4: what was said of an order stands in the form of the one that takes its place, and goes with it."""
    await fill(db, client)
    link = await order(client, **COMPANY)
    await client.post(f"{link}/edit")
    form = (await client.get("/checkout")).text
    assert all(f'value="{words}"' in form for words in SAID)
    new = await order(client, **COMPANY)
    assert new != link
    assert f'value="{COMPANY["invoice_name"]}"' in (await client.get(new)).text
    assert COMPANY["invoice_name"] not in (await client.get(link)).text


async def test_who_asks_for_none_gets_none(db, client):
    """I4: nothing typed, nothing kept; spaces are nothing."""
    await fill(db, client)
    await order(client, invoice_name="  ", invoice_tax_code="")
    assert await count(db) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"invoice_tax_code": "0101234567"}, "Mã số thuế này không đúng"),
        ({"invoice_tax_code": "12"}, "Mã số thuế có 10"),
        ({"invoice_tax_code": "<b>"}, "Mã số thuế có 10"),
        ({"invoice_tax_code": ""}, "Chỗ này chưa điền"),
        ({"invoice_name": ""}, "Chỗ này chưa điền"),
        ({"invoice_address": " "}, "Chỗ này chưa điền"),
        ({"invoice_address": "x" * 301}, "dài quá"),
        ({"invoice_email": "ketoan"}, "Thư điện tử này chưa đúng"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(db, client, change, said):
    """I5: at the checkout and on the order's page alike; nothing typed is lost, nothing is ordered or kept."""
    await fill(db, client)
    answer = await client.post("/checkout", data=ORDER | COMPANY | change)
    [field] = change
    assert answer.status_code == 422 and said in answer.text
    assert f"<details open><summary>{ASK}" in answer.text and f'id="e-{field}"' in answer.text
    assert FORM["note"] in answer.text and FORM["line"] in answer.text
    kept = "invoice_name" if field != "invoice_name" else "invoice_address"
    assert f'value="{COMPANY[kept]}"' in answer.text
    link = await order(client)
    answer = await client.post(f"{link}/invoice", data=COMPANY | change)
    assert answer.status_code == 422 and said in answer.text and f'id="e-{field}"' in answer.text
    assert f'value="{COMPANY[kept]}"' in answer.text and '<details class="no-print" open>' in answer.text
    assert await count(db) == 0


async def test_a_wrong_code_is_told_together_with_the_rest(db, client):
    """I5: a missing name of the recipient and a wrong tax code are both said at once."""
    await fill(db, client)
    answer = await client.post("/checkout", data=ORDER | COMPANY | {"name": "", "invoice_tax_code": "1"})
    assert answer.status_code == 422
    assert 'id="e-name"' in answer.text and 'id="e-invoice_tax_code"' in answer.text


async def test_asked_for_afterwards_until_it_is_issued(db, client, new_client):
    """I4: on the order's page before and after the payment, as often as one likes; once it is issued only its seller may."""
    await fill(db, client)
    link = await order(client)
    assert ASK in (await client.get(link)).text
    assert (await client.post(f"{link}/invoice", data={})).status_code == 422
    for name in ("Núi Xanh", COMPANY["invoice_name"]):
        assert (await client.post(f"{link}/invoice", data=COMPANY | {"invoice_name": name})).headers[
            "location"
        ] == link
    assert await count(db) == 1
    seller = new_client()
    work = await settle(db, seller)
    assert "Núi Xanh" in (await seller.get(work)).text
    assert (await client.post(f"{link}/invoice", data=COMPANY)).status_code == 303
    assert (await seller.post(work, data=TYPED)).status_code == 303
    late = await client.post(f"{link}/invoice", data=COMPANY | {"invoice_name": "Công ty Lạ"})
    assert late.status_code == 409 and "gọi cho nhà vườn" in late.text
    assert "Công ty Lạ" not in (await seller.get(work)).text


async def test_one_order_of_two_shops(db, client, new_client):
    """I4: said once for all parcels; what one seller issued stays, the other's may still be changed."""
    await fill(db, client, shops=2)
    link = await order(client, total="760000", **COMPANY)
    assert await count(db) == 2
    seller = new_client()
    work = await settle(db, seller)
    assert (await seller.post(work, data=TYPED)).status_code == 303
    page = (await client.get(link)).text
    assert "1C26TAA · 00000007" in page and "đã nhận yêu cầu" in page
    changed = COMPANY | {"invoice_name": "Công ty Suối Trong"}
    assert (await client.post(f"{link}/invoice", data=changed)).status_code == 303
    assert 'value="Công ty Suối Trong"' in (await client.get(link)).text
    page = (await seller.get(work)).text
    assert COMPANY["invoice_name"] in page and "Suối Trong" not in page


async def test_an_order_that_ended_has_no_invoice(db, client):
    """I4: given up, there is nothing to ask for and nothing is kept."""
    await fill(db, client)
    link = await order(client)
    assert (await client.post(f"{link}/cancel")).status_code == 303
    assert ASK not in (await client.get(link)).text
    refused = await client.post(f"{link}/invoice", data=COMPANY)
    assert refused.status_code == 409 and "đã dừng" in refused.text
    assert await count(db) == 0


async def test_the_last_company_is_offered_again(db, client, new_client):
    """I6: a logged-in buyer takes it over with one tick; nobody gets it unasked, nobody else is offered it."""
    async with db.transaction() as session:
        person = await make_person(session)
        await log_in(session, client, person.id)
    await fill(db, client)
    await order(client, **COMPANY)
    await fill(db, client)
    page = (await client.get("/checkout")).text
    assert f"Xuất cho {COMPANY['invoice_name']} như lần trước" in page and "0101234565" not in page
    plain = await order(client)
    assert await count(db) == 1
    assert f'value="{COMPANY["invoice_name"]}"' in (await client.get(plain)).text  # ready, and not sent
    await fill(db, client)
    again = await order(client, invoice_again="1")
    assert "đã nhận yêu cầu" in (await client.get(again)).text and await count(db) == 2
    await fill(db, client)
    other = await order(client, invoice_again="1", **COMPANY | {"invoice_name": "Công ty Suối Trong"})
    assert "Công ty Suối Trong" in (await client.get(other)).text
    stranger = new_client()
    assert COMPANY["invoice_name"] not in (await stranger.get(plain)).text
    await fill(db, stranger)
    assert "như lần trước" not in (await stranger.get("/checkout")).text
    lost = await stranger.post("/checkout", data=ORDER | {"invoice_again": "1"})
    assert lost.status_code == 422 and 'id="e-invoice_again"' in lost.text


async def test_a_code_alone_tells_nothing_of_it(db, client, new_client):
    """I6: whoever has the order's code sees state and shop; a packer of the shop sees no company either."""
    await fill(db, client)
    link = await order(client, **COMPANY)
    async with db.transaction() as session:
        code = await session.scalar(select(Order.code))
    seller, packer = new_client(), new_client()
    work = await settle(db, seller)
    async with db.transaction() as session:
        producer_id = await session.scalar(select(Consignment.producer_id))
        made = await make_membership(session, producer_id=producer_id, role=Role.PACKER)
        await log_in(session, packer, made.person_id)
    assert (await packer.get(work)).status_code == 403
    parcel = work.removesuffix("/invoice")
    pages = [await new_client().get(path, params={"code": code}) for path in ("/check", "/orders")]
    pages += [await packer.get(path) for path in (parcel, "/producer/orders")]
    for page in pages:
        assert page.status_code == 200 and code in page.text
        assert not any(said in page.text for said in SAID) and "Khách cần hóa đơn" not in page.text
    page = await client.get(link)
    assert page.headers["referrer-policy"] == "no-referrer" and COMPANY["invoice_name"] in page.text
