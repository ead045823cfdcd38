"""The rules of the record and of inspectors, without the web."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import keys
from app.accounts.models import ApiKey, KeyKind
from app.core.clock import today
from app.core.ids import uuid7
from app.web.house import House
from producers.diaries.models import EntryKind
from producers.farms.models import Crop
from producers.listings.models import ListingPhoto
from tests.factories import people
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.queries import count_queries
from traceability.authority import service
from traceability.authority.checks import Check, Rule, Status
from traceability.authority.errors import NoInspectorError, NoLotError, WrongKeyError
from traceability.authority.models import InspectorLook, InspectorSession, Way
from traceability.authority.ports import Left
from traceability.authority.service import Audit
from traceability.lots.models import LotSource, LotState
from traceability.lots.moving import Hand, split_lot

NOW = made.NOW


class Shop:
    """A shop that sent what it is told."""

    def __init__(self, *left: Left) -> None:
        self.left = left

    async def list_left(self, _session: AsyncSession, lot_ids: Collection[UUID]) -> list[Left]:
        """What it was told, of these lots."""
        return [one for one in self.left if one.lot_id in lot_ids]


def item(audit: Audit, rule: Rule, number: int) -> Check:
    [found] = [one for one in audit.checks if (one.rule, one.number) == (rule, number)]
    return found


async def make_inspector(session: AsyncSession) -> ApiKey:
    key = await keys.create_key(session, kind=KeyKind.INSPECTOR, name="Chi cục", now=NOW)
    return await service.identify(session, key, now=NOW)


async def test_a_household_s_slip_is_one_step_back(session: AsyncSession) -> None:
    """A weigh slip names the household, its hamlet, the day, the weight that went in, and its code."""
    shop = await made.make_workshop(session)
    slip = await grown.make_slip(session, site_id=shop.site.id, weight_g=50_000)
    lot = await made.make_lot(session, shop)
    await session.execute(
        update(LotSource)
        .where(LotSource.lot_id == lot.id)
        .values(diary_entry_id=None, intake_slip_id=slip.id)
    )
    record = (await service.audit_lot(session, Shop(), lot)).record
    [came] = record.incoming
    assert (came.supplier, came.grams, str(came.by)) == (shop.farm.name, 45_000, "cân nhập theo phiếu")
    assert came.place.startswith(shop.farm.hamlet) and came.code == f"urn:uuid:{slip.id}"
    [weighed] = record.growing
    assert str(weighed.words) == "Cân nhập từ hộ" and weighed.grams_out == 50_000


async def test_a_part_of_a_lot_names_the_lot(session: AsyncSession) -> None:
    """A lot that was split off came from its own lot, which tells where it went; the work behind both is the same."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    lot = await made.make_lot(session, shop, entry_id=entry.id)
    hand = Hand(producer_id=shop.producer.id, person_id=shop.person_id, now=NOW)
    [part] = await split_lot(session, lot_id=lot.id, parts=[4_000], hand=hand)
    found = await service.audit_producer(session, Shop(), shop.producer)
    records = {audit.record.facts.lot.id: audit.record for audit in found}
    whole, less = records[lot.id], records[part.id]
    [came] = less.incoming
    assert (came.grams, came.code, came.day) == (4_000, f"(01){lot.gtin} (10){lot.code}", today(NOW))
    assert "lô khác" in str(came.by) and lot.code in str(came.material)
    assert [(one.grams, one.code) for one in whole.moved] == [(4_000, f"(01){part.gtin} (10){part.code}")]
    assert [str(one.words) for one in less.growing] == [str(one.words) for one in whole.growing]
    assert less.finishing[0].grams_in == 4_000 and not less.moved


