"""The diary: once, corrected, never lost; and what may not be harvested yet."""

import asyncio
from datetime import date, timedelta

import pytest

from app.core.clock import today
from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.diaries import service
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
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.schemas import WORKS, Feed, Harvest, NewEntry, Pick, Spray, Treat, Water
from producers.farms.models import Crop
from producers.inputs.models import InputKind
from tests.factories.producers import (
    NOW,
    make_entry,
    make_farm,
    make_input,
    make_interval,
    make_membership,
    make_person,
    make_photo,
    make_site,
)
from tests.instants import look_too_early

DAY = timedelta(days=1)
PICK = Pick(quantity_g=12_000, standard="one_leaf")


def pick(site, **changes):
    """An entry of leaf picked now."""
    return NewEntry(**{"id": uuid7(), "site_id": site.id, "work": PICK, "performed_at": NOW} | changes)


def spray(product, **changes):
    """A spraying of 500 square metres."""
    return Spray(
        **{
            "input_id": product,
            "dose_tenths": 15,
            "dose_unit": "ml_per_litre",
            "water_l": 30,
            "pest": "rầy xanh",
            "area_m2": 500,
        }
        | changes
    )


async def record(session, entry, person):
    """Record as this person."""
    return await service.record_entry(session, entry=entry, person_id=person.id, now=NOW)


async def test_record_entry_answers_a_repeat_with_the_first(session):
    """The same id again changes nothing, whatever it says now; another producer's id is not there."""
    site, person = await make_site(session), await make_person(session)
    entry = pick(site, note="sáng sớm")
    first = await record(session, entry, person)
    again = await record(session, pick(site, id=entry.id, note="khác"), person)
    assert again.id == first.id and again.note == "sáng sớm"
    assert (first.kind, first.quantity_g, first.details) == (EntryKind.PICK, 12_000, {"standard": "one_leaf"})
    with pytest.raises(EntryNotFoundError):
        await record(session, pick(await make_site(session), id=entry.id), person)


async def test_record_entry_twice_at_the_same_instant_is_once(db):
    """Ten devices that send one id at once all hear of the one entry."""
    async with db.transaction() as session:
        site, person = await make_site(session), await make_person(session)
        photo = await make_photo(session)
    entry = pick(site, photo_ids=(photo.id,))

    async def send():
        async with db.transaction() as session:
            return (await record(session, entry, person)).id

    assert set(await asyncio.gather(*(send() for _ in range(10)))) == {entry.id}
    async with db.transaction() as session:
        assert len(await service.list_effective(session, site_ids=[site.id])) == 1
        assert await service.list_photos(session, [entry.id]) == {entry.id: [photo.id]}


async def test_a_second_correction_at_the_same_instant_is_refused(db):
    """Of two corrections of one entry, one stands and the other hears which."""
    async with db.transaction() as session:
        site, person = await make_site(session), await make_person(session)
        original = await make_entry(session, site_id=site.id, person_id=person.id)

    async def correct():
        try:
            async with db.transaction() as session:
                return (await record(session, pick(site, corrects_id=original.id), person)).id
        except AlreadyCorrectedError as error:
            return error

    answers = await asyncio.gather(*(correct() for _ in range(6)))
    [made] = [answer for answer in answers if not isinstance(answer, AlreadyCorrectedError)]
    refused = [answer for answer in answers if isinstance(answer, AlreadyCorrectedError)]
    assert len(refused) == 5 and {error.newer_id for error in refused} == {made}


