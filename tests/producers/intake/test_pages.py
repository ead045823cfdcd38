"""Intake over HTTP: weigh, read, correct, without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.farms.models import Farm
from producers.intake.models import IntakeSlip
from tests.factories.people import log_in, picture_bytes
from tests.factories.producers import NOW, make_farm, make_membership, make_site, make_slip


@pytest.fixture
async def site(db, client):
    """A household's tea plot, of the producer for which `client` weighs."""
    async with db.transaction() as session:
        packer = await make_membership(session, role=Role.PACKER)
        household = await make_membership(session, producer_id=packer.producer_id, role=Role.MEMBER)
        farm = await make_farm(session, producer_id=packer.producer_id, owner_id=household.person_id)
        await log_in(session, client, packer.person_id)
        return await make_site(session, farm_id=farm.id)


def weighed(site, **typed):
    """The form of a slip as the desk fills it in."""
    return {
        "id": str(uuid7()),
        "site_id": str(site.id),
        "weight_g": "12,5 kg",
        "grade": "bud",
        "price_per_kg_minor": "35k",
        "weighed_on": "2026-11-12",
        "place": "Nhà văn hóa",
    } | typed


async def slips(db):
    """What is recorded, in order."""
    async with db.transaction() as session:
        return list(await session.scalars(select(IntakeSlip).order_by(IntakeSlip.received_at, IntakeSlip.id)))


async def test_a_slip_is_weighed_and_read(client, db, site):
    """One form with a photo of the scale, and the slip says weight, price, amount and place."""
    files = [("photo", ("cân.jpg", picture_bytes()))]
    answer = await client.post("/producer/intake/new", data=weighed(site), files=files)
    [slip] = await slips(db)
    assert answer.headers["location"] == f"/producer/intake/{slip.id}?saved=1"
    html = (await client.get(answer.headers["location"])).text
    for words in ("Đã ghi phiếu cân", "12,5", "35.000", "437.500", "Nhà văn hóa", "data:image", "/correct"):
        assert words in html, words
    assert slip.weighed_at == NOW
    day = (await client.get("/producer/intake")).text
    assert "437.500" in day and str(slip.id) in day
    form = (await client.get("/producer/intake/new")).text
    assert 'value="35000"' in form and 'value="Nhà văn hóa"' in form


