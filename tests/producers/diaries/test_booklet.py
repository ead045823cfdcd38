"""What goes on the pages of the booklet, whatever they are made of."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.ids import uuid7
from producers.diaries import booklet, booklet_tables, booklet_versions, service
from producers.diaries.booklet import Scope
from producers.diaries.booklet_tables import Facts, Scaled
from producers.diaries.errors import TooMuchForOneBookletError
from producers.diaries.fields import ASKED
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.schemas import KINDS
from producers.diaries.sentences import KIND_WORDS
from producers.farms.models import Crop, Site
from tests.factories.producers import NOW, make_entry, make_input, make_interval, make_person, make_site
from tests.queries import count_queries

DAY = timedelta(days=1)
SPRAYED = {
    "dose_tenths": 15,
    "dose_unit": "ml_per_litre",
    "water_l": 40,
    "pest": "rầy xanh",
    "area_m2": 2_000,
}
DRUGGED = {"dose_tenths": 20, "dose_unit": "g_per_kg_feed", "reason": "nấm mang"}


async def collect(db, coop, *, since=date(2025, 11, 13), until=date(2026, 11, 12), sites=None):
    """The booklet of the cooperative's plot and raceway."""
    async with db.transaction() as session:
        ids = sites or (coop.plot_id, coop.raceway_id)
        found = [await session.get_one(Site, one) for one in ids]
        return await booklet.collect(
            session,
            producer_id=coop.producer_id,
            scope=Scope(since, until, found),
            printed_by="Trần Văn Quản",
            now=NOW,
        )


async def write(db, coop, **values):
    """An entry of the cooperative's plot."""
    values = {"site_id": coop.plot_id, "person_id": coop.owner_id} | values
    async with db.transaction() as session:
        return await make_entry(session, **values)


def table(made, title, chapter=0):
    """One table of a place as rows by the heads of the columns."""
    found = next(table for _section, table in made.chapters[chapter].sections if str(table.title) == title)
    heads = [str(column.head) for column in found.columns]
    return [dict(zip(heads, row, strict=True)) for row in found.rows], found


async def test_tables_stand_in_the_auditors_order(db, coop):
    """A plot reads from fertiliser to packing, water from stocking to packing, and empty ones stand there too."""
    made = await collect(db, coop)
    titles = [[str(table.title) for _section, table in chapter.sections] for chapter in made.chapters]
    assert titles == [
        ["Bón phân", "Phun thuốc bảo vệ thực vật", "Chăm sóc khác", "Thu hái", "Chế biến, đóng gói"],
        ["Thả giống", "Cho ăn", "Đo nước", "Trị bệnh", "Cá chết", "Phân cỡ", "Thu cá", "Chế biến, đóng gói"],
    ]
    assert made.has_tea and made.has_fish and made.entry_count == 0
    assert not made.used and not made.changes


async def test_a_spray_says_all_that_the_standard_asks(db, coop):
    """Product, active ingredient, dose, water, area, pest, writer, days on the label and the first clear day."""
    async with db.transaction() as session:
        product = await make_input(session, active_ingredient="Abamectin 18 g/l")
        await make_interval(session, input_id=product.id)
        helper = await make_person(session, name="Lò Thị Mẩy")
    await write(
        db,
        coop,
        kind=EntryKind.SPRAY,
        details=SPRAYED,
        quantity_g=None,
        input_id=product.id,
        helper_id=helper.id,
        performed_at=datetime(2026, 11, 1, 18, tzinfo=UTC),
    )
    (row,), _table = table(await collect(db, coop), "Phun thuốc bảo vệ thực vật")
    assert {head: cell if isinstance(cell, Scaled | date) else str(cell) for head, cell in row.items()} == {
        "Ngày": date(2026, 11, 2),
        "Tên sản phẩm": "Abamectin 1.8EC",
        "Hoạt chất": "Abamectin 18 g/l",
        "Sâu bệnh": "rầy xanh",
        "Liều": Scaled(15, 1),
        "Liều tính theo": "ml cho 1 lít nước",
        "Lượng nước": Scaled(40),
        "Diện tích": Scaled(2_000),
        "Cách ly": Scaled(7),
        "Thu được từ": date(2026, 11, 9),
        "Phun bằng gì": "None",
        "Ai phun": "None",
        "Trời thế nào": "None",
        "Bao lâu mới vào lại vườn": "None",
        "Số lô in trên bao bì": "None",
        "Chi tiết khác": "None",
        "Người ghi": "Nguyễn Thị Mận (Lò Thị Mẩy ghi giúp)",
        "Ngày ghi": date(2026, 11, 12),
        "Ghi chú": "None",
        "Lần sửa": "None",
    }


