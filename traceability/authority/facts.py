"""The facts about lots, as the books hold them: read for many lots of one producer in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.clock import today
from app.media import service as media
from app.places import service as places
from producers.certificates import service as certificates
from producers.certificates.models import Certificate
from producers.cooperatives.models import Producer
from producers.diaries import service as diaries
from producers.diaries.models import DiaryEntry
from producers.intake import service as intake
from producers.listings import service as listings
from producers.listings.models import Listing, Variant
from traceability.lots import service as lots
from traceability.lots.models import Lot, LotSource
from traceability.lots.schemas import SourceKind
from traceability.lots.sources import Source

if TYPE_CHECKING:
    from traceability.authority.ports import Left, Sales


@dataclass(frozen=True)
class Facts:
    """What the books hold of one lot; `names` are people's by id, `communes` places' in words by code.

    `work`: what was done on the sites that the lot came from, up to the end of the day on which it was made, the oldest
    first. `sources`: the harvests and slips behind the lot, and how each stands now (None: taken back), also those that
    came through other lots. `parents`, `children`: lots that went in, and lots that something of this one went into.
    `gatherers`: who wrote each source down.
    """

    producer: Producer
    lot: Lot
    listing: Listing
    variant: Variant
    has_picture: bool
    sources: Sequence[tuple[LotSource, Source | None]]
    parents: Sequence[tuple[LotSource, Lot]]
    children: Sequence[tuple[LotSource, Lot]]
    gatherers: Mapping[UUID, UUID]
    work: Sequence[DiaryEntry]
    papers: Sequence[Certificate]
    left: Sequence[Left]
    names: Mapping[UUID, str]
    communes: Mapping[str, str]

    @property
    def standing(self) -> list[tuple[LotSource, Source]]:
        """The harvests and slips behind the lot that still stand in the books."""
        return [(row, source) for row, source in self.sources if source is not None]

    @property
    def taken_g(self) -> int:
        """Grams that went straight in: of harvests and slips, or of other lots."""
        own = sum(row.quantity_g for row, _source in self.sources if row.lot_id == self.lot.id)
        return own + sum(row.quantity_g for row, _lot in self.parents)


async def gather(
    session: AsyncSession, sales: Sales, *, producer: Producer, found: Sequence[Lot]
) -> list[Facts]:
    """Read the facts about lots of one producer, in their order."""
    lot_ids = [lot.id for lot in found]
    variants = await listings.get_variants(session, {lot.variant_id for lot in found})
    offered = await listings.get_listings(session, {one.listing_id for one in variants.values()})
    pictured = await _list_pictured(session, offered)
    sources = await lots.list_standing_of(session, producer_id=producer.id, lot_ids=lot_ids)
    parents = await lots.list_parents(session, lot_ids)
    children = await lots.list_children(session, lot_ids)
    all_sources = [source for rows in sources.values() for _row, source in rows if source is not None]
    work = await diaries.list_effective(session, site_ids={source.site.id for source in all_sources})
    gatherers = await _list_gatherers(session, all_sources)
    people = await accounts.get_people(session, {entry.person_id for entry in work} | set(gatherers.values()))
    codes = {source.farm.commune_code for source in all_sources} | {producer.commune_code}
    communes = await places.describe_many(session, codes)
    papers = await certificates.list_certificates(session, producer.id)
    left: dict[UUID, list[Left]] = {lot_id: [] for lot_id in lot_ids}
    for one in await sales.list_left(session, lot_ids):
        left[one.lot_id].append(one)
    facts = []
    for lot in found:
        listing = offered[variants[lot.variant_id].listing_id]
        sites = {source.site.id for _row, source in sources[lot.id] if source is not None}
        facts.append(
            Facts(
                producer=producer,
                lot=lot,
                listing=listing,
                variant=variants[lot.variant_id],
                has_picture=listing.id in pictured,
                sources=sources[lot.id],
                parents=[(row, parent) for row, parent in parents if row.lot_id == lot.id],
                children=[(row, child) for row, child in children if row.from_lot_id == lot.id],
                gatherers=gatherers,
                work=[
                    entry
                    for entry in work
                    if entry.site_id in sites and today(entry.performed_at) <= lot.produced_on
                ],
                papers=[one for one in papers if one.valid_from <= lot.produced_on <= one.valid_until],
                left=left[lot.id],
                names={person_id: person.name for person_id, person in people.items()},
                communes=communes,
            )
        )
    return facts


async def _list_pictured(session: AsyncSession, offered: Collection[UUID]) -> set[UUID]:
    """The listings whose cover everybody may see."""
    covers = {
        listing_id: photo_ids[0]
        for listing_id, photo_ids in (await listings.photo_ids(session, offered)).items()
    }
    photos = await media.get_photos(session, covers.values())
    return {listing_id for listing_id, photo_id in covers.items() if photos[photo_id].is_public}


async def _list_gatherers(session: AsyncSession, sources: Sequence[Source]) -> dict[UUID, UUID]:
    """Who wrote each harvest or weigh slip down, by the id of the record."""
    slips = await intake.get_slips(
        session, {one.source_id for one in sources if one.kind is SourceKind.INTAKE}
    )
    entries = await diaries.get_entries(
        session, {one.source_id for one in sources if one.kind is SourceKind.HARVEST}
    )
    return {slip.id: slip.recorded_by_id for slip in slips.values()} | {
        entry.id: entry.person_id for entry in entries.values()
    }