async def test_a_correction_that_came_in_since_is_not_refused_to_itself(session, monkeypatch):
    """A repeat that looked for itself a moment too early finds its own first sending, and is answered with it."""
    site, person = await make_site(session), await make_person(session)
    original, other = [await make_entry(session, site_id=site.id, person_id=person.id) for _ in range(2)]
    entry = pick(site, corrects_id=original.id)
    first = await record(session, entry, person)
    look_too_early(monkeypatch, service.repository, "find_entry")
    assert (await record(session, entry, person)).id == first.id
    with pytest.raises(AlreadyCorrectedError):
        await record(session, pick(site, corrects_id=original.id), person)
    back = {"id": uuid7(), "entry_id": other.id, "producer_id": other.producer_id, "person_id": person.id}
    gone = await service.void_entry(session, **back, now=NOW)
    look_too_early(monkeypatch, service.repository, "find_entry")
    assert (await service.void_entry(session, **back, now=NOW)).id == gone.id
    with pytest.raises(TakenBackError):
        await service.void_entry(session, **back | {"id": uuid7()}, now=NOW)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"performed_at": NOW + timedelta(days=2)}, InFutureError),
        ({"photo_ids": tuple(uuid7() for _ in range(7))}, TooManyPhotosError),
        ({"work": Harvest(quantity_g=1000, count=1)}, KindNotOfferedError),
        ({"work": spray(uuid7())}, WrongInputError),
        ({"corrects_id": uuid7()}, EntryNotFoundError),
    ],
)
async def test_record_entry_refuses_what_cannot_be(session, changes, error):
    """Work to come, work of another crop, products and entries that are not there."""
    site, person = await make_site(session), await make_person(session)
    with pytest.raises(error):
        await record(session, pick(site, **changes), person)
    old = await record(session, pick(site, performed_at=NOW - 3000 * DAY), person)
    assert old.performed_at == NOW - 3000 * DAY


async def test_record_entry_refuses_a_product_of_another_sort(session):
    """Fertiliser is not sprayed as a pesticide."""
    site, person = await make_site(session), await make_person(session)
    product = await make_input(session, kind=InputKind.FERTILISER)
    with pytest.raises(WrongInputError):
        await record(session, pick(site, work=spray(product.id)), person)


async def test_a_correction_takes_the_place_of_the_first(session):
    """What was corrected is left out, its photos stay, and the history tells both."""
    site, person = await make_site(session), await make_person(session)
    kept, added = await make_photo(session), await make_photo(session)
    first = await record(session, pick(site, photo_ids=(kept.id,)), person)
    work = Pick(quantity_g=10_000, standard="bud")
    second = await record(session, pick(site, work=work, corrects_id=first.id, photo_ids=(added.id,)), person)
    assert await service.list_effective(session, site_ids=[site.id]) == [second]
    assert await service.list_harvests(session, second.producer_id, limit=9) == [second]
    assert (await service.list_photos(session, [second.id]))[second.id] == [kept.id, added.id]
    assert await service.list_versions(session, first) == [first, second]
    assert await service.list_versions(session, second) == [first, second]
    assert await service.get_entries(session, [first.id, uuid7()]) == {first.id: first}
    with pytest.raises(AlreadyCorrectedError) as caught:
        await record(session, pick(site, corrects_id=first.id), person)
    assert caught.value.newer_id == second.id
    assert "Hái 10\u00a0kg chè tươi, một tôm" in str(caught.value.message)


async def test_void_entry_takes_it_back_for_good(session):
    """Nothing holds any more, a repeat is the first, and what was taken back is not corrected."""
    site, person = await make_site(session), await make_person(session)
    first = await record(session, pick(site), person)
    given = {"entry_id": first.id, "producer_id": first.producer_id, "person_id": person.id, "now": NOW}
    id_ = uuid7()
    gone = await service.void_entry(session, id=id_, **given)
    assert (await service.void_entry(session, id=id_, **given)).id == gone.id
    assert gone.is_void and await service.list_effective(session, site_ids=[site.id]) == []
    for corrected in (first.id, gone.id):
        with pytest.raises(TakenBackError):
            await record(session, pick(site, corrects_id=corrected), person)


async def test_only_the_writer_or_a_manager_corrects(session):
    """Another member may not; a manager may."""
    boss = await make_membership(session)
    site = await make_site(session, farm_id=(await make_farm(session, producer_id=boss.producer_id)).id)
    member = await make_membership(session, producer_id=boss.producer_id, role=Role.MEMBER)
    entry = await make_entry(session, site_id=site.id)
    given = {"entry": pick(site, corrects_id=entry.id), "now": NOW}
    with pytest.raises(NotTheWriterError):
        await service.record_entry(session, person_id=member.person_id, **given)
    assert (await service.record_entry(session, person_id=boss.person_id, **given)).corrects_id == entry.id


