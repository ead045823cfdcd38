"""The diary's rules: recorded once, corrected once, said plainly, and the waits that follow."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.events import Handlers
from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.diaries import service as diaries
from producers.diaries.errors import (
    AlreadyCorrectedError,
    EntryNotFoundError,
    InFutureError,
    KindNotOfferedError,
    NotTheWriterError,
    TakenBackError,
    TooManyPhotosError,
    WrongInputError,
)
from producers.diaries.events import EntryRecorded
from producers.diaries.latest import DiaryWork
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.schemas import WORKS, NewEntry, Pick, Spray
from producers.farms.errors import SiteNotFoundError
from producers.farms.models import Crop
from producers.inputs.models import InputKind
from tests.factories.producers import (
    NOW,
    make_entry,
    make_input,
    make_membership,
    make_person,
    make_photo,
    make_site,
)
from tests.factories.works import SAID, SAMPLES

LEAF = Pick(quantity_g=12_000, standard="one_leaf")


@pytest.fixture
async def site(session):
    """A tea plot."""
    return await make_site(session)


@pytest.fixture
async def writer(session):
    """Who writes."""
    return await make_person(session)


def new_entry(site, **given_fields):
    """Twelve kilos of leaf, now, on this site."""
    return NewEntry(**{"id": uuid7(), "site_id": site.id, "work": LEAF, "performed_at": NOW} | given_fields)


async def record(session, entry, person, now=NOW):
    """Record by this person."""
    return await diaries.record_entry(session, entry=entry, person_id=person.id, now=now)


async def void(session, entry, person, **given_fields):
    """Take back by this person."""
    fields = {"id": uuid7(), "entry_id": entry.id, "producer_id": entry.producer_id} | given_fields
    return await diaries.void_entry(session, **fields, person_id=person.id, now=NOW)


def spray_with(product):
    """A spray with this product."""
    return Spray(
        input_id=product.id,
        dose_tenths=15,
        dose_unit="ml_per_litre",
        water_l=40,
        pest="rầy xanh",
        area_m2=2000,
    )


async def test_work_is_kept_as_it_was_written(session, site, writer):
    """Who, where, when, how much, on which device: all is kept, and the house is told."""
    heard = []
    ears = Handlers()

    async def listen(_session, event):
        heard.append(event)

    ears.on(EntryRecorded, listen)
    session.info["handlers"] = ears
    photo = await make_photo(session)
    device = uuid7()
    entry = await record(
        session,
        new_entry(
            site,
            note="sương nhiều",
            photo_ids=(photo.id,),
            device_id=device,
            sequence=4,
            recorded_at=NOW - timedelta(hours=2),
        ),
        writer,
    )
    assert (entry.person_id, entry.site_id, entry.kind, entry.quantity_g) == (
        writer.id,
        site.id,
        EntryKind.PICK,
        12_000,
    )
    assert (entry.details, entry.note, entry.device_id, entry.sequence) == (
        {"standard": "one_leaf"},
        "sương nhiều",
        device,
        4,
    )
    assert (entry.recorded_at, entry.received_at) == (NOW - timedelta(hours=2), NOW)
    assert await diaries.list_photos(session, [entry.id]) == {entry.id: [photo.id]}
    assert heard == [EntryRecorded(entry_id=entry.id, site_id=site.id, corrects_id=None)]


async def test_a_repeat_finds_the_first_entry(session, site, writer):
    """A form that arrives again, even changed, answers what it made the first time."""
    entry = new_entry(site)
    first = await record(session, entry, writer)
    changed = new_entry(site, id=entry.id, work=Pick(quantity_g=99, standard="bud"))
    again = await record(session, changed, writer, now=NOW + timedelta(hours=1))
    assert (again.id, again.quantity_g) == (first.id, 12_000)
    assert len(await diaries.list_effective(session, site_ids=[site.id])) == 1


async def test_an_id_of_another_producer_is_not_found(session, site, writer):
    """Nobody learns of another producer's entry by guessing its id."""
    others = await make_entry(session)
    with pytest.raises(EntryNotFoundError):
        await record(session, new_entry(site, id=others.id), writer)
    with pytest.raises(EntryNotFoundError):
        await record(session, new_entry(site, corrects_id=others.id), writer)
    with pytest.raises(EntryNotFoundError):
        await diaries.get_entry(session, entry_id=uuid7(), producer_id=others.producer_id)
    own = await record(session, new_entry(site), writer)
    assert (await diaries.find_entry(session, entry_id=own.id, producer_id=own.producer_id)).id == own.id
    assert await diaries.find_entry(session, entry_id=own.id, producer_id=others.producer_id) is None
    assert await diaries.find_entry(session, entry_id=uuid7(), producer_id=own.producer_id) is None
    assert set(await diaries.get_entries(session, [own.id, others.id, uuid7()])) == {own.id, others.id}


