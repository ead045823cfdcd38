"""Orders that are packed and sent where there is no signal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from producers.cooperatives.models import Role
from producers.listings.models import Listing
from storefront.fulfilment.models import PackedItem
from storefront.orders import parcels
from storefront.orders.models import Consignment, OrderState, OrderStep
from tests.factories.orders import make_paid_order
from tests.factories.outbox import make_phone
from tests.factories.producers import NOW
from tests.factories.storefront import make_stock, make_variant


@pytest.fixture
async def work(db, client):
    """A packer's phone, and a paid order of her producer, a day old: (phone, consignment)."""
    async with db.transaction() as session:
        tea = await make_variant(session)
        await make_stock(session, tea)
        order = await make_paid_order(session, tea, quantity=2, now=NOW - timedelta(days=1))
        [parcel] = await parcels.list_parcels(session, order)
        producer_id = (await session.get_one(Listing, tea.listing_id)).producer_id
        phone = await make_phone(session, client, role=Role.PACKER, producer_id=producer_id)
    return phone, parcel.consignment


def act(phone, one, name, **changes):
    """A step of a parcel as the phone keeps it."""
    fields = changes.pop("fields", {})
    return phone.write(f"/producer/orders/{one.id}/{name}", fields=fields, **changes)


async def stands(db, one):
    """The parcel as it stands."""
    async with db.transaction() as session:
        return await session.get_one(Consignment, one.id)


async def test_steps_are_stamped_with_the_phones_hour_once(db, work):
    """Confirmed, packed, shipped and delivered in one batch: each once, at the hour on the phone; history keeps ours."""
    phone, one = work
    hours = [NOW - timedelta(minutes=minutes) for minutes in (90, 60, 30, 10)]
    records = [
        act(phone, one, name, fields=fields, captured_at=at.isoformat())
        for (name, fields), at in zip(
            (
                ("confirm", {}),
                ("pack", {"serials": ""}),
                ("ship", {"carrier": "Viettel Post"}),
                ("deliver", {}),
            ),
            hours,
            strict=True,
        )
    ]
    for _again in range(2):
        results = await phone.send(*records)
        assert [result["state"] for result in results] == ["stored"] * 4
        assert results[0]["location"] == f"/producer/orders/{one.id}"
    parcel = await stands(db, one)
    assert parcel.state is OrderState.DELIVERED
    assert [parcel.confirmed_at, parcel.packed_at, parcel.shipped_at, parcel.delivered_at] == hours
    async with db.transaction() as session:
        assert len((await session.scalars(select(PackedItem))).all()) == 1
        steps = (await session.scalars(select(OrderStep).where(OrderStep.person_id == phone.owner))).all()
    assert len(steps) >= 4 and {step.created_at for step in steps} == {NOW}


async def test_a_step_is_never_before_the_one_it_follows(db, work):
    """A clock that runs behind does not ship a parcel before it was ordered or packed."""
    phone, one = work
    early = (NOW - timedelta(days=3)).isoformat()
    await phone.send(act(phone, one, "confirm"), act(phone, one, "pack", captured_at=early))
    parcel = await stands(db, one)
    assert parcel.packed_at == parcel.confirmed_at == NOW


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OrderState.CANCELLED, "Đơn này đã hủy"),
        (OrderState.AWAITING_PAYMENT, "chưa trả tiền"),
        (OrderState.AWAITING_CONFIRMATION, "chưa xác nhận"),
        (OrderState.SHIPPING, "đã giao cho bên vận chuyển"),
        (OrderState.COMPLETED, "đã nhận hàng"),
        (OrderState.RETURNED, "trả về nhà mình"),
    ],
)
async def test_a_step_that_does_not_fit_is_refused_in_words(db, work, state, words):
    """What happened to the order meanwhile is said; the record stays on the phone and nothing changes."""
    phone, one = work
    async with db.transaction() as session:
        (await session.get_one(Consignment, one.id)).state = state
    [result] = await phone.send(act(phone, one, "pack"))
    assert (result["state"], result["status"]) == ("refused", 409)
    assert words in result["message"]
    assert (await stands(db, one)).packed_at is None


async def test_a_refused_form_names_its_field(work):
    """A parcel sent off without a carrier, or unpacked, is refused with the words beside the field, or above."""
    phone, one = work
    await phone.send(act(phone, one, "confirm"))
    nobody, early = await phone.send(
        act(phone, one, "ship"), act(phone, one, "ship", fields={"carrier": "Nhà xe"})
    )
    assert nobody["state"] == "refused" and "carrier" in nobody["errors"]
    assert early["state"] == "refused" and "chưa đóng gói" in early["message"]


async def test_another_producers_books_stay_closed(db, client, work):
    """A record written for a producer that one does not work for is refused; so is another producer's parcel."""
    phone, one = work
    async with db.transaction() as session:
        stranger = await make_phone(session, client)
    own, foreign = await stranger.send(
        act(stranger, one, "confirm"),
        act(stranger, one, "confirm", context={"producer": str(phone.producer_id)}),
    )
    assert (own["status"], foreign["status"]) == (404, 403)
    assert (await stands(db, one)).state is OrderState.AWAITING_CONFIRMATION


async def test_the_phone_keeps_what_is_to_be_done(client, work):
    """The lists and the parcel itself lie on the phone, with the steps that follow."""
    _phone, one = work
    pages = {page["path"]: page["html"] for page in (await client.get("/offline/bundle")).json()["pages"]}
    assert "/producer/orders" in pages and "/producer/orders?tab=packing" in pages
    html = pages[f"/producer/orders/{one.id}"]
    assert html.count("data-offline data-title") == 3
