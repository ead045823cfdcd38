"""Money on delivery on the pages: checkout, order, parcel, label, pick list, the producer's page and the accountant's."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from producers.cooperatives.models import Role
from storefront.fulfilment import parcel_labels
from storefront.orders.models import Order, OrderState
from storefront.remittances.models import Remittance
from tests.factories.cash import MOST, make_cash_order, make_cash_variant, make_delivered, make_transfer, send
from tests.factories.orders import FORM, make_order
from tests.factories.people import log_in, make_staff
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW, make_cart


@pytest.fixture
async def enter(db, client):
    """Log the client in as somebody of a producer."""

    async def log(producer_id, role=Role.MANAGER):
        async with db.transaction() as session:
            membership = await make_membership(session, producer_id=producer_id, role=role)
            await log_in(session, client, membership.person_id)
            return membership.person_id

    return log


async def test_the_way_of_a_buyer(db, client):
    """M1, M2: the checkout offers it with the sum, the order's page says what to pay and can be given up."""
    async with db.transaction() as session:
        variant = await make_cash_variant(session)
        _cart, token = await make_cart(session, lines={variant.id: 1})
    client.cookies.set("cart", token)
    page = await client.get("/checkout")
    assert "Trả tiền lúc nhận hàng" in page.text and "Người giao thu đúng 380.000" in page.text
    answer = await client.post("/checkout", data=FORM | {"total": "380000", "pay": "cash"})
    link = answer.headers["location"]
    page = await client.get(link)
    assert "trả người giao đúng 380.000" in page.text and "VietQR" not in page.text
    assert "Chờ xác nhận" in page.text and "Chờ thanh toán" not in page.text
    assert (await client.post(f"{link}/cancel")).status_code == 303
    ended = (await client.get(link)).text
    assert "trả người giao đúng" not in ended and "Đã đặt hàng" in ended and "Đã thanh toán" not in ended