async def test_what_cannot_be_is_not_recorded(session, site, writer):
    """No work of another crop, of tomorrow's tomorrow, with seven photos, or on a site that is not there."""
    pond = await make_site(session, farm_id=site.farm_id, crop=Crop.STURGEON)
    with pytest.raises(KindNotOfferedError):
        await record(session, new_entry(pond), writer)
    with pytest.raises(InFutureError):
        await record(session, new_entry(site, performed_at=NOW + timedelta(days=1, seconds=1)), writer)
    assert await record(session, new_entry(site, performed_at=NOW + timedelta(days=1)), writer)
    with pytest.raises(TooManyPhotosError, match="6 ảnh") as refused:
        await record(session, new_entry(site, photo_ids=tuple(uuid7() for _ in range(7))), writer)
    assert "photos" in refused.value.fields
    with pytest.raises(SiteNotFoundError):
        await record(session, new_entry(site, site_id=uuid7()), writer)


async def test_a_product_must_be_of_the_right_sort_and_ones_own(session, site, writer):
    """Nobody sprays fertiliser, nor a product that another producer keeps for itself."""
    fertiliser = await make_input(session, kind=InputKind.FERTILISER)
    elsewhere = await make_entry(session)
    foreign = await make_input(session, producer_id=elsewhere.producer_id)
    for product in (fertiliser, foreign):
        with pytest.raises(WrongInputError):
            await record(session, new_entry(site, work=spray_with(product)), writer)
    allowed = await make_input(session)
    assert (await record(session, new_entry(site, work=spray_with(allowed)), writer)).input_id == allowed.id


async def test_a_correction_takes_the_place_and_keeps_the_photos(session, site, writer):
    """What holds is the correction; both stay readable, and photos are added to those there were."""
    old, new = await make_photo(session), await make_photo(session)
    first = await record(session, new_entry(site, photo_ids=(old.id,)), writer)
    better = new_entry(
        site,
        work=Pick(quantity_g=13_000, standard="bud"),
        corrects_id=first.id,
        photo_ids=(new.id, old.id),
    )
    second = await record(session, better, writer)
    held = await diaries.list_effective(session, site_ids=[site.id])
    assert [entry.id for entry in held] == [second.id]
    assert (await diaries.list_photos(session, [second.id]))[second.id] == [old.id, new.id]
    for version in (first, second):
        assert [one.id for one in await diaries.list_versions(session, version)] == [first.id, second.id]


async def test_an_entry_is_corrected_once(session, site, writer):
    """The second correction is told what stands there now, and where."""
    first = await record(session, new_entry(site), writer)
    newer = await record(
        session,
        new_entry(site, corrects_id=first.id, work=Pick(quantity_g=9_000, standard="bud")),
        writer,
    )
    with pytest.raises(AlreadyCorrectedError, match="Hái 9\u00a0kg chè tươi") as refused:
        await record(session, new_entry(site, corrects_id=first.id), writer)
    assert refused.value.newer_id == newer.id
    with pytest.raises(AlreadyCorrectedError):
        await void(session, first, writer)


async def test_only_the_writer_or_a_manager_corrects(session, site, writer):
    """Another member may not; a manager of this producer may, of another may not."""
    entry = await record(session, new_entry(site), writer)
    neighbour = await make_membership(session, producer_id=entry.producer_id, role=Role.MEMBER)
    stranger = await make_membership(session)
    manager = await make_membership(session, producer_id=entry.producer_id)
    answers = [
        await diaries.may_correct(session, entry=entry, person_id=person_id)
        for person_id in (writer.id, neighbour.person_id, stranger.person_id, manager.person_id)
    ]
    assert answers == [True, False, False, True]
    correction = new_entry(site, corrects_id=entry.id)
    with pytest.raises(NotTheWriterError):
        await diaries.record_entry(session, entry=correction, person_id=neighbour.person_id, now=NOW)
    made = await diaries.record_entry(session, entry=correction, person_id=manager.person_id, now=NOW)
    assert made.corrects_id == entry.id


async def test_what_was_taken_back_stays_so(session, site, writer):
    """A void leaves nothing that holds, is idempotent, and cannot be corrected nor taken back again."""
    entry = await record(session, new_entry(site), writer)
    gone = await void(session, entry, writer)
    assert gone.is_void and gone.corrects_id == entry.id and gone.quantity_g == 12_000
    assert (await void(session, entry, writer, id=gone.id)).id == gone.id
    assert await diaries.list_effective(session, site_ids=[site.id]) == []
    assert await diaries.list_latest(session, producer_id=entry.producer_id, limit=9) == []
    for target in (entry, gone):
        with pytest.raises(TakenBackError):
            await void(session, target, writer)
        with pytest.raises(TakenBackError):
            await record(session, new_entry(site, corrects_id=target.id), writer)
    with pytest.raises(EntryNotFoundError):
        await void(session, entry, writer, producer_id=uuid7())
    with pytest.raises(EntryNotFoundError):
        await void(session, entry, writer, id=gone.id, producer_id=uuid7())


