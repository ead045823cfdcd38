"""The resolver: what a product's code, a lot's and a label's lead to; the story that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import Text, _
from app.media import service as media
from app.places import service as places
from producers.certificates import service as certificates
from producers.certificates.models import Certificate, CertificateKind
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Producer
from producers.diaries import service as diaries
from producers.farms.models import Farm
from producers.inputs import service as inputs
from producers.listings import service as listings
from producers.listings.models import Listing, ListingState, Variant
from traceability.labels import service as labels
from traceability.labels.models import SerialState
from traceability.links import service as links
from traceability.links.addresses import fill_template, places_of
from traceability.links.vocabulary import LINK_TYPES
from traceability.lots import service as lots
from traceability.lots.models import Lot, LotState
from traceability.resolver import diary_words, landscape
from traceability.resolver.diary_words import Step
from traceability.resolver.digital_link import Link
from traceability.resolver.errors import PracticeLabelError, ProductUnknownError

if TYPE_CHECKING:
    from producers.diaries.models import DiaryEntry
    from traceability.lots.sources import Source

MOST_THUMBNAIL = 7_000
"""Characters of a `data:` address: about 5 KB of picture."""
NOT_LOGGED = "log:waiting"
"""Tag of stories whose lot has no place in the log yet: dropped when the log grows."""
NOT_WITNESSED = "log:unwitnessed"
"""Tag of stories that say that no witness signed yet: dropped when one does."""
_MOST_HOUSEHOLDS = 8
_MOST_EXTRAS = 6
_CERTIFICATES: dict[CertificateKind, Text] = {
    CertificateKind.VIETGAP: _("VietGAP"),
    CertificateKind.ORGANIC: _("Hữu cơ"),
    CertificateKind.OCOP: _("OCOP"),
    CertificateKind.FOOD_SAFETY: _("An toàn thực phẩm"),
}


class Mood(StrEnum):
    """How an answer looks: as it should be, something to know, or stop."""

    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"


@dataclass(frozen=True)
class Answer:
    """The first thing that a scan says."""

    mood: Mood
    words: Text
    more: Text | None
    lines: tuple[Text, ...] = ()
    """What else there is to say, each by itself."""


@dataclass(frozen=True)
class Paper:
    """A certificate that was valid then."""

    words: Text
    stars: int | None
    number: str
    issuer: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True)
class Place:
    """Where it grew: names, and the drawn picture when the place is known."""

    names: str
    altitude_m: int | None
    picture: str | None


@dataclass(frozen=True)
class Extra:
    """What the producer wrote elsewhere: its link type, and the words to tap."""

    link_type: str
    title: Text | str


@dataclass(frozen=True)
class Story:
    """Everything that the page of a product, or of one of its lots, tells."""

    link: Link
    listing: Listing
    variant: Variant
    producer: Producer
    lot: Lot | None
    answer: Answer | None
    households: list[str]
    more_households: int
    place: Place
    steps: list[Step]
    papers: list[Paper]
    thumbnail: str | None
    is_on_sale: bool
    sources: list[Source]
    work: list[DiaryEntry]
    extras: list[Extra]

    @property
    def tags(self) -> set[str]:
        """The facts that this page shows, for the page cache."""
        tags = {f"listing:{self.listing.id}", f"producer:{self.producer.id}"}
        return tags | {f"lot:{self.lot.id}"} if self.lot else tags


# ---------------------------------------------------------------- the story


async def find_lot_of(session: AsyncSession, link: Link) -> Lot | None:
    """Find the lot that a link names: by its code, or by the label's serial when the link has no lot."""
    if link.lot_code is not None:
        return await lots.find_lot(session, gtin=link.gtin, code=link.lot_code)
    if link.serial is None:
        return None
    serial = await labels.find_serial(session, gtin=link.gtin, serial=link.serial)
    return await lots.get_lot(session, serial.lot_id) if serial else None


async def find_unit(session: AsyncSession, link: Link, lot: Lot | None) -> str | None:
    """The serial that a link names, if it stands on a label that we printed for this lot."""
    if link.serial is None or lot is None:
        return None
    serial = await labels.find_serial(session, gtin=link.gtin, serial=link.serial)
    is_ours = serial is not None and serial.lot_id == lot.id and serial.state is not SerialState.VOID
    return link.serial if is_ours else None