async def test_a_harvest_says_whether_it_was_clear(db, coop):
    """As the diary's own rule says, also for a spray from before the period; the picked weights are summed."""
    async with db.transaction() as session:
        product = await make_input(session)
        await make_interval(session, input_id=product.id)
    spray = {"kind": EntryKind.SPRAY, "details": SPRAYED, "quantity_g": None, "input_id": product.id}
    await write(db, coop, **spray, performed_at=NOW - 12 * DAY)
    await write(db, coop, **spray, performed_at=NOW - 11 * DAY)
    picks = [await write(db, coop, performed_at=NOW - back * DAY) for back in (14, 6, 1)]
    made = await collect(db, coop, since=date(2026, 11, 5))
    rows, found = table(made, "Thu hái")
    said = [str(row["Đủ thời gian cách ly?"]) for row in rows]
    assert said == ["CHƯA: Abamectin 1.8EC ngày 01/11/2026, phải chờ đến 08/11/2026", "Đủ"]
    async with db.transaction() as session:
        for pick, is_held in zip(picks, (False, True, False), strict=True):
            hold = await service.find_hold(session, site_id=pick.site_id, harvested_at=pick.performed_at)
            assert (hold is not None) is is_held
    assert found.totals is not None and found.totals[1] == Scaled(24_000, 3)


async def test_a_drug_in_cold_water_waits_degree_days(db, coop):
    """The table says the label's degree-days, and the day that they come to."""
    async with db.transaction() as session:
        product = await make_input(session, kind="drug", name="Oxytetracycline")
        await make_interval(session, input_id=product.id, crop=Crop.SALMON, degree_days=80)
    drug = {"kind": EntryKind.TREAT, "details": DRUGGED, "quantity_g": None, "input_id": product.id}
    await write(db, coop, site_id=coop.raceway_id, **drug)
    made = await collect(db, coop)
    (row,), _table = table(made, "Trị bệnh", chapter=1)
    assert str(row["Ngừng thuốc"]) == "80 độ-ngày"
    assert row["Thu được từ"] == date(2026, 11, 22)
    assert [(one.product.name, one.times, one.amount) for one in made.used] == [("Oxytetracycline", 1, None)]


async def test_nothing_that_was_corrected_vanishes(db, coop):
    """The table holds the last version with a mark; each earlier one stands among the changes, with both names."""
    first = await write(db, coop, quantity_g=20_000, note="cân vội")
    second = await write(db, coop, quantity_g=12_000, corrects_id=first.id, received_at=NOW + DAY)
    await write(
        db,
        coop,
        quantity_g=11_500,
        corrects_id=second.id,
        site_id=coop.plot_id,
        performed_at=NOW - DAY,
        person_id=coop.manager_id,
    )
    made = await collect(db, coop)
    rows, _table = table(made, "Thu hái")
    assert [(row["Khối lượng"], row["Lần sửa"], row["Ngày"]) for row in rows] == [
        (Scaled(11_500, 3), "S1", date(2026, 11, 11))
    ]
    assert [
        (one.mark, str(one.before), str(one.after), one.written_by, one.changed_by) for one in made.changes
    ] == [
        (
            "S1",
            "Hái chè: Khối lượng 20 kg; Loại hái một tôm một lá; ghi chú: cân vội",
            "Hái chè: Khối lượng 12 kg; Loại hái một tôm một lá",
            "Nguyễn Thị Mận",
            "Nguyễn Thị Mận",
        ),
        (
            "S1",
            "Hái chè: Khối lượng 12 kg; Loại hái một tôm một lá",
            "Ngày 11/11/2026: Hái chè: Khối lượng 11,5 kg; Loại hái một tôm một lá",
            "Nguyễn Thị Mận",
            "Trần Văn Quản",
        ),
    ]
    assert made.changes[0].changed_at == NOW + DAY