async def test_the_diary_is_never_rewritten(session, site, writer):
    """Not even by hand in the database: an entry cannot be changed nor deleted."""
    entry = await record(session, new_entry(site), writer)
    for statement in ("UPDATE diary_entries SET note = 'x'", "DELETE FROM diary_entries"):
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(text(f"{statement} WHERE id = '{entry.id}'"))


async def test_lists_show_what_holds_in_their_order(session, site):
    """Oldest first for the story, newest first for the day; until an instant, of one site, harvests alone."""
    plot = await make_site(session, farm_id=site.farm_id)
    early = await make_entry(session, site_id=site.id, performed_at=NOW - timedelta(days=2))
    weed = await make_entry(
        session,
        site_id=plot.id,
        kind=EntryKind.WEED,
        quantity_g=None,
        details={"method": "hoe"},
        performed_at=NOW - timedelta(days=1),
    )
    late = await make_entry(session, site_id=site.id)
    producer_id = late.producer_id

    def ids(entries):
        return [entry.id for entry in entries]

    both = [site.id, plot.id]
    assert ids(await diaries.list_effective(session, site_ids=both)) == [early.id, weed.id, late.id]
    until = weed.performed_at
    assert ids(await diaries.list_effective(session, site_ids=both, until=until)) == [early.id, weed.id]
    assert ids(await diaries.list_latest(session, producer_id=producer_id, limit=2)) == [late.id, weed.id]
    paged = await diaries.list_latest(session, producer_id=producer_id, limit=9, site_id=site.id, before=late)
    assert ids(paged) == [early.id]
    assert ids(await diaries.list_harvests(session, producer_id, limit=9)) == [late.id, early.id]
    lines = await DiaryWork().list_lines(session, producer_id=producer_id, limit=1)
    assert [(line.entry_id, str(line.said), line.place) for line in lines] == [
        (late.id, "Hái 12\u00a0kg chè tươi, một tôm một lá", site.name)
    ]


async def test_pages_lose_no_work_of_one_instant(session, site):
    """Many works of one noon lie across pages: paging on shows each once."""
    made = {(await make_entry(session, site_id=site.id)).id for _ in range(7)}
    seen, last = [], None
    while page := await diaries.list_latest(
        session,
        producer_id=(last or await session.get_one(DiaryEntry, next(iter(made)))).producer_id,
        limit=3,
        before=last,
    ):
        seen += [entry.id for entry in page]
        last = page[-1]
    assert len(seen) == 7 and set(seen) == made


@pytest.mark.parametrize("kind", list(EntryKind))
async def test_each_kind_is_said_in_a_plain_sentence(session, kind):
    """Every kind of work has a sentence with its own figures, with the product by its name."""
    product = await make_input(session, name="NPK 16-16-8")
    work = WORKS[kind].model_validate(SAMPLES[kind] | {"input_id": product.id})
    crop = Crop.TEA if kind in list(EntryKind)[:9] else Crop.SALMON
    fields = work.model_dump(mode="json", exclude={"input_id", "quantity_g"})
    entry = await make_entry(
        session,
        site_id=(await make_site(session, crop=crop)).id,
        kind=kind,
        input_id=getattr(work, "input_id", None),
        quantity_g=getattr(work, "quantity_g", None),
        details=fields,
    )
    said = (await diaries.describe_entries(session, [entry]))[entry.id]
    assert str(said).replace("\u00a0", " ") == SAID[kind]


def test_a_sentence_leaves_out_what_is_not_known():
    """Withering without a thermometer, water without pH, a product without a name: still a whole sentence."""
    wither = DiaryEntry(kind=EntryKind.WITHER, details={"hours": 8, "temperature_c": None})
    assert str(diaries.describe_entry(wither)) == "Làm héo 8 giờ"
    nothing = {"temperature_tenths": None, "oxygen_tenths": None, "ph_hundredths": None}
    for name, words in [("temperature_tenths", "1,2 °C"), ("oxygen_tenths", "O₂ 1,2 mg/l")]:
        water = DiaryEntry(kind=EntryKind.WATER, details=nothing | {name: 12})
        assert str(diaries.describe_entry(water)) == f"Đo nước: {words}"
    acid = DiaryEntry(kind=EntryKind.WATER, details=nothing | {"ph_hundredths": 725})
    assert str(diaries.describe_entry(acid)) == "Đo nước: pH 7,25"
    feed = DiaryEntry(kind=EntryKind.FEED, quantity_g=500, details={})
    assert str(diaries.describe_entry(feed)) == "Cho ăn không rõ tên, 500\u00a0g"
    assert str(diaries.describe_entry(feed, input_name="Cám số 2")).startswith("Cho ăn Cám số 2")