async def read_story(session: AsyncSession, *, gtin: str, lot: Lot | None, now: datetime) -> Story:
    """Read the story of a product or of one of its lots; raises `ProductUnknownError`, `PracticeLabelError`."""
    variant = await listings.find_variant_by_gtin(session, gtin)
    if variant is None:
        raise ProductUnknownError
    listing = await listings.get_listing(session, variant.listing_id)
    producer = await cooperatives.get_producer(session, listing.producer_id)
    if producer.is_practice:
        raise PracticeLabelError
    sources = (
        [source for _row, source in await lots.list_standing_sources(session, lot) if source] if lot else []
    )
    homes = list({source.farm.id: source.farm for source in sources}.values())
    work = await _list_work(session, sources)
    day = lot.produced_on if lot else today(now)
    return Story(
        link=Link(gtin, lot.code if lot else None),
        listing=listing,
        variant=variant,
        producer=producer,
        lot=lot,
        answer=await _answer(session, lot, now) if lot else None,
        households=[home.name for home in homes[:_MOST_HOUSEHOLDS]],
        more_households=max(len(homes) - _MOST_HOUSEHOLDS, 0),
        place=await _place(session, producer, homes),
        steps=await _tell(session, work),
        papers=[_paper(found) for found in await certificates.list_valid(session, producer.id, on=day)],
        thumbnail=await _thumbnail(session, listing.id),
        is_on_sale=variant.is_active and listing.state is ListingState.PUBLISHED,
        sources=sources,
        work=work,
        extras=await _list_extras(session, Link(gtin, lot.code if lot else None)),
    )


async def _list_extras(session: AsyncSession, link: Link) -> list[Extra]:
    """The types of the producer's public links here, the closest level's first; one link shows its own title."""
    values = places_of(link.anchor)
    found: dict[str, list[str]] = {}
    for added in reversed((await links.list_at(session, link.anchor)).values()):
        here: dict[str, list[str]] = {}
        for one in added:
            if one.is_public and fill_template(one.href, values) is not None:
                here.setdefault(one.link_type, []).append(one.title)
        found = {**found, **{kind: titles for kind, titles in here.items() if kind not in found}}
    extras = [
        Extra(kind, titles[0] if len(titles) == 1 else LINK_TYPES[kind]) for kind, titles in found.items()
    ]
    return extras[:_MOST_EXTRAS]


async def _answer(session: AsyncSession, lot: Lot, now: datetime) -> Answer:
    if lot.state is LotState.RECALLED:
        return Answer(
            Mood.BAD,
            _("Lô này đã bị thu hồi"),
            _("Bạn đừng dùng, đừng bán. Hãy giữ nguyên gói và gọi cho nơi bạn mua."),
        )
    if lot.state is LotState.HELD:
        return Answer(
            Mood.WAIT, _("Lô này đang bị giữ lại, chưa được bán"), await lots.explain_hold(session, lot)
        )
    if lot.expires_on < today(now):
        return Answer(
            Mood.WAIT,
            _("Lô này đã quá hạn dùng"),
            _("Hạn dùng là ngày %(day)s.", day=f"{lot.expires_on:%d/%m/%Y}"),
        )
    return Answer(
        Mood.GOOD,
        _("Lô này có sổ ghi chép từ nơi nuôi trồng"),
        _("Dưới đây là những việc bà con đã ghi lại, đúng như trong sổ."),
    )


async def _list_work(session: AsyncSession, sources: Sequence[Source]) -> list[DiaryEntry]:
    """The work on the lot's sites up to each one's last harvest for this lot."""
    until: dict[UUID, datetime] = {}
    for source in sources:
        until[source.site.id] = max(source.harvested_at, until.get(source.site.id, source.harvested_at))
    if not until:
        return []
    entries = await diaries.list_effective(session, site_ids=list(until), until=max(until.values()))
    return [entry for entry in entries if entry.performed_at <= until[entry.site_id]]


async def _tell(session: AsyncSession, work: Sequence[DiaryEntry]) -> list[Step]:
    used = await inputs.get_inputs(session, {entry.input_id for entry in work if entry.input_id})
    return diary_words.tell(work, {input_id: found.name for input_id, found in used.items()})


async def _place(session: AsyncSession, producer: Producer, homes: Sequence[Farm]) -> Place:
    home = next((home for home in homes if home.latitude_e6 is not None), homes[0] if homes else None)
    names = await places.describe(session, home.commune_code if home else producer.commune_code)
    if home is None or home.latitude_e6 is None or home.longitude_e6 is None:
        return Place(names, home.altitude_m if home else None, None)
    commune, _sep, province = names.partition(", ")
    svg = landscape.draw_place(
        latitude_e6=home.latitude_e6,
        longitude_e6=home.longitude_e6,
        names=(commune, province),
        altitude=f"{home.altitude_m} m" if home.altitude_m else "",
    )
    return Place(names, home.altitude_m, landscape.as_data_uri(svg))


def _paper(certificate: Certificate) -> Paper:
    return Paper(
        words=_CERTIFICATES[certificate.kind],
        stars=certificate.stars,
        number=certificate.number,
        issuer=certificate.issuer,
        valid_from=certificate.valid_from,
        valid_until=certificate.valid_until,
    )


async def _thumbnail(session: AsyncSession, listing_id: UUID) -> str | None:
    """The cover as a `data:` address, when it is small enough to stand inside the page."""
    covers = (await listings.photo_ids(session, [listing_id])).get(listing_id, [])
    photos = await media.get_photos(session, covers[:1])
    for photo in photos.values():
        address = media.thumbnail_uri(photo)
        if photo.is_public and len(address) <= MOST_THUMBNAIL:
            return address
    return None
