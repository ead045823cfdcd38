"""Lots: balances, yields, days, codes and holds, line by line of BALANCE.md."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import Event, Handlers
from app.core.ids import uuid7
from producers.diaries.events import EntryRecorded
from producers.diaries.models import DiaryEntry, EntryKind
from producers.farms.models import Crop
from producers.listings.errors import ListingNotFoundError
from tests.factories import producers as grown
from tests.factories import traceability as made
from traceability.lots import errors, jobs, service
from traceability.lots.events import LotChanged, LotHeld, LotReleased
from traceability.lots.models import Lot, LotState, SourceBalance
from traceability.lots.schemas import SourceKind, SourcePart

NOW, TODAY = made.NOW, made.TODAY
YESTERDAY = NOW - timedelta(days=1)


def hear(session: AsyncSession) -> list[Event]:
    """What is announced from now on, in this session."""
    heard: list[Event] = []

    async def remember(_session: AsyncSession, event: Event) -> None:
        heard.append(event)

    handlers = Handlers()
    for kind in (LotReleased, LotHeld, LotChanged):
        handlers.on(kind, remember)
    session.info["handlers"] = handlers
    return heard


def picked(entry: DiaryEntry, grams: int | None = None) -> SourcePart:
    return SourcePart(SourceKind.HARVEST, entry.id, entry.quantity_g if grams is None else grams)


async def create(
    session: AsyncSession,
    shop: made.Workshop,
    parts: list[SourcePart],
    quantity_g: int = 10_000,
    *,
    produced_on: date = TODAY,
    producer_id: UUID | None = None,
) -> Lot:
    return await service.create_lot(
        session,
        producer_id=producer_id or shop.producer.id,
        variant_id=shop.variant.id,
        sources=parts,
        quantity_g=quantity_g,
        produced_on=produced_on,
        person_id=shop.person_id,
        now=NOW,
    )


async def spray(session: AsyncSession, shop: made.Workshop, *, days_ago: int, wait: int = 7) -> DiaryEntry:
    interval = await grown.make_interval(session, days=wait)
    return await made.make_harvest(
        session,
        shop,
        kind=EntryKind.SPRAY,
        input_id=interval.input_id,
        quantity_g=None,
        performed_at=NOW - timedelta(days=days_ago),
        details={},
    )


async def correct(session: AsyncSession, entry: DiaryEntry, **changes: object) -> DiaryEntry:
    values: dict[str, object] = {
        "producer_id": entry.producer_id,
        "site_id": entry.site_id,
        "person_id": entry.person_id,
        "kind": entry.kind,
        "performed_at": entry.performed_at,
        "quantity_g": entry.quantity_g,
        "input_id": entry.input_id,
        "corrects_id": entry.id,
    }
    return await grown.make_entry(session, **values | changes)


async def test_lot_is_released_when_everything_is_clear(session: AsyncSession) -> None:
    """A lot of a clear harvest is released at once, with code, expiry and source, and says so."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    heard = hear(session)
    lot = await create(session, shop, [picked(entry, 45_000)])
    assert (lot.state, lot.code, lot.gtin) == (LotState.RELEASED, "TC261112A", shop.variant.gtin)
    assert (lot.expires_on, lot.released_at) == (TODAY + timedelta(days=365), NOW)
    assert heard == [
        LotReleased(lot_id=lot.id, variant_id=shop.variant.id, quantity_g=10_000, expires_on=lot.expires_on),
        LotChanged(lot_id=lot.id),
    ]
    [source] = await service.list_sources(session, [lot.id])
    assert (source.diary_entry_id, source.quantity_g) == (entry.id, 45_000)
    assert await service.explain_hold(session, lot) is None


async def test_codes_go_on_through_the_alphabet(session: AsyncSession) -> None:
    """The second lot of a day is B, the twenty-fifth AA; never more than 20 characters."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop, quantity_g=10_000_000)
    codes = [(await create(session, shop, [picked(entry, 4_200)], 1_000)).code for _number in range(25)]
    assert codes[1] == "TC261112B"
    assert codes[23:] == ["TC261112Z", "TC261112AA"]
    assert len(set(codes)) == 25


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Hợp tác xã chè La Bằng", "LB"),
        ("HTX Chè", "CP"),
        ("Công ty cá hồi Sa Pa Xanh Lạnh", "HSP"),
        ("Đ & Ü", "DU"),
    ],
)
async def test_initials_leave_out_words_that_all_share(
    session: AsyncSession, name: str, initials: str
) -> None:
    """A lot code begins with a producer's own words."""
    shop = await made.make_workshop(session)
    shop.producer.name = name
    entry = await made.make_harvest(session, shop)
    lot = await create(session, shop, [picked(entry)])
    assert lot.code == f"{initials}261112A"