async def test_a_slip_sent_again_goes_to_the_first(client, db, site):
    """A form that arrives twice pays once."""
    form = weighed(site)
    answers = [await client.post("/producer/intake/new", data=form) for _time in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len(await slips(db)) == 1


async def test_a_slip_with_mistakes_keeps_what_was_typed(client, db, site):
    """Words beside each field; weight, price and photo need not be given again."""
    form = weighed(site, id="x", weight_g="0 kg", price_per_kg_minor="0", grade="", site_id="")
    files = [("photo", ("cân.jpg", picture_bytes()))]
    answer = await client.post("/producer/intake/new", data=form, files=files)
    assert answer.status_code == 422 and await slips(db) == []
    for words in (
        'value="0 kg"',
        "Cân nặng phải lớn hơn 0",
        "Giá một cân phải lớn hơn 0",
        "Chỗ này chưa điền",
        'value="Nhà văn hóa"',
        'name="kept_photo"',
    ):
        assert words in answer.text, words


@pytest.mark.parametrize(
    ("typed", "words"),
    [({"grade": "fish"}, "cá thì chọn cá"), ({"weighed_on": "2026-11-30"}, "Ngày này chưa tới")],
)
async def test_what_cannot_be_is_said_beside_its_field(client, db, site, typed, words):
    """Fish from a tea plot, or leaf of next month, are refused where they were typed."""
    answer = await client.post("/producer/intake/new", data=weighed(site, **typed))
    assert answer.status_code == 422 and words in answer.text and 'value="12,5 kg"' in answer.text
    assert await slips(db) == []


async def test_another_producers_site_and_slips_do_not_exist(client, db, site):
    """Nobody weighs for, reads or corrects what is another producer's."""
    async with db.transaction() as session:
        other = await make_slip(session)
    sent = await client.post("/producer/intake/new", data=weighed(site, site_id=str(other.site_id)))
    assert sent.status_code == 404
    for path in (f"/producer/intake/{other.id}", f"/producer/intake/{other.id}/correct"):
        assert (await client.get(path)).status_code == 404
    answer = await client.post(f"/producer/intake/{other.id}/correct", data=weighed(site))
    assert answer.status_code == 404
    assert len(await slips(db)) == 1


async def test_a_correction_starts_with_what_stands_there(client, db, site):
    """Filled in, sent unchanged but for the weight: it takes the slip's place at the same hour; tonnes too."""
    await client.post("/producer/intake/new", data=weighed(site, weight_g="1,5 tấn"))
    [first] = await slips(db)
    path = f"/producer/intake/{first.id}/correct"
    html = (await client.get(path)).text
    for words in ('value="1500 kg"', 'value="35000"', 'value="2026-11-12"', 'value="Nhà văn hóa"'):
        assert words in html, words
    answer = await client.post(path, data=weighed(site, weight_g="1600 kg", price_per_kg_minor="35000"))
    _first, second = await slips(db)
    assert (second.corrects_id, second.weight_g, second.weighed_at) == (first.id, 1_600_000, first.weighed_at)
    assert answer.headers["location"] == f"/producer/intake/{second.id}?saved=1"
    old = (await client.get(f"/producer/intake/{first.id}")).text
    assert "Phiếu này đã được sửa" in old and f"/producer/intake/{second.id}" in old and path not in old
    late = await client.post(path, data=weighed(site, weight_g="1700 kg"))
    assert late.status_code == 409 and "phiếu mới ghi 1.600" in late.text and 'value="1700 kg"' in late.text
    assert f"/producer/intake/{second.id}" in late.text
    assert f"/producer/intake/{second.id}" in (await client.get(path)).text


async def test_an_earlier_day_counts_from_its_noon(client, db, site):
    """A slip written down later belongs to the day on which it was weighed."""
    await client.post("/producer/intake/new", data=weighed(site, weighed_on="2026-11-10"))
    [slip] = await slips(db)
    assert slip.weighed_at == NOW - timedelta(days=2) + timedelta(hours=3)
    assert str(slip.id) in (await client.get("/producer/intake?on=2026-11-10")).text
    assert str(slip.id) not in (await client.get("/producer/intake?on=gestern")).text


async def test_a_household_sees_its_own_slips_alone(client, new_client, db, site):
    """A member reads the slips of its own farm, not a neighbour's, and weighs nothing."""
    await client.post("/producer/intake/new", data=weighed(site))
    [slip] = await slips(db)
    async with new_client() as own, new_client() as neighbour:
        async with db.transaction() as session:
            farm = await session.get_one(Farm, slip.farm_id)
            other = await make_membership(session, producer_id=slip.producer_id, role=Role.MEMBER)
            await log_in(session, own, farm.owner_id)
            await log_in(session, neighbour, other.person_id)
        path = f"/producer/intake/{slip.id}"
        mine = await own.get(path)
        assert mine.status_code == 200 and "/correct" not in mine.text
        assert (await neighbour.get(path)).status_code == 404
        shown = [str(slip.id) in (await one.get("/producer/intake")).text for one in (own, neighbour)]
        assert shown == [True, False]
        assert (await own.get("/producer/intake/new")).status_code == 403
        assert (await own.post("/producer/intake/new", data=weighed(site))).status_code == 403


async def test_without_a_site_the_way_is_shown(db, client):
    """A cooperative without farms is told to add them first."""
    async with db.transaction() as session:
        packer = await make_membership(session, role=Role.PACKER)
        await log_in(session, client, packer.person_id)
    assert "Chưa có lô vườn hay ao nào" in (await client.get("/producer/intake/new")).text


async def test_the_price_of_the_day_is_proposed(client, db, site, new_client):
    """A manager sets prices by grade; the slip shows them, takes the day's when left empty, and keeps what was typed."""
    async with db.transaction() as session:
        producer_id = (await session.get_one(Farm, site.farm_id)).producer_id
        manager = await make_membership(session, producer_id=producer_id)
        boss = new_client()
        await log_in(session, boss, manager.person_id)
    page = (await client.get("/producer/intake/prices")).text
    assert "Hôm nay chưa đặt giá" in page and "Đặt giá" not in page
    asked = {"grade": "bud", "price_per_kg_minor": "190k", "valid_from": "2026-11-10"}
    assert (await client.post("/producer/intake/prices", data=asked)).status_code == 403
    wrong = await boss.post("/producer/intake/prices", data=asked | {"price_per_kg_minor": "0"})
    assert wrong.status_code == 422 and "phải lớn hơn 0" in wrong.text and "2026-11-10" in wrong.text
    for change in (
        {},
        {"valid_from": "2026-11-12", "price_per_kg_minor": "1k"},
        {"valid_from": "2026-11-12", "price_per_kg_minor": "200k"},
    ):
        saved = await boss.post("/producer/intake/prices", data=asked | change)
        assert saved.headers["location"] == "/producer/intake/prices"
    page = (await boss.get("/producer/intake/prices")).text
    assert "200.000" in page and "190.000" not in page and "Đặt giá" in page
    await boss.aclose()
    form = (await client.get("/producer/intake/new")).text
    assert "giá ngày 12/11: 200.000" in form and "Để trống thì lấy giá của ngày đó" in form
    for typed in ({}, {"weighed_on": "2026-11-11"}, {"price_per_kg_minor": "35k"}):
        made = await client.post("/producer/intake/new", data=weighed(site, price_per_kg_minor="") | typed)
        assert made.status_code == 303
    assert [slip.price_per_kg_minor for slip in await slips(db)] == [200_000, 190_000, 35_000]
    form = (await client.get("/producer/intake/new")).text
    assert 'value="35000"' not in form and 'value="Nhà văn hóa"' in form
    for typed in ({"grade": "one_leaf"}, {"weighed_on": "2026-11-09"}):
        missing = await client.post("/producer/intake/new", data=weighed(site, price_per_kg_minor="") | typed)
        assert missing.status_code == 422 and "chưa có giá của ngày đó" in missing.text
