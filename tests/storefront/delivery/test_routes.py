"""The pages on which a producer says how goods travel, and the buyer's choice of them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from producers.cooperatives.models import Role
from storefront.delivery import service as delivery
from storefront.delivery.models import Zone
from storefront.delivery.ways import Step
from storefront.fulfilment import parcel_labels, service
from storefront.orders import parcels
from storefront.orders.models import Order
from tests.factories.delivery import FETCHED, add_way
from tests.factories.orders import FORM, pay
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership, make_producer
from tests.factories.storefront import NOW, make_cart, make_listing, make_stock, make_variant

TYPED = {
    "name": "Xe khách",
    "kind": "sent",
    "carries": ["ambient", "chilled"],
    "province_prices": "2 kg: 15k\nđến 5 ký 25.000",
    "rest_prices": "60k",
    "weekdays": ["1", "4"],
    "cutoff_days": "1",
    "cutoff_hour": "17",
}


@pytest.fixture
async def manager(db, client):
    """Who runs a producer, logged in: (producer, person)."""
    async with db.transaction() as session:
        producer = await make_producer(session)
        person = await make_person(session)
        await make_membership(session, producer_id=producer.id, person_id=person.id, role=Role.MANAGER)
        await log_in(session, client, person.id)
    return producer, person


async def test_a_way_is_typed_shown_and_ended(db, client, manager):
    """D2, D3, D8: lines of weights and prices per zone, weekdays and cut-off; the form shows them again."""
    producer, _person = manager
    answer = await client.post("/producer/delivery/methods/new", data=TYPED)
    assert answer.status_code == 303, answer.text
    page = await client.get(answer.headers["location"])
    assert "Xe khách" in page.text and "thứ Ba, thứ Sáu" in page.text
    async with db.transaction() as session:
        [method] = (await delivery.list_methods(session, [producer.id]))[producer.id]
    assert set(method.steps) == {
        Step(Zone.PROVINCE, 2_000, 15_000),
        Step(Zone.PROVINCE, 5_000, 25_000),
        Step(Zone.REST, None, 60_000),
    }
    form = await client.get(f"/producer/delivery/methods/{method.id}")
    assert "2 kg: 15.000\n5 kg: 25.000" in form.text and ">60.000</textarea>" in form.text
    again = {
        **TYPED,
        "kind": "stall",
        "name": "Lấy ở chợ",
        "place": "Chợ Thái",
        "fee_minor": "5k",
        "free_from_minor": "1tr",
    }
    assert (await client.post(f"/producer/delivery/methods/{method.id}", data=again)).status_code == 303
    form = await client.get(f"/producer/delivery/methods/{method.id}")
    assert (
        'value="Chợ Thái"' in form.text and 'value="5.000"' in form.text and 'value="1.000.000"' in form.text
    )
    assert (await client.post(f"/producer/delivery/methods/{method.id}/end")).status_code == 303
    assert (await client.get(f"/producer/delivery/methods/{method.id}")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rest_prices": "hai ký ba chục"}, "Có dòng chưa đọc được"),
        ({"rest_prices": "0 kg: 5k"}, "Có dòng chưa đọc được"),
        ({"rest_prices": "2 kg: 5k\n2000 g: 6k"}, "Có hai giá cho cùng một mức cân"),
        ({"rest_prices": "\n".join(f"{kilos} kg: 5k" for kilos in range(1, 14))}, "Nhiều dòng quá"),
        ({"rest_prices": "", "province_prices": ""}, "Bạn ghi giá gửi cho ít nhất một nơi"),
        ({"kind": "farm"}, "Khách tới đâu lấy hàng"),
        ({"carries": []}, "Cách này chở được hàng gì"),
        ({"cutoff_hour": "24"}, "Giờ từ 0 đến 23"),
        ({"cutoff_days": "15"}, "Nhiều nhất 14 ngày trước"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_lost(client, manager, wrong, words):
    """A way that cannot be is refused in words; what was typed and ticked stays."""
    answer = await client.post("/producer/delivery/methods/new", data=TYPED | wrong)
    assert answer.status_code == 422 and words in answer.text
    assert 'value="Xe khách"' in answer.text and 'name="weekdays" value="4" checked' in answer.text


async def test_too_many_ways_and_a_wrong_change_are_refused(db, client, manager):
    """The ninth way is refused with everything typed; so is a change that cannot be."""
    producer, _person = manager
    async with db.transaction() as session:
        ways = [await add_way(session, producer.id) for _ in range(delivery.MOST_METHODS)]
    answer = await client.post("/producer/delivery/methods/new", data=TYPED)
    assert answer.status_code == 409 and "nhiều cách gửi quá rồi" in answer.text
    answer = await client.post(f"/producer/delivery/methods/{ways[0]}", data={**TYPED, "name": ""})
    assert answer.status_code == 422 and f"/methods/{ways[0]}" in answer.text


async def test_what_is_near_is_ticked(client, manager):
    """D3: the neighbours at first, then what was ticked."""
    page = await client.get("/producer/delivery/region")
    assert 'value="01" checked' in page.text and 'value="79" checked' not in page.text
    assert (await client.post("/producer/delivery/region", data={"near": ["79"]})).status_code == 303
    page = await client.get("/producer/delivery/region")
    assert 'value="79" checked' in page.text and 'value="01" checked' not in page.text


async def test_the_least_is_said_with_the_fee(client, manager):
    """D10: the page of the flat fee keeps the minimum too."""
    typed = {"fee_minor": "25k", "minimum_minor": "200k"}
    assert (await client.post("/producer/delivery", data=typed)).status_code == 303
    assert 'value="200.000"' in (await client.get("/producer/delivery")).text


@pytest.fixture
async def basket(db, client, manager):
    """A basket of one box at the manager's producer, who has a bus on Fridays and a stall: (bus, stall)."""
    producer, _person = manager
    async with db.transaction() as session:
        listing = await make_listing(session, producer_id=producer.id)
        variant = await make_variant(session, listing_id=listing.id, price_minor=100_000)
        await make_stock(session, variant)
        steps = (Step(Zone.PROVINCE, None, 15_000), Step(Zone.REST, None, 60_000))
        bus = await add_way(session, producer.id, steps=steps, weekdays=frozenset({4}))
        stall = await add_way(session, producer.id, **FETCHED)
        _cart, token = await make_cart(session, lines={variant.id: 1})
    client.cookies.set("cart", token)
    return bus, stall


