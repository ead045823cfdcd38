"""A box of tea, from the basket to the buyer's hands and back, over HTTP, with the books read at each step."""

from __future__ import annotations

import re
from decimal import Decimal

from sqlalchemy import func, select

from producers.cooperatives.models import Role
from storefront.ledger.models import JournalEntry
from storefront.orders.models import Consignment, Order
from storefront.payments.models import Payment
from tests.factories.orders import BANK, FORM, PHONE, counters, report_transfer
from tests.factories.people import log_in, make_person, make_staff
from tests.factories.producers import make_membership
from tests.factories.storefront import make_listing, make_stock, make_variant
from tests.queries import count_queries


async def books(db):
    """The balance of every kind of account that is not zero; all of them sum to zero."""
    kind = func.split_part(JournalEntry.account, ":", 1)
    async with db.transaction() as session:
        rows = await session.execute(select(kind, func.sum(JournalEntry.amount_minor)).group_by(kind))
        found = {name: int(Decimal(amount)) for name, amount in rows if amount}
    assert sum(found.values()) == 0
    return found


async def buy(client, variant, quantity, total):
    """Put packs into the basket and order them: the order's private link."""
    added = await client.post("/cart/lines", data={"variant_id": str(variant.id), "quantity": str(quantity)})
    assert added.status_code == 303
    page = await client.get("/checkout")
    assert re.search(r'name="total" value="(\d+)"', page.text)[1] == str(total)
    placed = await client.post("/checkout", data={**FORM, "total": str(total)})
    assert placed.status_code == 303, placed.text
    return placed.headers["location"]


async def pack_and_ship(seller, work, code):
    """Take the order on, look at the address, pack and ship."""
    assert code in (await seller.get("/producer/orders")).text
    page = await seller.get(work)
    assert "0987 *** 321" in page.text and "Xóm Gò Pháo" not in page.text
    assert (await seller.post(f"{work}/confirm")).status_code == 303
    assert (await seller.post(f"{work}/address")).status_code == 303
    page = await seller.get(work)
    assert "0987 654 321" in page.text and "Xóm Gò Pháo, số 12" in page.text
    assert (await seller.get("/producer/orders/picking")).text.count(
        code
    ) == 2  # on the shelf's list, and its own
    assert (await seller.post(f"{work}/pack", data={"serials": ""})).status_code == 303
    carrier = {"by": "viettel_post", "tracking_number": "VTP123456789"}
    assert (await seller.post(f"{work}/ship", data=carrier)).status_code == 303


async def test_from_basket_to_hands(db, house, client, new_client, run_jobs):
    """A guest buys, pays by transfer, the cooperative confirms, packs, ships; the buyer has it; the books agree."""
    async with db.transaction() as session:
        listing = await make_listing(session)
        variant = await make_variant(session, listing_id=listing.id)
        item = await make_stock(session, variant, on_hand=5)
        packer = await make_person(session)
        await make_membership(session, person_id=packer.id, producer_id=listing.producer_id, role=Role.PACKER)
        seller = new_client()
        await log_in(session, seller, packer.id)

    link = await buy(client, variant, 2, 730_000)
    assert re.fullmatch(r"/orders/[a-z2-7]{26}", link)

    page = await client.get(link)
    assert page.status_code == 200
    assert "Chờ thanh toán" in page.text and "730.000" in page.text
    assert page.headers["referrer-policy"] == "no-referrer" and "noindex" in page.headers["x-robots-tag"]
    assert await books(db) == {}
    async with db.transaction() as session:
        payment = await session.scalar(select(Payment))
        assert await counters(session, item) == (5, 2, 0)
        consignment_id = await session.scalar(select(Consignment.id))
        code = await session.scalar(select(Order.code))

    sent = await report_transfer(client, code=payment.code, amount_minor=730_000, now=house.clock.now())
    assert sent.json() == {"success": True}
    assert await books(db) == {"bank": 730_000, "seller_payable": -700_000, "delivery_payable": -30_000}
    await run_jobs()
    assert code in house.sms.last_to(packer.phone)
    page = await client.get(link)
    assert "Đã trả đủ tiền" in page.text and "Chờ xác nhận" in page.text and "Đã đặt hàng" in page.text
    assert "Chờ thanh toán" not in page.text

    work = f"/producer/orders/{consignment_id}"
    await pack_and_ship(seller, work, code)
    await run_jobs()
    assert "VTP123" in house.sms.last_to(PHONE) and "http" not in house.sms.last_to(PHONE)
    page = await client.get(link)
    assert "VTP123" in page.text and "Đang giao" in page.text
    async with db.transaction() as session:
        assert await counters(session, item) == (3, 0, 0)

    assert (await seller.post(f"{work}/deliver")).status_code == 303
    assert "Đã nhận được hàng" in (await client.get(link)).text
    assert (await client.post(f"{link}/received/{consignment_id}")).status_code == 303
    page = await client.get(link)
    assert "Hoàn thành" in page.text and "Đã nhận được hàng" not in page.text
    assert await books(db) == {"bank": 730_000, "seller_payable": -700_000, "delivery_payable": -30_000}