async def test_sources_never_give_more_than_they_hold(session: AsyncSession) -> None:
    """BALANCE 1: what one lot took, another cannot take; the refusal names the harvest and what is left."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    await create(session, shop, [picked(entry, 45_000)])
    with pytest.raises(errors.SourceExhaustedError, match="Mẻ hái ngày 11/11/2026") as refusal:
        await create(session, shop, [picked(entry, 5_001)], 1_000)
    assert refusal.value.left_g == 5_000
    [left] = await service.list_open_sources(session, shop.producer.id, crop=Crop.TEA)
    assert left.left_g == 5_000
    assert await service.list_open_sources(session, shop.producer.id, crop=Crop.SALMON) == []
    await create(session, shop, [picked(entry, 5_000)], 1_000)
    assert await service.list_open_sources(session, shop.producer.id, crop=None) == []


async def test_leaf_that_was_weighed_in_counts_once(session: AsyncSession) -> None:
    """BALANCE 10: a picking gives what the cooperative did not weigh in from that plot that day; corrections count."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    at = {"site_id": shop.site.id, "producer_id": shop.producer.id, "weighed_at": entry.performed_at}
    first = await grown.make_slip(session, **at, weight_g=30_000)
    await grown.make_slip(session, **at, weight_g=20_000, corrects_id=first.id)
    open_sources = await service.list_open_sources(session, shop.producer.id, crop=Crop.TEA)
    assert sorted((one.kind, one.left_g) for one in open_sources) == [
        (SourceKind.HARVEST, 30_000),
        (SourceKind.INTAKE, 20_000),
    ]
    with pytest.raises(errors.SourceExhaustedError):
        await create(session, shop, [picked(entry, 30_001)], quantity_g=5_000)
    await grown.make_slip(session, **at, weight_g=40_000)
    [left] = [
        one
        for one in await service.list_open_sources(session, shop.producer.id, crop=Crop.TEA)
        if one.left_g == 40_000
    ]
    assert left.kind is SourceKind.INTAKE


async def test_yield_is_refused_above_the_band(session: AsyncSession) -> None:
    """BALANCE 3: 42 kg of leaf make 10 kg of tea and not one gram more; the refusal names every source."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop, quantity_g=42_000)  # of which two kilos were weighed in
    slip = await grown.make_slip(session, site_id=shop.site.id, weight_g=2_000, weighed_at=YESTERDAY)
    parts = [picked(entry, 40_000), SourcePart(SourceKind.INTAKE, slip.id, 2_000)]
    with pytest.raises(
        errors.YieldExceededError, match="Phiếu cân ngày 11/11/2026 của Vườn bà Mận"
    ) as refusal:
        await create(session, shop, parts, 10_001)
    assert refusal.value.most_g == 10_000
    lot = await create(session, shop, parts, 10_000)
    assert {row.intake_slip_id for row in await service.list_sources(session, [lot.id])} == {None, slip.id}


async def test_without_a_band_no_more_comes_out_than_goes_in(session: AsyncSession) -> None:
    """BALANCE 3: before the first band is in force one gram needs one gram."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop, performed_at=NOW.replace(year=2019), quantity_g=1_000)
    with pytest.raises(errors.YieldExceededError):
        await create(session, shop, [picked(entry)], 1_001, produced_on=date(2019, 12, 1))
    assert (
        await create(session, shop, [picked(entry)], 1_000, produced_on=date(2019, 12, 1))
    ).quantity_g == 1_000


async def test_lots_of_fish_follow_their_own_band(session: AsyncSession) -> None:
    """BALANCE 3: a whole fish may be sold whole."""
    shop = await made.make_workshop(session, crop=Crop.SALMON)
    entry = await made.make_harvest(session, shop, kind=EntryKind.HARVEST, quantity_g=20_000)
    with pytest.raises(errors.YieldExceededError, match="Mẻ cá"):
        await create(session, shop, [picked(entry)], 20_001)
    assert (await create(session, shop, [picked(entry)], 20_000)).state is LotState.RELEASED


async def test_wrong_choices_are_refused(session: AsyncSession) -> None:
    """Nothing, nothing of it, twice the same, another's, what was taken back, work that is no harvest."""
    shop = await made.make_workshop(session)
    other = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    foreign = await made.make_harvest(session, other)
    weeding = await made.make_harvest(session, shop, kind=EntryKind.WEED)
    foreign_slip = await grown.make_slip(session, site_id=other.site.id)
    for parts in ([], [picked(entry, 0)]):
        with pytest.raises(errors.NoSourceError):
            await create(session, shop, parts)
    with pytest.raises(errors.SourceRepeatedError):
        await create(session, shop, [picked(entry), picked(entry)])
    gone = SourcePart(SourceKind.HARVEST, uuid7(), 1)
    for part in (picked(foreign), picked(weeding), gone, SourcePart(SourceKind.INTAKE, foreign_slip.id, 1)):
        with pytest.raises(errors.SourceNotFoundError):
            await create(session, shop, [part])
    with pytest.raises(ListingNotFoundError):
        await create(session, shop, [picked(entry)], producer_id=other.producer.id)
    await correct(session, entry, is_void=True)
    with pytest.raises(errors.SourceNotFoundError):
        await create(session, shop, [picked(entry)])


