"""The digital product passport: what Decree 37/2026/ND-CP (art. 32) and Circular 02/2024/TT-BKHCN ask to be said.

What nobody wrote down is named as missing, never filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import Text, _
from app.media import service as media
from app.places import service as places
from producers.diaries.models import EntryKind
from producers.farms.models import Crop, Site
from producers.listings import service as listings
from traceability.lots import service as lots
from traceability.lots.models import LotState
from traceability.lots.schemas import SourceKind
from traceability.lots.sources import HARVESTS
from traceability.resolver.diary_words import WORK

if TYPE_CHECKING:
    from producers.diaries.models import DiaryEntry
    from traceability.lots.sources import Source
    from traceability.resolver.service import Story

MOST_STAGES = 80
MADE = frozenset(
    {EntryKind.WITHER, EntryKind.FIX, EntryKind.ROLL, EntryKind.DRY, EntryKind.PROCESS, EntryKind.PACK}
)
GROWN = frozenset(WORK) - MADE - HARVESTS
DEMONSTRATION_PREFIX = "952"
"""The GS1 prefix that is nobody's: numbers under it are for demonstrations."""


class Missing(StrEnum):
    """What the rules ask for and our books do not hold."""

    PICTURE = "picture"
    STREET = "street"
    LOT = "lot"
    STAGES = "stages"
    TRADE = "trade"
    BRAND = "brand"
    STANDARDS = "standards"
    CERTIFICATES = "certificates"
    WARNINGS = "warnings"


MISSING_WORDS: dict[Missing, Text] = {
    Missing.PICTURE: _("Ảnh sản phẩm: chưa có"),
    Missing.STREET: _("Số nhà, thôn xóm của cơ sở: chưa khai"),
    Missing.LOT: _("Ngày sản xuất, hạn dùng và các công đoạn ghi theo từng lô: quét mã trên gói để xem"),
    Missing.STAGES: _("Các công đoạn nuôi trồng, thu hái: sổ chưa ghi"),
    Missing.TRADE: _("Nơi mua bán sau khi hàng rời cơ sở: chưa ghi"),
    Missing.BRAND: _("Nhãn hiệu, kiểu: chưa khai"),
    Missing.STANDARDS: _("Tiêu chuẩn áp dụng: chưa khai"),
    Missing.CERTIFICATES: _("Giấy chứng nhận còn hạn: chưa có"),
    Missing.WARNINGS: _("Cảnh báo an toàn: cơ sở chưa khai"),
}


@dataclass(frozen=True)
class Stage:
    """One stage: what was done, its first and last day (in Viet Nam), where, and the codes of the goods and the place."""

    words: Text
    begun_on: date
    ended_on: date
    place: str
    trace_code: str
    location_code: str


@dataclass(frozen=True)
class Passport:
    """The passport of a product, or of one of its lots (then with the one unit that was asked for, if it is ours)."""

    story: Story
    serial: str | None
    street: str
    commune: str
    picture_id: UUID | None
    stages: list[Stage]
    more_stages: int
    warnings: list[Text]
    missing: list[Missing]

    @property
    def is_demonstration(self) -> bool:
        """Whether the producer's number is one for demonstrations."""
        return self.story.producer.gs1_prefix.startswith(DEMONSTRATION_PREFIX)


def location_code_of(site: Site) -> str:
    """The code of a place of work: the planting-area code that the authority gave, else our own address of it."""
    return site.planting_area_code or f"urn:uuid:{site.id}"


async def read_passport(session: AsyncSession, story: Story, *, serial: str | None = None) -> Passport:
    """Read what the passport says beside the story; `serial` is a unit of the story's lot that we issued."""
    commune = await places.describe(session, story.producer.commune_code)
    picture_id = await _find_picture(session, story.listing.id)
    stages = await _list_stages(session, story)
    warnings = _list_warnings(story)
    lacks = {
        Missing.PICTURE: picture_id is None,
        Missing.STREET: not story.producer.address_line,
        Missing.LOT: story.lot is None,
        Missing.STAGES: story.lot is not None and not story.sources,
        Missing.TRADE: story.lot is not None,
        Missing.BRAND: True,
        Missing.STANDARDS: not story.papers,
        Missing.CERTIFICATES: not story.papers,
        Missing.WARNINGS: not warnings,
    }
    return Passport(
        story=story,
        serial=serial,
        street=story.producer.address_line,
        commune=commune,
        picture_id=picture_id,
        stages=stages[: MOST_STAGES - 2] + stages[max(MOST_STAGES - 2, len(stages) - 2) :],
        more_stages=max(len(stages) - MOST_STAGES, 0),
        warnings=warnings,
        missing=[what for what, is_missing in lacks.items() if is_missing],
    )