async def test_entries_are_found_by_their_producer_alone(session):
    """Another producer's entry does not exist, nor does an unknown one."""
    entry, other = await make_entry(session), await make_entry(session)
    assert await service.find_entry(session, entry_id=entry.id, producer_id=entry.producer_id) is entry
    for entry_id in (other.id, uuid7()):
        assert await service.find_entry(session, entry_id=entry_id, producer_id=entry.producer_id) is None
        with pytest.raises(EntryNotFoundError):
            await service.get_entry(session, entry_id=entry_id, producer_id=entry.producer_id)


async def test_lists_are_ordered_filtered_and_bounded(session):
    """The newest first for people, the oldest first for the story; by site, before and until an instant."""
    site = await make_site(session)
    other = await make_site(session, farm_id=site.farm_id)
    old = await make_entry(session, site_id=site.id, performed_at=NOW - DAY)
    new = await make_entry(session, site_id=other.id)
    given = {"producer_id": old.producer_id, "limit": 9}
    assert await service.list_latest(session, **given) == [new, old]
    assert await service.list_latest(session, **given, site_id=site.id) == [old]
    assert await service.list_latest(session, **given, before=new) == [old]
    assert await service.list_effective(session, site_ids=[site.id, other.id]) == [old, new]
    assert await service.list_effective(session, site_ids=[site.id, other.id], until=NOW - DAY) == [old]


SAMPLES = {
    EntryKind.FERTILISE: (
        {"quantity_g": 2500, "method": "root"},
        "Bón Abamectin 1.8EC, 2,5\u00a0kg, bón gốc",
    ),
    EntryKind.SPRAY: (
        {"dose_tenths": 15, "dose_unit": "ml_per_litre", "water_l": 30, "pest": "rầy", "area_m2": 500},
        "Phun Abamectin 1.8EC, 500 m²",
    ),
    EntryKind.WEED: ({"method": "hand"}, "Làm cỏ, nhổ tay"),
    EntryKind.PRUNE: ({"style": "light"}, "Đốn chè, đốn phớt"),
    EntryKind.PICK: ({"quantity_g": 12500, "standard": "bud"}, "Hái 12,5\u00a0kg chè tươi, một tôm"),
    EntryKind.WITHER: ({"hours": 6, "temperature_c": 28}, "Làm héo 6 giờ ở 28 °C"),
    EntryKind.FIX: ({"temperature_c": 280, "minutes": 5}, "Diệt men 5 phút ở 280 °C"),
    EntryKind.ROLL: ({"minutes": 20}, "Vò chè 20 phút"),
    EntryKind.DRY: (
        {"temperature_c": 90, "minutes": 60, "quantity_g": 2000},
        "Sấy khô 60 phút ở 90 °C, được 2\u00a0kg",
    ),
    EntryKind.STOCK: (
        {"count": 1200, "mean_weight_g": 10, "origin": "Sa Pa"},
        "Thả 1.200 con giống, mỗi con 10\u00a0g, từ Sa Pa",
    ),
    EntryKind.FEED: ({"quantity_g": 5000}, "Cho ăn Abamectin 1.8EC, 5\u00a0kg"),
    EntryKind.WATER: (
        {"temperature_tenths": 145, "oxygen_tenths": 82, "ph_hundredths": 705},
        "Đo nước: 14,5 °C, O₂ 8,2 mg/l, pH 7,05",
    ),
    EntryKind.TREAT: (
        {"dose_tenths": 20, "dose_unit": "g_per_m3", "reason": "nấm"},
        "Trị bệnh bằng Abamectin 1.8EC: nấm",
    ),
    EntryKind.GRADE: ({"mean_weight_g": 1800, "count": 30}, "Phân cỡ 30 con, trung bình 1,8\u00a0kg một con"),
    EntryKind.MORTALITY: ({"count": 3, "cause": "nước đục"}, "3 con cá chết: nước đục"),
    EntryKind.HARVEST: ({"quantity_g": 40000, "count": 20}, "Thu 40\u00a0kg cá, 20 con"),
    EntryKind.PROCESS: (
        {"method": "hun khói", "input_g": 4000, "quantity_g": 2400},
        "Chế biến (hun khói): 4\u00a0kg thành 2,4\u00a0kg",
    ),
    EntryKind.PACK: ({"quantity_g": 2000, "pack_g": 100}, "Đóng gói 2\u00a0kg, mỗi gói 100\u00a0g"),
    EntryKind.PLANT: (
        {"count": 800, "variety": "Kim Tuyên", "origin": "Viện chè Phú Hộ"},
        "Trồng 800 cây Kim Tuyên, giống từ Viện chè Phú Hộ",
    ),
    EntryKind.IRRIGATE: ({"source": "stream"}, "Tưới chè, nước suối"),
    EntryKind.PURCHASE: (
        {"amount": "2 chai 500 ml", "seller": "cửa hàng bà Thơm"},
        "Mua Abamectin 1.8EC, 2 chai 500 ml, của cửa hàng bà Thơm",
    ),
    EntryKind.CLEAN: ({"what": "sprayer", "method": "water"}, "Vệ sinh bình phun: rửa nước sạch"),
    EntryKind.WASTE: (
        {"what": "pesticide_packs", "disposal": "hamlet_bin"},
        "Thu gom vỏ thuốc: bỏ bể thu gom của xóm",
    ),
    EntryKind.TRAIN: (
        {"topic": "phun an toàn", "teacher": "khuyến nông xã"},
        "Tập huấn: phun an toàn, khuyến nông xã dạy",
    ),
    EntryKind.NOTE: ({}, "Ghi chú"),
}