async def test_crop_and_day_must_fit(session: AsyncSession) -> None:
    """Fish never becomes tea; goods are not made tomorrow, nor before their harvest."""
    shop = await made.make_workshop(session)
    raceway = await grown.make_site(session, farm_id=shop.farm.id, crop=Crop.STURGEON)
    fish = await made.make_harvest(session, shop, kind=EntryKind.HARVEST, site_id=raceway.id)
    entry = await made.make_harvest(session, shop)
    with pytest.raises(errors.WrongCropError):
        await create(session, shop, [picked(fish)])
    for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=2)):
        with pytest.raises(errors.DayError):
            await create(session, shop, [picked(entry)], produced_on=day)


async def test_balance_follows_a_correction(session: AsyncSession) -> None:
    """BALANCE 2: a corrected harvest keeps what was already taken, and its weight is the new one."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop, quantity_g=50_000)
    await create(session, shop, [picked(entry, 40_000)], 8_000)
    less = await correct(session, entry, quantity_g=45_000)
    with pytest.raises(errors.SourceExhaustedError) as refusal:
        await create(session, shop, [picked(less, 5_001)], 1_000)
    assert refusal.value.left_g == 5_000
    much_less = await correct(session, less, quantity_g=30_000)
    with pytest.raises(errors.SourceExhaustedError) as refusal:
        await create(session, shop, [picked(much_less, 4_200)], 1_000)
    assert refusal.value.left_g == 0
    [balance] = (await session.scalars(select(SourceBalance))).all()
    assert (balance.source_id, balance.used_g) == (entry.id, 40_000)


async def test_slip_correction_keeps_the_balance(session: AsyncSession) -> None:
    """BALANCE 2: a corrected weigh slip takes its earlier one's place in the balance."""
    shop = await made.make_workshop(session)
    slip = await grown.make_slip(session, site_id=shop.site.id, weight_g=10_000, weighed_at=YESTERDAY)
    await create(session, shop, [SourcePart(SourceKind.INTAKE, slip.id, 4_200)], 1_000)
    better = await grown.make_slip(
        session, site_id=shop.site.id, weight_g=9_000, weighed_at=YESTERDAY, corrects_id=slip.id
    )
    [left] = await service.list_open_sources(session, shop.producer.id, crop=None)
    assert (left.source_id, left.root_id, left.left_g) == (better.id, slip.id, 4_800)


async def test_harvest_inside_an_interval_is_held_for_good(session: AsyncSession) -> None:
    """BALANCE 5: the lot names the spray and the first clear day, and waiting does not free it."""
    shop = await made.make_workshop(session)
    await spray(session, shop, days_ago=30)
    early = await spray(session, shop, days_ago=3)
    entry = await made.make_harvest(session, shop)
    heard = hear(session)
    lot = await create(session, shop, [picked(entry)])
    assert (lot.state, lot.held_by_entry_id) == (LotState.HELD, early.id)
    assert lot.held_until is not None
    assert lot.held_until > YESTERDAY.date()
    assert heard == [LotHeld(lot_id=lot.id, clear_on=lot.held_until), LotChanged(lot_id=lot.id)]
    said = str(await service.explain_hold(session, lot))
    assert "Abamectin 1.8EC" in said
    assert f"{lot.held_until:%d/%m/%Y}" in said
    await jobs.release_due(session, now=NOW + timedelta(days=400))
    assert (await service.get_lot(session, lot.id)).state is LotState.HELD


async def test_corrected_diary_frees_the_lot(session: AsyncSession) -> None:
    """BALANCE 6: when the spray proves a slip of the pen, the job releases the lot and says so once."""
    shop = await made.make_workshop(session)
    spraying = await spray(session, shop, days_ago=3)
    lot = await create(session, shop, [picked(await made.make_harvest(session, shop))])
    await correct(session, spraying, is_void=True, quantity_g=None)
    assert "bấm xem lại" in str(await service.explain_hold(session, lot))
    heard = hear(session)
    await jobs.release_due(session, now=NOW)
    await service.recheck_lot(session, lot_id=lot.id, now=NOW)
    assert (await service.get_lot(session, lot.id)).state is LotState.RELEASED
    assert [type(event) for event in heard] == [LotReleased, LotChanged]