async def test_the_checkout_asks_for_the_way(client, manager, basket):
    """D4, O2: first the dearest zone; the typed commune shows its price; what is shown is what is placed."""
    producer, _person = manager
    bus, _stall = basket
    cart = await client.get("/cart")
    assert "Xe khách: tiền gửi nhiều nhất 60.000" in cart.text
    page = await client.get("/checkout")
    assert "nhiều nhất 60.000" in page.text and 'name="total" value="160000"' in page.text
    assert f'name="way_{producer.id}" value="{bus}" checked' in page.text and FETCHED["place"] in page.text
    answer = await client.post("/checkout", data={**FORM, "act": "show_fees"})
    assert answer.status_code == 200 and 'name="total" value="115000"' in answer.text
    assert FORM["line"] in answer.text and "nhiều nhất" not in answer.text
    unclear = await client.post(
        "/checkout", data={**FORM, "commune_text": "Không Có Đâu", "act": "show_fees"}
    )
    assert "Chưa tìm thấy xã, phường này" in unclear.text
    chosen = {**FORM, f"way_{producer.id}": str(bus), f"day_{bus}": "2026-11-20", "total": "160000"}
    again = await client.post("/checkout", data=chosen)
    assert again.status_code == 409 and "115.000" in again.text
    assert '<option value="2026-11-20" selected>' in again.text
    placed = await client.post("/checkout", data={**chosen, "total": "115000"})
    page = await client.get(placed.headers["location"])
    assert "Xe khách" in page.text and "20/11" in page.text and "15.000" in page.text
    assert FORM["line"] in page.text