async def _find_picture(session: AsyncSession, listing_id: UUID) -> UUID | None:
    covers = (await listings.photo_ids(session, [listing_id])).get(listing_id, [])[:1]
    photos = await media.get_photos(session, covers)
    return next((photo_id for photo_id in covers if photo_id in photos and photos[photo_id].is_public), None)


def _list_warnings(story: Story) -> list[Text]:
    lot = story.lot
    if lot is None:
        return []
    if lot.state is LotState.RECALLED:
        return [_("Lô này đã bị thu hồi. Bạn đừng dùng, đừng bán.")]
    if lot.state is LotState.HELD:
        return [_("Lô này đang bị giữ lại, chưa được bán.")]
    return []


async def _list_stages(session: AsyncSession, story: Story) -> list[Stage]:
    """The stages of a lot: the work on each site, each harvest or weigh slip, then the making, then the release."""
    lot = story.lot
    if lot is None:
        return []
    communes = await places.describe_many(session, {source.farm.commune_code for source in story.sources})
    sites = {source.site.id: source for source in story.sources}.values()
    sources = sorted(story.sources, key=lambda one: (one.harvested_at, one.source_id))
    stages = [stage for source in sites for stage in _worked(source, story.work, communes)]
    stages += [_gathered(source, communes) for source in sources]
    days = [(_("Chế biến, đóng gói thành lô"), lot.produced_on)]
    if parents := [parent.code for _row, parent in await lots.list_parents(session, [lot.id])]:
        codes = ", ".join(parents)
        words = _("Chia ra từ lô %(codes)s", codes=codes)
        if len(parents) > 1:
            words = _("Gộp từ các lô %(codes)s", codes=codes)
        days.append((words, today(lot.created_at)))
    if lot.released_at is not None:
        days.append((_("Kiểm sổ xong, cho bán"), today(lot.released_at)))
    return stages + [
        Stage(
            words,
            begun_on=day,
            ended_on=day,
            place=story.producer.name,
            trace_code=f"(01){lot.gtin}(10){lot.code}",
            location_code=f"urn:uuid:{story.producer.id}",
        )
        for words, day in days
    ]


def _worked(source: Source, work: Sequence[DiaryEntry], communes: dict[str, str]) -> list[Stage]:
    """What the diary of one site tells: the growing, and the making that was done there."""
    stages = []
    told = [entry for entry in work if entry.site_id == source.site.id and entry.kind in GROWN | MADE]
    for kinds, words in ((GROWN, _("Nuôi trồng, chăm sóc")), (MADE, _("Sơ chế, chế biến"))):
        days = [today(entry.performed_at) for entry in told if entry.kind in kinds]
        if days:
            stages.append(
                Stage(
                    words,
                    begun_on=min(days),
                    ended_on=max(days),
                    place=_place_of(source, communes),
                    trace_code=f"urn:uuid:{source.site.id}",
                    location_code=location_code_of(source.site),
                )
            )
    return stages


def _place_of(source: Source, communes: dict[str, str]) -> str:
    return f"{source.farm.name}, {communes[source.farm.commune_code]}"


def _gathered(source: Source, communes: dict[str, str]) -> Stage:
    day = today(source.harvested_at)
    if source.kind is SourceKind.INTAKE:
        words = _("Cân nhập từ hộ")
    else:
        words = _("Hái chè") if source.crop is Crop.TEA else _("Đánh bắt")
    return Stage(
        words,
        begun_on=day,
        ended_on=day,
        place=_place_of(source, communes),
        trace_code=f"urn:uuid:{source.root_id}",
        location_code=location_code_of(source.site),
    )


def standards_of(passport: Passport) -> Sequence[Text]:
    """The standards that the valid papers are about, each once."""
    return list(dict.fromkeys(paper.words for paper in passport.story.papers))
