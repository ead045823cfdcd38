"""Lots that are made where there is no signal."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.core.ids import uuid7
from tests.factories.outbox import make_phone
from tests.factories.traceability import TODAY, make_harvest, make_workshop
from traceability.lots import repository, service
from traceability.lots.errors import LotNotFoundError
from traceability.lots.models import Lot, SourceBalance
from traceability.lots.schemas import SourceKind, SourcePart


@pytest.fixture
async def shop(db, client):
    """A manager's phone, a workshop and its harvest of fifty kilos: (phone, workshop, harvest)."""
    async with db.transaction() as session:
        workshop = await make_workshop(session)
        harvest = await make_harvest(session, workshop)
        phone = await make_phone(session, client, producer_id=workshop.producer.id)
    return phone, workshop, harvest


def write(phone, workshop, harvest, **changes):
    """A new lot of four kilos out of twenty, as the phone keeps it."""
    fields = {
        "variant_id": str(workshop.variant.id),
        "source": f"harvest:{harvest.id}",
        f"take-{harvest.id}": "20 kg",
        "quantity_g": "4 kg",
        "produced_on": TODAY.isoformat(),
    } | changes.pop("fields", {})
    return phone.write("/producer/lots", fields=fields, **changes)


async def taken(db):
    """(lots, grams taken from harvests)."""
    async with db.transaction() as session:
        return (
            await session.scalar(select(func.count()).select_from(Lot)),
            await session.scalar(select(func.coalesce(func.sum(SourceBalance.used_g), 0))),
        )


async def test_a_lot_is_made_once(db, client, shop):
    """By the outbox twice and by the ordinary form once more: one lot under the record's id."""
    phone, workshop, harvest = shop
    record = write(phone, workshop, harvest)
    for _again in range(2):
        [result] = await phone.send(record)
        assert (result["state"], result["location"]) == ("stored", f"/producer/lots/{record['id']}")
    answer = await client.post("/producer/lots", data=dict(record["fields"]))
    assert answer.headers["location"] == f"/producer/lots/{record['id']}"
    assert await taken(db) == (1, 20_000)


async def test_the_same_id_at_the_same_instant_makes_one_lot(db, shop):
    """Two that bring one new id wait for each other: one lot, its harvest taken from once."""
    _phone, workshop, harvest = shop
    lot_id = uuid7()

    async def make():
        async with db.transaction() as session:
            lot = await service.create_lot(
                session,
                lot_id=lot_id,
                producer_id=workshop.producer.id,
                variant_id=workshop.variant.id,
                sources=[SourcePart(SourceKind.HARVEST, harvest.id, 20_000)],
                quantity_g=4_000,
                produced_on=TODAY,
                person_id=workshop.person_id,
                now=harvest.received_at,
            )
            return lot.id

    assert await asyncio.gather(make(), make(), make()) == [lot_id] * 3
    assert await taken(db) == (1, 20_000)


async def test_a_strangers_id_opens_nothing(db, shop):
    """The id of another producer's lot answers no lot."""
    phone, workshop, harvest = shop
    record = write(phone, workshop, harvest)
    await phone.send(record)
    async with db.transaction() as session:
        other = await make_workshop(session)
        with pytest.raises(LotNotFoundError):
            await service.create_lot(
                session,
                lot_id=record["id"],
                producer_id=other.producer.id,
                variant_id=other.variant.id,
                sources=[],
                quantity_g=1,
                produced_on=TODAY,
                person_id=other.person_id,
                now=harvest.received_at,
            )


async def test_what_cannot_be_is_told_and_takes_nothing(db, client, shop):
    """Too much out of too little is refused beside its field; a wrong producer is refused whole."""
    phone, workshop, harvest = shop
    much, foreign = await phone.send(
        write(phone, workshop, harvest, fields={"quantity_g": "40 kg"}),
        write(phone, workshop, harvest, context={"producer": str(uuid7())}),
    )
    assert much["state"] == "refused" and "Cân lại" in much["errors"]["quantity_g"]
    assert foreign["status"] == 403
    assert await taken(db) == (0, 0)


async def test_a_clock_thousands_of_years_off_moves_no_day(db, shop):
    """The lot stands on the day that was typed: the phone's year 9000 neither moves it nor keeps it waiting."""
    phone, workshop, harvest = shop
    [result] = await phone.send(write(phone, workshop, harvest), sent_at="9000-01-01T00:00:00Z")
    assert result["state"] == "stored", result
    async with db.transaction() as session:
        assert (await session.scalars(select(Lot.produced_on))).one() == TODAY


async def test_the_phone_keeps_the_form(client, shop):
    """The form with its harvests lies on the phone without an id of its own, and the lots that were made."""
    phone, workshop, harvest = shop
    record = write(phone, workshop, harvest)
    await phone.send(record)
    pages = {page["path"]: page["html"] for page in (await client.get("/offline/bundle")).json()["pages"]}
    assert 'name="id" value=""' in pages["/producer/lots/new"]
    assert f"/producer/lots/{record['id']}" in pages


async def test_without_the_lock_two_would_collide(db, shop, monkeypatch):
    """The control: with nobody waiting, one id at one instant is refused by the table, or drawn from twice."""

    async def let_pass(*_args):
        pass

    monkeypatch.setattr(repository, "lock_id", let_pass)
    _phone, workshop, harvest = shop
    lot_id = uuid7()

    async def make():
        async with db.transaction() as session:
            await service.create_lot(
                session,
                lot_id=lot_id,
                producer_id=workshop.producer.id,
                variant_id=workshop.variant.id,
                sources=[SourcePart(SourceKind.HARVEST, harvest.id, 20_000)],
                quantity_g=4_000,
                produced_on=TODAY,
                person_id=workshop.person_id,
                now=harvest.received_at,
            )

    made = await asyncio.gather(make(), make(), return_exceptions=True)
    assert [type(one) for one in made if one is not None] == [IntegrityError]