async def test_it_is_not_offered_where_it_is_not_allowed(db, client):
    """M1: above the producer's most it is not offered, and refused in words to who asks all the same."""
    async with db.transaction() as session:
        variant = await make_cash_variant(session)
        _cart, token = await make_cart(session, lines={variant.id: MOST // 350_000 + 1})
    client.cookies.set("cart", token)
    assert "Trả tiền lúc nhận hàng" not in (await client.get("/checkout")).text
    total = (MOST // 350_000 + 1) * 350_000 + 30_000
    answer = await client.post("/checkout", data=FORM | {"total": str(total), "pay": "cash"})
    assert answer.status_code == 409 and "không trả tiền lúc nhận hàng được" in answer.text
    assert FORM["line"] in answer.text


async def test_packers_read_what_to_collect(db, client, enter):
    """M2, M6: parcel, pick list and label name the sum; a parcel that nobody took is taken back with two taps."""
    async with db.transaction() as session:
        variant = await make_cash_variant(session)
        order = await make_cash_order(session, variant)
        parcel = await send(session, order, until="confirm")
    person_id = await enter(parcel.producer_id, Role.PACKER)
    address = f"/producer/orders/{parcel.id}"
    assert "Thu hộ 380.000" in (await client.get(address)).text
    assert "Không gửi đơn này" in (await client.get(address)).text
    assert "Thu hộ 380.000" in (await client.get("/producer/orders/picking")).text
    async with db.transaction() as session:
        await parcel_labels.show_addresses(
            session, producer_id=parcel.producer_id, person_id=person_id, now=NOW
        )
    told = await client.get("/producer/orders/labels.pdf")
    assert told.status_code == 200
    await client.post(f"{address}/pack", data={"serials": ""})
    await client.post(f"{address}/ship", data={"carrier": "Viettel Post"})
    assert (await client.post(f"{address}/refused", data={})).status_code == 422
    assert (await client.post(f"{address}/refused", data={"goods": "good"})).status_code == 303
    async with db.transaction() as session:
        assert await session.scalar(select(Order.state)) is OrderState.RETURNED


async def test_a_packer_declines(db, client, enter):
    """M5: one tap ends an order on delivery that is not sent."""
    async with db.transaction() as session:
        order = await make_cash_order(session, await make_cash_variant(session))
        parcel = await send(session, order, until="confirm")
    await enter(parcel.producer_id, Role.PACKER)
    assert (await client.post(f"/producer/orders/{parcel.id}/decline")).status_code == 303
    async with db.transaction() as session:
        assert await session.scalar(select(Order.state)) is OrderState.CANCELLED


async def test_what_stands_on_a_label(db):
    """M2: the label says what is to be collected, in dong as people write it."""
    async with db.transaction() as session:
        cash = parcel_labels._tell_label
        label = parcel_labels.ParcelLabel(
            consignment_id=(await make_order(session, await make_cash_variant(session))).id,
            code="ABC",
            sender=parcel_labels.Party("A", "1", "x"),
            receiver=parcel_labels.Party("B", "2", "y"),
            carrier="",
            tracking_number="",
            weight_g=200,
            is_paid=False,
            way="",
            collect_minor=380_000,
        )
        assert cash(label, 1, 1, "http://x")["collect"].startswith("380.000")


async def test_a_producer_switches_it_on(db, client, enter):
    """M1: off at first; on it needs an amount; off again it is forgotten."""
    async with db.transaction() as session:
        _order, parcel = await make_delivered(session, await make_cash_variant(session))
    await enter(parcel.producer_id, Role.ACCOUNTANT)
    page = await client.get("/producer/cash")
    assert "2.000.000" in page.text and "380.000" in page.text
    save = "/producer/cash/terms"
    refused = await client.post(save, data={"is_on": "1", "most_minor": ""})
    assert refused.status_code == 422 and "số tiền nhiều nhất" in refused.text
    assert (await client.post(save, data={"is_on": "1", "most_minor": "500k"})).status_code == 303
    assert "500.000" in (await client.get("/producer/cash?saved=1")).text
    assert (await client.post(save, data={"most_minor": "500k"})).status_code == 303
    assert "500.000" not in (await client.get("/producer/cash")).text


async def test_a_producer_has_the_money(db, client, enter):
    """P34: chosen parcels are written down as in hand, once for one form; none chosen is said."""
    async with db.transaction() as session:
        order, parcel = await make_delivered(session, await make_cash_variant(session))
    await enter(parcel.producer_id)
    form_id = (await client.get("/producer/cash")).text.split('name="id" value="')[1].split('"')[0]
    nothing = await client.post("/producer/cash/kept", data={"id": form_id, "order_x": "1"})
    assert nothing.status_code == 422 and "ít nhất một đơn" in nothing.text
    for _press in range(2):
        typed = {"id": form_id, f"order_{order.id}": "1"}
        assert (await client.post("/producer/cash/kept", data=typed)).status_code == 303
    assert (await client.post("/producer/cash/kept", data={"id": "x"})).status_code == 422
    page = await client.get("/producer/cash")
    assert "Không có đơn nào chờ" in page.text and order.code in page.text


async def test_the_accountant_divides_a_transfer(db, client):
    """P31: from the money of nobody to the parcels; a sum that does not fit is told, with all that was typed."""
    async with db.transaction() as session:
        order, _parcel = await make_delivered(session, await make_cash_variant(session))
        transfer = await make_transfer(session, 360_000)
        staff = await make_staff(session)
        await log_in(session, client, staff.person_id)
    desk = f"/admin/payments/{transfer.id}"
    address = f"/admin/remittances/{transfer.id}"
    assert address in (await client.get(desk)).text
    assert order.code in (await client.get(address)).text
    came, kept = f"came_{order.id}", f"kept_{order.id}"
    typed = {f"order_{order.id}": "1", came: "350.000", kept: ""}
    refused = await client.post(address, data=typed)
    assert refused.status_code == 422 and "cộng lại" in refused.text and "350.000" in refused.text
    assert (await client.post(address, data=typed | {came: "x"})).status_code == 422
    assert (await client.post(address, data=typed | {came: "360k", kept: "20k"})).status_code == 303
    async with db.transaction() as session:
        assert await session.scalar(select(Remittance.receipt_id)) == transfer.id
        assert await session.scalar(select(Order.paid_at)) is not None
    assert (await client.post(address, data=typed)).status_code == 409