async def test_what_was_taken_back_or_moved_away_is_told(db, coop):
    """A void leaves no row and one change; an entry moved to another time or place leaves its change here."""
    async with db.transaction() as session:
        other = await make_site(session, farm_id=coop.farm_id, name="Nương trên")
    gone = await write(db, coop)
    await write(db, coop, corrects_id=gone.id, is_void=True)
    moved = await write(db, coop, performed_at=NOW - DAY)
    await write(db, coop, corrects_id=moved.id, site_id=other.id, performed_at=NOW - DAY)
    late = await write(db, coop, performed_at=NOW - 2 * DAY)
    await write(db, coop, corrects_id=late.id, performed_at=NOW - 900 * DAY)
    made = await collect(db, coop)
    assert made.entry_count == 0
    assert [(one.place, one.after and str(one.after).split(":")[0]) for one in made.changes] == [
        ("Đồi sau nhà", "Ngày 26/05/2024"),
        ("Đồi sau nhà", "Nương trên. Hái chè"),
        ("Đồi sau nhà", None),
    ]


async def test_days_are_viet_nams(db, coop):
    """The period begins and ends at midnight in Viet Nam, both days included."""
    for hour in (16, 17):  # 23:59 of the 9th in Viet Nam, and midnight of the 10th
        await write(db, coop, performed_at=datetime(2026, 11, 9, hour, 59 if hour == 16 else 0, tzinfo=UTC))
    only = date(2026, 11, 10)
    assert [row["Ngày"] for row in table(await collect(db, coop, since=only, until=only), "Thu hái")[0]] == [
        only
    ]
    before = date(2026, 11, 9)
    rows, _table = table(await collect(db, coop, since=before, until=before), "Thu hái")
    assert [row["Ngày"] for row in rows] == [before]


async def test_products_are_counted_with_their_totals(db, coop):
    """Weighed products add up in kilos, sprays as dose times water, each unit apart."""
    async with db.transaction() as session:
        spray = await make_input(session, name="Abamectin")
        npk = await make_input(session, name="NPK", kind="fertiliser")
    for grams in (50_000, 25_500):
        await write(
            db, coop, kind=EntryKind.FERTILISE, input_id=npk.id, quantity_g=grams, details={"method": "root"}
        )
    for unit in ("ml_per_litre", "g_per_litre", "ml_per_litre"):
        details = SPRAYED | {"dose_unit": unit}
        await write(db, coop, kind=EntryKind.SPRAY, input_id=spray.id, quantity_g=None, details=details)
    made = await collect(db, coop)
    assert [(one.product.name, one.times, one.amount, str(one.unit)) for one in made.used] == [
        ("NPK", 2, Scaled(75_500, 3), "kg"),
        ("Abamectin", 1, Scaled(600, 1), "g"),
        ("Abamectin", 2, Scaled(1_200, 1), "ml"),
    ]


async def test_the_hash_is_of_the_data(db, coop):
    """The same data gives the same digits on another day; one more version gives others."""
    first = await write(db, coop)
    made = await collect(db, coop)
    assert made.digest == (await collect(db, coop)).digest and len(made.digest) == 16
    await write(db, coop, corrects_id=first.id)
    assert (await collect(db, coop)).digest != made.digest
    assert (await collect(db, coop, since=date(2026, 1, 1))).digest != made.digest