@pytest.mark.parametrize("kind", EntryKind)
async def test_every_kind_is_recorded_and_said_plainly(session, kind):
    """Each kind of work goes in typed and comes out as one plain sentence."""
    fields, sentence = SAMPLES[kind]
    work_type = WORKS[kind]
    crop = (
        Crop.SALMON
        if kind in {"stock", "feed", "water", "treat", "grade", "mortality", "harvest"}
        else Crop.TEA
    )
    site, person = await make_site(session, crop=crop), await make_person(session)
    if uses := getattr(work_type, "uses", ()):
        fields = fields | {"input_id": (await make_input(session, kind=uses[0])).id}
    entry = await record(session, pick(site, work=work_type.model_validate(fields)), person)
    assert str((await service.describe_entries(session, [entry]))[entry.id]) == sentence


def test_describe_entry_says_less_when_less_is_known():
    """Unmeasured figures are left out; a product without a name says so."""
    withered = DiaryEntry(kind=EntryKind.WITHER, details={"hours": 6, "temperature_c": None})
    assert str(service.describe_entry(withered)) == "Làm héo 6 giờ"
    none = {"temperature_tenths": None, "oxygen_tenths": None, "ph_hundredths": 650}
    assert str(service.describe_entry(DiaryEntry(kind=EntryKind.WATER, details=none))) == "Đo nước: pH 6,5"
    sprayed = DiaryEntry(kind=EntryKind.SPRAY, details={"area_m2": 10})
    assert str(service.describe_entry(sprayed, input_name="Neem")) == "Phun Neem, 10 m²"
    assert "không rõ tên" in str(service.describe_entry(sprayed))


async def test_find_hold_counts_the_days_on_the_label(session):
    """Sprayed on the 12th with seven days: the 18th is held, the 19th is clear."""
    site, person = await make_site(session), await make_person(session)
    product = (await make_interval(session)).input_id
    entry = await record(session, pick(site, work=spray(product)), person)
    hold = await service.find_hold(session, site_id=site.id, harvested_at=NOW + 6 * DAY)
    assert hold == service.Hold(
        entry_id=entry.id,
        input_name="Abamectin 1.8EC",
        used_on=date(2026, 11, 12),
        clear_on=date(2026, 11, 19),
        kind=EntryKind.SPRAY,
    )
    assert await service.find_wait(session, entry) == hold
    assert await service.find_hold(session, site_id=site.id, harvested_at=NOW + 7 * DAY) is None
    assert await service.find_hold(session, site_id=site.id, harvested_at=NOW - DAY) is None
    other = await make_site(session)
    assert await service.find_hold(session, site_id=other.id, harvested_at=NOW) is None