async def test_what_is_fetched_needs_no_street(db, client, manager, basket):
    """D7, D9, D12: no street, the place on the order's page, the pick list, the parcel's page and its label."""
    producer, person = manager
    _bus, stall = basket
    form = {
        **FORM,
        "line": "",
        f"way_{producer.id}": str(stall),
        "gift_note": "Chúc bà khỏe",
        "total": "100000",
    }
    shown = await client.post("/checkout", data={**form, "act": "show_fees"})
    assert "Bạn tới lấy hàng nên không cần ghi" in shown.text
    placed = await client.post("/checkout", data=form)
    page = await client.get(placed.headers["location"])
    assert FETCHED["place"] in page.text and "Người tới lấy" in page.text and "Chúc bà khỏe" in page.text
    async with db.transaction() as session:
        order = (await session.scalars(select(Order))).one()
        await pay(session, order)
        [parcel] = await parcels.list_parcels(session, order)
        who = {"consignment_id": parcel.consignment.id, "producer_id": producer.id, "person_id": person.id}
        await service.confirm(session, **who, now=NOW)
        await parcel_labels.show_addresses(session, **who, now=NOW)
        [label] = await parcel_labels.make_labels(session, producer=producer, person_id=person.id, now=NOW)
    assert (label.receiver.address, label.way) == (FETCHED["place"], "Lấy ở chợ")
    picked = await client.get("/producer/orders/picking")
    assert "Khách tới lấy: 1 đơn" in picked.text and FETCHED["place"] in picked.text
    assert "Chúc bà khỏe" in picked.text
    packed = await client.get(f"/producer/orders/{parcel.consignment.id}")
    assert (
        FETCHED["place"] in packed.text
        and "Chúc bà khỏe" in packed.text
        and 'value="Khách tới lấy"' in packed.text
    )


async def test_a_refusal_stands_at_the_parcel(db, client, manager, basket):
    """D10, D11: a way that ended and a day that is over are said beside the choice, with everything typed."""
    producer, _person = manager
    bus, _stall = basket
    form = {**FORM, f"way_{producer.id}": str(bus), f"day_{bus}": "2026-11-12", "total": "115000"}
    answer = await client.post("/checkout", data=form)
    assert answer.status_code == 409 and "Ngày này không nhận đơn nữa" in answer.text
    assert FORM["note"] in answer.text and f'href="#f-way_{producer.id}"' in answer.text
    assert f'id="f-way_{producer.id}"' in answer.text
    async with db.transaction() as session:
        await delivery.end_method(session, method_id=bus, producer_id=producer.id)
    answer = await client.post("/checkout", data=form)
    assert answer.status_code == 409 and "Cách nhận hàng này không còn nữa" in answer.text
    odd = {**form, f"way_{producer.id}": "none", "way_x": "y", "total": "100000"}
    assert (await client.post("/checkout", data=odd)).status_code == 303


async def test_a_label_says_the_way_and_the_day(db, client, manager, basket):
    """D9: the chosen day stands on the label, the words of the gift do not."""
    producer, person = manager
    bus, _stall = basket
    form = {**FORM, f"way_{producer.id}": str(bus), f"day_{bus}": "2026-11-20", "gift_note": "Chúc bà khỏe"}
    assert (await client.post("/checkout", data={**form, "total": "115000"})).status_code == 303
    async with db.transaction() as session:
        order = (await session.scalars(select(Order))).one()
        await pay(session, order)
        [parcel] = await parcels.list_parcels(session, order)
        assert parcel.consignment.deliver_on == date(2026, 11, 20)
        who = {"consignment_id": parcel.consignment.id, "producer_id": producer.id, "person_id": person.id}
        await service.confirm(session, **who, now=NOW)
        await parcel_labels.show_addresses(session, **who, now=NOW)
        [label] = await parcel_labels.make_labels(session, producer=producer, person_id=person.id, now=NOW)
    assert label.way == "Xe khách, ngày 20/11" and "Chúc bà khỏe" not in repr(label)
    pdf = await parcel_labels.make_pdf([label], paper=parcel_labels.Paper.A6, pieces=1, public_url="http://x")
    assert pdf.startswith(b"%PDF")
