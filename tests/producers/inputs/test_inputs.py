"""Inputs: what a producer may use, and the wait that each label asks."""

from __future__ import annotations

import pytest

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.farms.models import Crop
from producers.inputs import service as inputs
from producers.inputs.errors import InputNotFoundError
from producers.inputs.models import InputKind
from producers.inputs.schemas import NewInput
from tests.factories.people import log_in, picture_bytes
from tests.factories.producers import NOW, make_input, make_interval, make_membership, make_producer

FORM = {
    "kind": "pesticide",
    "name": "Abamectin 1.8EC",
    "active_ingredient": "Abamectin",
    "registration": "123/CNĐKT-BVTV",
    "crop": "tea",
    "days": "7",
}


@pytest.fixture
async def member(db, client):
    """The member household as which `client` is logged in."""
    async with db.transaction() as session:
        membership = await make_membership(session, role=Role.MEMBER)
        await log_in(session, client, membership.person_id)
        return membership


async def listed(db, member):
    """What the producer may use."""
    async with db.transaction() as session:
        return await inputs.list_inputs(session, producer_id=member.producer_id)


async def test_a_producer_uses_its_own_products_and_the_houses(session):
    """Another producer's are neither listed nor found; by name as in the dictionary, of the kinds asked for."""
    own, other = await make_producer(session), await make_producer(session)
    feed = await make_input(session, producer_id=own.id, name="Ấm cám", kind=InputKind.FEED)
    house = await make_input(session, name="Boóc-đô")
    foreign = await make_input(session, producer_id=other.id)
    found = await inputs.list_inputs(session, producer_id=own.id)
    assert [one.id for one in found] == [feed.id, house.id]
    feeds = await inputs.list_inputs(session, producer_id=own.id, kinds=(InputKind.FEED,))
    assert [one.id for one in feeds] == [feed.id]
    assert (await inputs.get_input(session, input_id=house.id, producer_id=own.id)).id == house.id
    for input_id in (foreign.id, uuid7()):
        with pytest.raises(InputNotFoundError):
            await inputs.get_input(session, input_id=input_id, producer_id=own.id)
    assert set(await inputs.get_inputs(session, [feed.id, foreign.id, uuid7()])) == {feed.id, foreign.id}


async def test_a_wait_is_kept_for_one_crop(session):
    """By days or degree-days, each crop its own; a product without one asks for nothing."""
    producer = await make_producer(session)

    async def keep(**typed):
        return await inputs.create_input(
            session, producer_id=producer.id, product=NewInput.model_validate(FORM | typed), now=NOW
        )

    tea = await keep()
    drug = await keep(kind="drug", crop="salmon", days=None, degree_days="500")
    manure = await keep(kind="fertiliser", crop=None, days=None)
    unsaid = await keep(kind="feed", days=None)
    await make_interval(session, input_id=drug.id, crop=Crop.STURGEON, days=30)
    ids = [tea.id, drug.id, manure.id, unsaid.id]
    waits = await inputs.list_intervals(session, ids)
    assert {
        key: [(one.crop, one.days, one.degree_days) for one in found] for key, found in waits.items()
    } == {
        tea.id: [(Crop.TEA, 7, None)],
        drug.id: [(Crop.SALMON, None, 500), (Crop.STURGEON, 30, None)],
    }
    found = await inputs.find_intervals(session, input_ids=ids, crop=Crop.STURGEON)
    assert {key: one.days for key, one in found.items()} == {drug.id: 30}


async def test_a_product_is_kept_and_shown_with_its_wait(client, db, member):
    """A household adds what it uses, with the label's photo; the list says how long to wait."""
    files = [("photo", ("nhãn.jpg", picture_bytes()))]
    answer = await client.post("/producer/inputs/new", data=FORM, files=files)
    assert answer.headers["location"] == "/producer/inputs"
    [product] = await listed(db, member)
    assert product.producer_id == member.producer_id and product.photo_id is not None
    drug = FORM | {"kind": "drug", "crop": "salmon", "days": "", "degree_days": "500"}
    assert (await client.post("/producer/inputs/new", data=drug)).status_code == 303
    html = (await client.get("/producer/inputs")).text
    for words in ("Abamectin 1.8EC", "Chè: cách ly 7 ngày", "Cá hồi: ngừng thuốc 500 độ-ngày"):
        assert words in html, words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "Chỗ này chưa điền"),
        ({"days": ""}, "Thuốc phải có thời gian cách ly"),
        ({"crop": ""}, "cho chè hay cho cá nào"),
        ({"degree_days": "500"}, "không ghi cả hai"),
        ({"days": "bảy"}, "Bạn điền một số nguyên"),
        ({"kind": "rượu"}, "Bạn chọn một trong các ô có sẵn"),
    ],
)
async def test_a_product_with_a_mistake_keeps_what_was_typed(client, db, member, typed, words):
    """What is wrong is said, what was typed stays, the photo too, and nothing is kept."""
    files = [("photo", ("nhãn.jpg", picture_bytes()))]
    answer = await client.post("/producer/inputs/new", data=FORM | typed, files=files)
    assert answer.status_code == 422
    for kept in (words, 'value="123/CNĐKT-BVTV"', 'name="kept_photo"'):
        assert kept in answer.text, kept
    assert await listed(db, member) == []