async def test_an_order_asks_little_of_the_database(db, house, client):
    """Each request of an order that is bought and paid asks no more statements than these: they are most of its cost."""
    async with db.transaction() as session:
        listing = await make_listing(session)
        variant = await make_variant(session, listing_id=listing.id)
        await make_stock(session, variant, on_hand=50)
        packer = await make_person(session)
        await make_membership(session, person_id=packer.id, producer_id=listing.producer_id, role=Role.PACKER)
    asked = count_queries(db.engine)
    counts = []

    async def count(response):
        answer = await response
        counts.append(len(asked))
        asked.clear()
        return answer

    await count(client.post("/cart/lines", data={"variant_id": str(variant.id), "quantity": "1"}))
    await count(client.get("/checkout"))
    placed = await count(client.post("/checkout", data={**FORM, "total": "380000"}))
    link = placed.headers["location"]
    await count(client.get(link))
    async with db.transaction() as session:
        code = await session.scalar(select(Payment.code))
    asked.clear()
    sent = await count(report_transfer(client, code=code, amount_minor=380_000, now=house.clock.now()))
    assert sent.json() == {"success": True}
    assert counts == [2, 5, 15, 5, 25]  # the last with the job that tells the packers
    # With something in a new basket the order's page looks into that as every page does.
    await client.post("/cart/lines", data={"variant_id": str(variant.id), "quantity": "1"})
    assert "Giỏ có 1 món" in (await client.get(link)).text


async def test_goods_come_back_and_money_goes_back(db, house, client, new_client, run_jobs):
    """A delivered parcel that comes back is owed to the buyer until the accountant names the bank's reference."""
    async with db.transaction() as session:
        listing = await make_listing(session)
        variant = await make_variant(session, listing_id=listing.id)
        await make_stock(session, variant, on_hand=5)
        membership = await make_membership(session, producer_id=listing.producer_id)
        staff = await make_staff(session)
        seller, office = new_client(), new_client()
        await log_in(session, seller, membership.person_id)
        await log_in(session, office, staff.person_id)
    link = await buy(client, variant, 1, 380_000)
    async with db.transaction() as session:
        payment = await session.scalar(select(Payment))
        consignment_id = await session.scalar(select(Consignment.id))
    await report_transfer(client, code=payment.code, amount_minor=380_000, now=house.clock.now())
    work = f"/producer/orders/{consignment_id}"
    for act, data in (
        ("confirm", {}),
        ("pack", {}),
        ("ship", {"carrier": "Xe nhà"}),
        ("deliver", {}),
        ("return", {}),
    ):
        done = await seller.post(f"{work}/{act}", data=data)
        assert done.status_code == 303, (act, done.text)
    assert await books(db) == {"bank": 380_000, "refund_payable": -350_000, "delivery_payable": -30_000}
    assert "Trả hàng" in (await client.get(link)).text

    desk = await office.get("/admin/refunds")
    assert "350.000" in desk.text
    [pay] = re.findall(r"/admin/refunds/[-0-9a-f]{36}", desk.text)
    missing = await office.post(pay, data={"reference": " "})
    assert missing.status_code == 422 and "Chỗ này chưa điền" in missing.text
    refunded = await office.post(pay, data={"reference": "FT26318"})
    assert refunded.status_code == 303
    assert "FT26318" in (await office.get("/admin/refunds")).text
    assert await books(db) == {"bank": 30_000, "delivery_payable": -30_000}
    async with db.transaction() as session:
        spent = select(func.sum(JournalEntry.amount_minor)).where(JournalEntry.account == BANK)
        assert await session.scalar(spent) == 30_000
    await run_jobs()