async def test_stages_follow_the_work(session: AsyncSession) -> None:
    """Care is summed up by kind up to the harvest, making stands step by step after it, neither from another day."""
    shop = await made.make_workshop(session)
    shop.site.planting_area_code = "VN-TNOR-0001"
    for days in (40, 30):
        await made.make_harvest(
            session, shop, kind=EntryKind.WEED, quantity_g=None, performed_at=NOW - timedelta(days=days)
        )
    await made.make_harvest(
        session, shop, kind=EntryKind.DRY, quantity_g=9_000, performed_at=NOW - timedelta(days=20)
    )
    entry = await made.make_harvest(session, shop)
    await made.make_harvest(session, shop, kind=EntryKind.NOTE, quantity_g=None)
    for kind in (EntryKind.FIX, EntryKind.DRY):
        await made.make_harvest(session, shop, kind=kind, quantity_g=10_000, performed_at=NOW)
    await made.make_harvest(
        session, shop, kind=EntryKind.DRY, quantity_g=9_000, performed_at=NOW + timedelta(days=2)
    )
    lot = await made.make_lot(session, shop, entry_id=entry.id, labelled_g=300)
    audit = await service.audit_lot(session, Shop(), lot)
    record = audit.record
    assert [(str(one.words), one.times) for one in record.growing] == [("Làm cỏ", 2), ("Thu hoạch", 1)]
    assert record.growing[0].begun_on < record.growing[0].ended_on
    assert {one.place_code for one in record.growing + record.making} == {"VN-TNOR-0001"}
    assert [one.grams_out for one in record.making] == [10_000, 10_000]
    assert [(one.grams_in, one.grams_out) for one in record.finishing] == [(45_000, 10_000), (10_000, 10_000)]
    assert item(audit, Rule.CIRCULAR_17, 2).status is Status.THERE
    assert str(item(audit, Rule.CIRCULAR_02, 8).value) == "3 nhãn có số sê-ri riêng"


async def test_what_is_asked_if_there_is_any_never_lacks(session: AsyncSession) -> None:
    """An empty lot lacks what must be there, each with a form that mends it, and nothing else."""
    shop = await made.make_workshop(session)
    shop.producer.address_line = ""
    lot = await made.make_lot(session, shop, released_at=None, state=LotState.HELD)
    audit = await service.audit_lot(session, Shop(), lot)
    missing = {(one.rule, one.number) for one in audit.lacking}
    assert missing == {
        (Rule.CIRCULAR_02, 2),
        (Rule.CIRCULAR_02, 4),
        (Rule.CIRCULAR_02, 10),
        (Rule.DECREE_37, 2),
        (Rule.CIRCULAR_17, 2),
    } | ({(Rule.DECREE_37, 1)} if shop.producer.gs1_prefix.startswith("952") else set())
    assert all(one.mending for one in audit.lacking)
    assert item(audit, Rule.DECREE_37, 5).status is Status.NONE
    assert "bị giữ lại" in str(item(audit, Rule.DECREE_37, 7).value)
    assert len(audit.record.finishing) == 1


async def test_what_is_mended_is_there(session: AsyncSession) -> None:
    """A real GS1 number, an address, a picture and a paper fill their items; a recalled lot warns."""
    shop = await made.make_workshop(session)
    shop.producer.gs1_prefix, shop.producer.address_line = "8931234", "Xóm Gò Pháo"
    photo = await people.make_photo(session, is_public=True)
    session.add(ListingPhoto(listing_id=shop.listing.id, photo_id=photo.id, position=0, created_at=NOW))
    await grown.make_certificate(session, producer_id=shop.producer.id)
    lot = await made.make_lot(session, shop, state=LotState.RECALLED)
    audit = await service.audit_lot(session, Shop(), lot)
    assert [(one.rule, one.number) for one in audit.lacking] == [(Rule.CIRCULAR_17, 2)]
    assert "8931234" in str(item(audit, Rule.DECREE_37, 2).value)
    assert "thu hồi" in str(item(audit, Rule.DECREE_37, 7).value)


async def test_fish_is_fresh_until_its_book_tells_of_processing(session: AsyncSession) -> None:
    """Fresh fish keeps its papers by expiry, needs no workshop's steps; processed fish keeps them for two years."""
    shop = await made.make_workshop(session, crop=Crop.SALMON, hamlet="Bản Khoang")
    entry = await made.make_harvest(session, shop, kind=EntryKind.HARVEST)
    lot = await made.make_lot(session, shop, entry_id=entry.id, expires_on=made.TODAY + timedelta(days=7))
    audit = await service.audit_lot(session, Shop(), lot)
    assert audit.record.retention.until == date(2027, 11, 19)
    assert item(audit, Rule.CIRCULAR_17, 2).status is Status.THERE
    await made.make_harvest(session, shop, kind=EntryKind.PROCESS, quantity_g=9_000, performed_at=NOW)
    audit = await service.audit_lot(session, Shop(), lot)
    assert audit.record.retention.until == date(2028, 11, 12)


