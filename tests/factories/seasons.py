"""A season of work on two plots and two raceways: what a booklet is measured and looked at with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from producers.diaries.models import DiaryEntry, EntryKind
from producers.farms.models import Crop
from producers.inputs.models import InputKind
from tests.factories import producers

K = EntryKind
Said = tuple[EntryKind, str | None, int | None, dict[str, Any]]
"""Kind, name of the product, grams, details."""
_TEA: tuple[tuple[int, Said], ...] = (
    (30, (K.FERTILISE, "NPK 16-16-8 Lâm Thao", 50_000, {"method": "root"})),
    (24, (K.SPRAY, "Abamectin 1.8EC", None, {"dose_tenths": 15, "dose_unit": "ml_per_litre", "water_l": 40, "pest": "rầy xanh, bọ cánh tơ", "area_m2": 2_000})),
    (20, (K.WEED, None, None, {"method": "hoe"})),
    (120, (K.PRUNE, None, None, {"style": "light"})),
    (4, (K.PICK, None, 12_500, {"standard": "one_leaf"})),
    (4, (K.WITHER, None, None, {"hours": 8, "temperature_c": 28})),
    (4, (K.FIX, None, None, {"temperature_c": 280, "minutes": 7})),
    (8, (K.DRY, None, 2_450, {"temperature_c": 95, "minutes": 90})),
    (16, (K.PACK, None, 10_000, {"pack_g": 200})),
)  # fmt: skip
_FISH: tuple[tuple[int, Said], ...] = (
    (180, (K.STOCK, None, None, {"count": 2_000, "mean_weight_g": 200, "origin": "Trung tâm giống thủy sản nước lạnh Sa Pa"})),
    (2, (K.FEED, "Cám cá hồi 5 mm", 15_250, {})),
    (3, (K.WATER, None, None, {"temperature_tenths": 125, "oxygen_tenths": 78, "ph_hundredths": 725})),
    (60, (K.TREAT, "Oxytetracycline 20%", None, {"dose_tenths": 20, "dose_unit": "g_per_kg_feed", "reason": "nấm mang"})),
    (15, (K.MORTALITY, None, None, {"count": 3, "cause": "thiếu ô-xy"})),
    (30, (K.GRADE, None, None, {"count": 50, "mean_weight_g": 1_200})),
    (45, (K.HARVEST, None, 250_000, {"count": 208})),
    (45, (K.PROCESS, None, 40_000, {"method": "hun khói", "input_g": 100_000})),
)  # fmt: skip


@dataclass(frozen=True)
class Season:
    """Who wrote it, where, and how many entries."""

    producer_id: UUID
    manager_id: UUID
    count: int


async def make_season(session: AsyncSession, *, until: date, count: int = 1_000) -> Season:
    """A cooperative with `count` entries in the twelve months up to a day, some of them corrected or taken back."""
    producer = await producers.make_producer(
        session, name="HTX Chè và Cá nước lạnh Tả Phìn", address_line="Thôn Sả Séng"
    )
    manager = await producers.make_membership(session, producer_id=producer.id)
    writer = await producers.make_person(session, name="Lò Thị Mẩy")
    helper = await producers.make_person(session, name="Nguyễn Thị Mận")
    farm = await producers.make_farm(session, producer_id=producer.id, name="Nhà bà Mẩy")
    await producers.make_certificate(session, producer_id=producer.id)
    products = {}
    for name, kind, ingredient in (
        ("NPK 16-16-8 Lâm Thao", InputKind.FERTILISER, ""),
        ("Abamectin 1.8EC", InputKind.PESTICIDE, "Abamectin 18 g/l"),
        ("Cám cá hồi 5 mm", InputKind.FEED, ""),
        ("Oxytetracycline 20%", InputKind.DRUG, "Oxytetracycline HCl"),
    ):
        made = await producers.make_input(
            session, name=name, kind=kind, active_ingredient=ingredient, producer_id=producer.id
        )
        products[name] = made.id
    await producers.make_interval(session, input_id=products["Abamectin 1.8EC"], days=7)
    drug = products["Oxytetracycline 20%"]
    await producers.make_interval(session, input_id=drug, crop=Crop.SALMON, degree_days=400)
    sites = [
        await producers.make_site(session, farm_id=farm.id, name="Đồi sau nhà", variety="Shan tuyết", planted_year=1998, planting_area_code="VN-LCOR-0012"),
        await producers.make_site(session, farm_id=farm.id, name="Nương trên", area_m2=5_400),
        await producers.make_site(session, farm_id=farm.id, crop=Crop.SALMON, name="Mương 1"),
        await producers.make_site(session, farm_id=farm.id, crop=Crop.SALMON, name="Mương 2", volume_m3=80),
    ]  # fmt: skip
    plans = [_plan(_TEA), _plan(_TEA), _plan(_FISH), _plan(_FISH)]
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        turn = len(rows) % len(sites)
        back, (kind, product, grams, details) = next(plans[turn])
        day = datetime(until.year, until.month, until.day, 2, tzinfo=UTC) - timedelta(days=back)
        corrected = rows[-len(sites)] if len(rows) % 37 == 36 else None
        row: dict[str, Any] = {
            "id": uuid7(),
            "producer_id": producer.id,
            "site_id": sites[turn].id,
            "kind": kind,
            "person_id": writer.id,
            "helper_id": helper.id if len(rows) % 5 == 0 else None,
            "performed_at": day,
            "recorded_at": day,
            "received_at": day + timedelta(hours=3),
            "input_id": products[product] if product else None,
            "quantity_g": grams,
            "details": details,
            "note": "Trời nắng nhẹ, làm từ sáng sớm" if len(rows) % 6 == 0 else "",
            "corrects_id": None,
            "is_void": False,
        }
        if corrected is not None:
            copied = ("kind", "performed_at", "input_id", "quantity_g", "details")
            row |= {name: corrected[name] for name in copied} | {"corrects_id": corrected["id"]}
            row |= {"is_void": len(rows) % 2 == 0, "note": "Ghi lại cho đúng"}
        rows.append(row)
    await session.execute(insert(DiaryEntry), rows)
    return Season(producer.id, manager.person_id, len(rows))


def _plan(works: tuple[tuple[int, Said], ...]) -> Iterator[tuple[int, Said]]:
    """Days back and what was done, day by day through the year and then again."""
    while True:
        for back in range(360, -1, -1):
            for every, said in works:
                if back % every == 0:
                    yield back, said
