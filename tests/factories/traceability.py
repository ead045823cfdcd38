"""The smallest valid lots and labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from producers.cooperatives.models import Producer
from producers.diaries.models import DiaryEntry
from producers.farms.models import Crop, Farm, Site
from producers.listings.models import Listing, ListingState, SoldBy, Variant
from tests.factories import producers as grown
from traceability.labels.models import LabelSheet, Serial, SerialState
from traceability.labels.service import new_serial
from traceability.lots.models import Lot, LotSource, LotState
from traceability.reports.models import Sign, SuspectReport
from traceability.resolver.digital_link import check_digit

T = TypeVar("T")
NOW = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 12)


async def _add(session: AsyncSession, row: T) -> T:
    session.add(row)
    await session.flush()
    return row


def new_gtin() -> str:
    """A GTIN-14 of the demonstration prefix 952 with its check digit."""
    digits = f"0952{uuid7().int % 10**9:09}"
    return f"{digits}{check_digit(digits)}"


@dataclass
class Workshop:
    """A producer with a plot, a pack of 100 g, and somebody who works there."""

    producer: Producer
    farm: Farm
    site: Site
    listing: Listing
    variant: Variant
    person_id: UUID


async def make_workshop(session: AsyncSession, *, crop: Crop = Crop.TEA, **of_farm: object) -> Workshop:
    """Everything that a lot needs before the first harvest."""
    producer = await grown.make_producer(session)
    farm = await grown.make_farm(session, producer_id=producer.id, **of_farm)
    site = await grown.make_site(session, farm_id=farm.id, crop=crop)
    listing = await _add(
        session,
        Listing(
            producer_id=producer.id,
            slug=f"che-{uuid7().hex[-12:]}",
            title="Chè đinh",
            crop=crop,
            state=ListingState.PUBLISHED,
            storage="Để nơi khô mát",
            shelf_life_days=365,
            updated_at=NOW,
            created_at=NOW,
        ),
    )
    variant = await make_variant(session, listing)
    person = await grown.make_person(session)
    return Workshop(producer, farm, site, listing, variant, person.id)


async def make_variant(session: AsyncSession, listing: Listing, **overrides: object) -> Variant:
    """A pack of 100 g under a GTIN of its own."""
    values: dict[str, object] = {
        "listing_id": listing.id,
        "name": "Gói 100 g",
        "gtin": new_gtin(),
        "sold_by": SoldBy.PIECE,
        "step": 1,
        "net_weight_g": 100,
        "price_minor": 90_000,
        "position": 0,
        "is_active": True,
        "created_at": NOW,
    }
    return await _add(session, Variant(**values | overrides))


async def make_harvest(session: AsyncSession, shop: Workshop, **overrides: object) -> DiaryEntry:
    """Fifty kilos picked yesterday on the workshop's plot."""
    values: dict[str, object] = {
        "site_id": shop.site.id,
        "producer_id": shop.producer.id,
        "person_id": shop.person_id,
        "quantity_g": 50_000,
        "performed_at": NOW - timedelta(days=1),
    }
    return await grown.make_entry(session, **values | overrides)


async def make_lot(session: AsyncSession, shop: Workshop, **overrides: object) -> Lot:
    """A released lot of ten kilos out of one harvest (`entry_id`, made when it is not given)."""
    entry_id = overrides.pop("entry_id", None) or (await make_harvest(session, shop)).id
    values: dict[str, object] = {
        "producer_id": shop.producer.id,
        "variant_id": shop.variant.id,
        "gtin": shop.variant.gtin,
        "code": f"TC{uuid7().hex[-10:].upper()}",
        "quantity_g": 10_000,
        "labelled_g": 0,
        "produced_on": TODAY,
        "expires_on": TODAY + timedelta(days=365),
        "state": LotState.RELEASED,
        "created_by_id": shop.person_id,
        "released_at": NOW,
        "created_at": NOW,
    }
    lot = await _add(session, Lot(**values | overrides))
    await _add(session, LotSource(lot_id=lot.id, diary_entry_id=entry_id, quantity_g=45_000, created_at=NOW))
    return lot


async def make_serial(session: AsyncSession, lot: Lot, **overrides: object) -> Serial:
    """A printed label of a lot, on a sheet of its own."""
    sheet = await _add(
        session,
        LabelSheet(
            lot_id=lot.id,
            count=1,
            layout="a4_3x8",
            printed_by_id=lot.created_by_id,
            pdf_key=None,
            created_at=NOW,
        ),
    )
    values: dict[str, object] = {
        "sheet_id": sheet.id,
        "lot_id": lot.id,
        "gtin": lot.gtin,
        "serial": new_serial(),
        "state": SerialState.ISSUED,
        "created_at": NOW,
    }
    return await _add(session, Serial(**values | overrides))


async def make_report(session: AsyncSession, shop: Workshop, **overrides: object) -> SuspectReport:
    """A report about a label of the workshop."""
    values: dict[str, object] = {
        "producer_id": shop.producer.id,
        "gtin": shop.variant.gtin,
        "lot_code": "L",
        "serial": "S1",
        "sign": Sign.PACK,
        "created_at": NOW,
    }
    return await _add(session, SuspectReport(**values | overrides))