async def test_a_source_that_was_taken_back_lacks(session: AsyncSession) -> None:
    """Without a standing source the record says what was lost, and three items lack."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    lot = await made.make_lot(session, shop, entry_id=entry.id)
    await made.make_harvest(session, shop, corrects_id=entry.id, is_void=True, quantity_g=None)
    audit = await service.audit_lot(session, Shop(), lot)
    assert audit.record.lost == 1 and audit.record.incoming == []
    for rule, number in ((Rule.CIRCULAR_02, 5), (Rule.DECREE_37, 4), (Rule.CIRCULAR_17, 1)):
        assert item(audit, rule, number).status is Status.LACKING
    assert item(audit, Rule.DECREE_37, 3).status is Status.THERE


async def test_orders_are_counted_by_day_and_unit(session: AsyncSession) -> None:
    """Two parcels of one order on a day are one order; weight stands apart from pieces."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    order = uuid7()
    sold = Shop(
        Left(lot.id, uuid7(), order, NOW, 2, is_weight=False),
        Left(lot.id, uuid7(), order, NOW, 3, is_weight=False),
        Left(lot.id, uuid7(), uuid7(), NOW, 500, is_weight=True),
        Left(lot.id, uuid7(), uuid7(), NOW + timedelta(days=1), 1, is_weight=False),
    )
    audit = await service.audit_lot(session, sold, lot)
    assert [(one.orders, one.quantity, one.is_weight) for one in audit.record.outgoing] == [
        (1, 5, False),
        (1, 500, True),
        (1, 1, False),
    ]
    assert "gửi bán từ 12/11/2026" in str(item(audit, Rule.CIRCULAR_02, 6).value)


async def test_many_lots_cost_no_more_queries(session: AsyncSession, house: House) -> None:
    """The audit of a producer asks the database as often for twelve lots as for two."""
    shop = await made.make_workshop(session)
    counts = []
    for more in (2, 10):
        for _again in range(more):
            await made.make_lot(session, shop)
        statements = count_queries(house.database.engine)
        found = await service.audit_producer(session, Shop(), shop.producer)
        counts.append(len(statements))
    assert len(found) == 12 and counts[0] == counts[1]


async def test_a_practice_lot_is_no_inspector_s(session: AsyncSession) -> None:
    """A practice farm's lot is neither found nor shown, and a code of nothing finds nothing."""
    inspector = await make_inspector(session)
    shop = await made.make_workshop(session)
    practice = await grown.make_producer(session, is_practice=True)
    lot = await made.make_lot(session, shop, producer_id=practice.id)
    assert await service.search(session, lot.code) == []
    assert await service.search(session, f"{lot.gtin} NOPE") == []
    for code in (lot.code, "NOPE"):
        with pytest.raises(NoLotError):
            await service.look_at_lot(
                session, Shop(), inspector=inspector, gtin=lot.gtin, code=code, way=Way.PAGE, now=NOW
            )
    assert await service.list_looks(session, lot.id) == []


async def test_a_look_stays(session: AsyncSession) -> None:
    """Every look is kept with who and how, the newest first, and the database refuses to change one."""
    inspector = await make_inspector(session)
    lot = await made.make_lot(session, await made.make_workshop(session))
    for minutes, way in enumerate(Way):
        await service.look_at_lot(
            session,
            Shop(),
            inspector=inspector,
            gtin=lot.gtin,
            code=lot.code,
            way=way,
            now=NOW + timedelta(minutes=minutes),
        )
    assert [(one.who, one.way) for one in await service.list_looks(session, lot.id)] == [
        ("Chi cục", way) for way in reversed(Way)
    ]
    assert await service.count_looks(session, [lot.id, uuid7()]) == {lot.id: 3}
    with pytest.raises(DBAPIError, match="insert-only"):
        await session.execute(update(InspectorLook).values(way=Way.PAGE))


async def test_a_session_ends_with_its_key(session: AsyncSession) -> None:
    """An ended key ends its sessions at once; a session is over after its hours, and is swept by the next log-in."""
    key = await keys.create_key(session, kind=KeyKind.INSPECTOR, name="Chi cục", now=NOW)
    token = await service.log_in(session, typed=key, now=NOW)
    assert await service.find_inspector(session, token="other", now=NOW) is None
    found = await service.find_inspector(session, token=token, now=NOW)
    assert found is not None and found.name == "Chi cục"
    late = NOW + service.SESSION_LIFE
    assert await service.find_inspector(session, token=token, now=late) is None
    second = await service.log_in(session, typed=key, now=late)
    assert len((await session.scalars(select(InspectorSession))).all()) == 1
    assert await keys.end_key(session, found.id, now=late) and not await keys.end_key(
        session, found.id, now=late
    )
    assert await service.find_inspector(session, token=second, now=late) is None
    with pytest.raises(WrongKeyError):
        await service.log_in(session, typed=key, now=late)
    with pytest.raises(NoInspectorError):
        await service.identify(session, "cp_inspector_x", now=NOW)
    await service.log_out(session, token=second)
    assert (await session.scalars(select(InspectorSession))).all() == []
    assert [one.id for one in await keys.list_keys(session)] == [found.id]