async def test_find_hold_names_the_wait_that_ends_last(session):
    """Of two sprays the one that clears last is named, not the last one sprayed."""
    site, person = await make_site(session), await make_person(session)
    long, short = await make_interval(session, days=21), await make_interval(session, days=3)
    first = await record(session, pick(site, work=spray(long.input_id)), person)
    await record(session, pick(site, work=spray(short.input_id), performed_at=NOW + DAY), person)
    hold = await service.find_hold(session, site_id=site.id, harvested_at=NOW + DAY)
    assert hold is not None and hold.entry_id == first.id


async def test_find_hold_forgets_what_was_corrected(session):
    """A spray taken back, or moved to an earlier day, holds no longer than what stands now."""
    site, person = await make_site(session), await make_person(session)
    product = (await make_interval(session)).input_id
    first = await record(session, pick(site, work=spray(product)), person)
    moved = pick(site, work=spray(product), performed_at=NOW - 3 * DAY, corrects_id=first.id)
    second = await record(session, moved, person)
    hold = await service.find_hold(session, site_id=site.id, harvested_at=NOW)
    assert hold is not None and (hold.entry_id, hold.clear_on) == (second.id, date(2026, 11, 16))
    await service.void_entry(
        session, id=uuid7(), entry_id=second.id, producer_id=second.producer_id, person_id=person.id, now=NOW
    )
    assert await service.find_hold(session, site_id=site.id, harvested_at=NOW) is None


async def test_find_hold_asks_nothing_of_products_without_a_wait(session):
    """No interval for this crop, or one of 0 days: nothing is held, and the form has nothing to say."""
    site, person = await make_site(session), await make_person(session)
    none = await make_input(session)
    other_crop = await make_interval(session, crop=Crop.SALMON)
    zero = await make_interval(session, days=0)
    for product in (none.id, other_crop.input_id, zero.input_id):
        entry = await record(session, pick(site, work=spray(product)), person)
        assert await service.find_wait(session, entry) is None
    assert await service.find_hold(session, site_id=site.id, harvested_at=NOW) is None
    picked = await record(session, pick(site), person)
    assert await service.find_wait(session, picked) is None


async def test_find_hold_sums_the_warmth_of_the_water(session):
    """Degree-days come from the site's own measurements; unmeasured pH-only entries say nothing of warmth."""
    site, person = await make_site(session, crop=Crop.SALMON), await make_person(session)
    product = await make_input(session, kind=InputKind.DRUG)
    await make_interval(session, input_id=product.id, crop=Crop.SALMON, degree_days=40)
    treat = Treat(input_id=product.id, dose_tenths=20, dose_unit="g_per_m3", reason="nấm")
    await record(session, pick(site, work=treat), person)
    unmeasured = await service.find_hold(session, site_id=site.id, harvested_at=NOW)
    assert unmeasured is not None and unmeasured.clear_on == today(NOW) + 5 * DAY
    for work in (Water(ph_hundredths=700), Water(temperature_tenths=90), Water(temperature_tenths=110)):
        await record(session, pick(site, work=work), person)
    measured = await service.find_hold(session, site_id=site.id, harvested_at=NOW + 3 * DAY)
    assert measured is not None and measured.clear_on == today(NOW) + 4 * DAY
    assert await service.find_hold(session, site_id=site.id, harvested_at=NOW + 4 * DAY) is None
    fed = await make_input(session, kind=InputKind.FEED)
    await record(session, pick(site, work=Feed(input_id=fed.id, quantity_g=1000)), person)


async def test_diary_rows_cannot_be_changed(db):
    """The database itself refuses to update or delete an entry."""
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    async with db.transaction() as session:
        await make_entry(session)
    for statement in ("UPDATE diary_entries SET note = 'x'", "DELETE FROM diary_entries"):
        with pytest.raises(DBAPIError, match="insert-only"):
            async with db.transaction() as session:
                await session.execute(text(statement))