async def test_late_entry_takes_a_lot_off_the_shelf(session: AsyncSession) -> None:
    """BALANCE 7: a spray that arrives from the hills after the release holds the lot."""
    shop = await made.make_workshop(session)
    slip = await grown.make_slip(session, site_id=shop.site.id, weighed_at=YESTERDAY)
    lots = [
        await create(session, shop, [picked(await made.make_harvest(session, shop), 40_000)], 8_000),
        await create(session, shop, [SourcePart(SourceKind.INTAKE, slip.id, 10_000)], 2_000),
    ]
    late = await spray(session, shop, days_ago=2)
    weeding = await made.make_harvest(session, shop, kind=EntryKind.WEED, quantity_g=None)
    heard = hear(session)
    for entry in (weeding, late):
        event = EntryRecorded(entry_id=entry.id, site_id=shop.site.id, corrects_id=None, recorded_at=NOW)
        await service.on_entry_recorded(session, event)
        states = {(await service.get_lot(session, lot.id)).state for lot in lots}
        assert states == {LotState.HELD if entry is late else LotState.RELEASED}
    assert sum(isinstance(event, LotHeld) for event in heard) == 2


async def test_lot_whose_harvest_was_taken_back_is_held(session: AsyncSession) -> None:
    """BALANCE 7: no harvest behind it, no sale; a corrected harvest still counts."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    lot = await create(session, shop, [picked(entry)])
    again = await correct(session, entry, quantity_g=49_000)
    assert (await service.recheck_lot(session, lot_id=lot.id, now=NOW)).state is LotState.RELEASED
    [(_row, source)] = await service.list_standing_sources(session, lot)
    assert source is not None
    assert source.source_id == again.id
    heard = hear(session)
    await correct(session, again, is_void=True)
    lot = await service.recheck_lot(session, lot_id=lot.id, now=NOW)
    assert (lot.state, lot.held_until) == (LotState.HELD, None)
    assert heard[0] == LotHeld(lot_id=lot.id, clear_on=TODAY)
    assert "rút khỏi sổ" in str(await service.explain_hold(session, lot))


async def test_hold_is_explained_by_the_source_that_causes_it(session: AsyncSession) -> None:
    """BALANCE 5: of several sources the one that clears last is named, whatever became of the others."""
    shop = await made.make_workshop(session)
    far = await grown.make_site(session, farm_id=shop.farm.id, name="Đồi xa")
    clear = await made.make_harvest(session, shop, site_id=far.id)
    entry = await made.make_harvest(session, shop)
    await spray(session, shop, days_ago=2, wait=3)
    worst = await spray(session, shop, days_ago=3, wait=20)
    lot = await create(session, shop, [picked(clear), picked(entry)])
    assert lot.held_by_entry_id == worst.id
    await correct(session, clear, is_void=True)
    assert "Abamectin" in str(await service.explain_hold(session, lot))


async def test_ends_are_ends(session: AsyncSession) -> None:
    """A recalled lot is never looked at again; a lot that is not there is not found."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop, state=LotState.RECALLED)
    with pytest.raises(errors.TransitionError):
        await service.recheck_lot(session, lot_id=lot.id, now=NOW)
    for missing in (service.recheck_lot(session, lot_id=uuid7(), now=NOW), service.get_lot(session, uuid7())):
        with pytest.raises(errors.LotNotFoundError):
            await missing


async def test_lots_are_found_by_whom_they_belong_to(session: AsyncSession) -> None:
    """A producer lists and gets its own lots; another's does not exist for it."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    held = await made.make_lot(session, shop, state=LotState.HELD)
    stranger = await made.make_workshop(session)
    assert await service.get_own_lot(session, lot_id=lot.id, producer_id=shop.producer.id) is lot
    with pytest.raises(errors.LotNotFoundError):
        await service.get_own_lot(session, lot_id=lot.id, producer_id=stranger.producer.id)
    assert [found.id for found in await service.list_lots(session, shop.producer.id)] == [held.id, lot.id]
    assert await service.get_lots(session, [lot.id, uuid7()]) == {lot.id: lot}
    assert await service.find_lot(session, gtin=lot.gtin, code=lot.code) is lot
    assert await service.find_lot(session, gtin=lot.gtin, code="NONE") is None
    assert await service.list_released(session, lot.gtin) == [lot]


async def test_a_box_of_several_packs_has_no_lot(session: AsyncSession) -> None:
    """What lies in a box has lots; the box itself is refused, beside the choice of the pack."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    shop.variant.is_bundle = True
    await session.flush()
    with pytest.raises(errors.BundleLotError) as refusal:
        await create(session, shop, [picked(entry)])
    assert set(refusal.value.fields) == {"variant_id"}