async def test_too_much_is_refused_in_words(db, coop, monkeypatch):
    """More entries than a booklet takes are refused with both figures."""
    for _turn in range(3):
        await write(db, coop)
    monkeypatch.setattr(booklet, "MOST_ENTRIES", 2)
    with pytest.raises(TooMuchForOneBookletError, match="3 dòng nhật ký, một cuốn chỉ in được 2 dòng"):
        await collect(db, coop)


async def test_the_number_of_queries_does_not_grow_with_the_entries(db, coop):
    """Twenty entries cost as many queries as two."""

    async def queries():
        statements = count_queries(db.engine)
        await collect(db, coop)
        return len(statements)

    for _turn in range(2):
        await write(db, coop)
    few = await queries()
    for _turn in range(18):
        await write(db, coop)
    assert await queries() == few


def test_every_kind_has_a_table_that_takes_it():
    """No kind of work of any crop is left out, and one that no table knows falls to "other work"."""
    for crop, kinds in KINDS.items():
        taken = [kind for section in booklet_tables.sections_of(crop) for kind in section.kinds]
        assert len(taken) == len(set(taken))
        assert all(kind in taken or booklet_tables.is_other(kind, crop) for kind in kinds)
    assert booklet_tables.is_other(EntryKind.STOCK, Crop.TEA)


async def test_work_that_no_table_knows_is_told_in_words(db, coop):
    """Work of a kind that the crop's tables do not take stands under "other work", in the diary's own sentence."""
    await write(db, coop, kind=EntryKind.MORTALITY, quantity_g=None, details={"count": 3, "cause": "rét"})
    made = await collect(db, coop)
    (row,), _table = table(made, "Việc khác")
    assert str(row["Đã làm"]) == "3 con cá chết: rét"


def entry(**values):
    """An entry that is nowhere kept."""
    return DiaryEntry(**{"kind": EntryKind.PICK, "details": {}, "note": "", "quantity_g": None} | values)


def test_details_that_no_form_asks_for_still_show():
    """A kept detail without a field of its own stands in the table's last resort, and in the changes."""
    made = entry(details={"standard": "bud", "rain_mm": 12, "nothing": None})
    facts = Facts({}, {}, {}, {})
    (section,) = [one for one in booklet_tables.sections_of(Crop.TEA) if one.kinds == (EntryKind.PICK,)]
    more = next(one for one in booklet_tables.columns_of(section) if str(one.head) == "Chi tiết khác")
    assert more.read(made, facts) == "rain_mm: 12"
    assert str(booklet_versions.tell(made, facts)) == "Hái chè: Loại hái một tôm; rain_mm: 12"


def test_cells_of_any_shape_are_read():
    """Yes and no, lists, a choice that is no longer offered, and a product that is not there."""
    asked = {one.name: one for one in ASKED[EntryKind.SPRAY]}
    facts = Facts({}, {}, {}, {})
    for kept, said in ((True, "có"), (False, "không"), (["a", "b"], "a, b"), (None, "None")):
        assert str(booklet_tables.read_field(asked["pest"], entry(details={"pest": kept}), facts)) == said
    old = entry(details={"dose_unit": "spoon"})
    assert booklet_tables.read_field(asked["dose_unit"], old, facts) == "spoon"
    assert booklet_tables.read_field(asked["input_id"], old, facts) is None


def test_a_kind_without_a_form_is_told_by_its_sentence(monkeypatch):
    """A change of work that no form knows any more is told as the diary says it."""
    monkeypatch.delitem(ASKED, EntryKind.PICK)
    made = entry(id=uuid7(), note="mưa")
    facts = Facts({}, {}, {made.id: KIND_WORDS[EntryKind.PICK]}, {})
    assert str(booklet_versions.tell(made, facts)) == "Hái chè; ghi chú: mưa"
