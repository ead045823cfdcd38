"""An id that made something elsewhere, which a form of another thing of the house brings along: it is not found there."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from producers.cooperatives.models import Role
from producers.farms import service as farms
from producers.farms.errors import SiteNotFoundError
from producers.farms.models import Crop, SiteKind
from producers.farms.schemas import NewSite
from producers.listings import service as listings
from producers.listings.errors import VariantNotFoundError
from producers.listings.models import Variant
from producers.listings.schemas import ListingFields, NewPack
from producers.mandates import service as mandates
from producers.mandates.errors import MandateNotFoundError
from producers.mandates.models import Mandate, MandateRequest, Scope
from storefront.preorders import service as preorders
from storefront.preorders.errors import OfferOpenError
from storefront.stock import service as stock
from storefront.stock.errors import StockItemNotFoundError
from storefront.stock.models import StockMovement
from storefront.tours import extras, resources, season_prices, seasons
from storefront.tours import service as tours
from storefront.tours.errors import PlanError, SeasonNotFoundError, TourNotFoundError
from storefront.tours.resource_models import TourResource
from storefront.tours.schemas import (
    ExtraFields,
    OptionFields,
    ResourceFields,
    SeasonFields,
    SeasonPriceFields,
)
from tests.factories import people, producers, storefront, traceability, visits
from tests.factories import preorders as ahead
from traceability.labels import service as labels
from traceability.labels.errors import SheetNotFoundError
from traceability.labels.schemas import Layout

NOW = visits.NOW
PLOT = NewSite(name="Đồi sau", kind=SiteKind.PLOT, crop=Crop.TEA, area_m2="2.000")
LUNCH = ExtraFields(name="Cơm trưa", price_minor="80k", is_active=True)
OPTION = OptionFields(name="Có cơm", max_units="10", adult_minor="200k")


async def test_a_site_of_another_farm(session: AsyncSession) -> None:
    """A site's id leads to no site of another farm, the same producer's or not."""
    site = await producers.make_site(session)
    other = await producers.make_farm(session)
    again = await farms.create_site(session, farm_id=site.farm_id, site=PLOT, site_id=site.id, now=NOW)
    assert again is site
    with pytest.raises(SiteNotFoundError):
        await farms.create_site(session, farm_id=other.id, site=PLOT, site_id=site.id, now=NOW)


async def test_a_pack_of_another_listing(session: AsyncSession) -> None:
    """An edit adds no pack under the id of another listing's, and its own only once."""
    variant, other = await storefront.make_variant(session), await storefront.make_variant(session)
    listing = await listings.get_listing(session, variant.listing_id)
    fields = ListingFields.model_validate(
        {name: getattr(listing, name) for name in ListingFields.model_fields}
    )
    pack = NewPack(name="Gói to", weight_g="1 kg", price_minor="900k")
    pack_id = uuid7()
    for _time in range(2):
        await listings.update_listing(
            session, listing_id=listing.id, version=1, fields=fields, packs=[pack], pack_id=pack_id, now=NOW
        )
    count = select(func.count()).select_from(Variant).where(Variant.listing_id == listing.id)
    assert await session.scalar(count) == 2
    with pytest.raises(VariantNotFoundError):
        await listings.update_listing(
            session, listing_id=listing.id, version=3, fields=fields, packs=[pack], pack_id=other.id, now=NOW
        )


async def test_a_sheet_of_another_lot(session: AsyncSession) -> None:
    """Labels of one lot are no answer to whoever prints those of another."""
    shop = await traceability.make_workshop(session)
    first, second = [await traceability.make_lot(session, shop) for _lot in range(2)]
    how = {"count": 1, "layout": Layout.A4, "person_id": first.created_by_id, "now": NOW}
    made = await labels.print_labels(session, lot_id=first.id, sheet_id=uuid7(), **how)
    assert await labels.print_labels(session, lot_id=first.id, sheet_id=made.id, **how) is made
    with pytest.raises(SheetNotFoundError):
        await labels.print_labels(session, lot_id=second.id, sheet_id=made.id, **how)


async def test_a_correction_of_another_shelf(session: AsyncSession) -> None:
    """A correction counts once where it was made, and nowhere else."""
    items = [
        await storefront.make_stock(session, await storefront.make_variant(session)) for _item in range(2)
    ]
    how = {"delta": 2, "reason": "đếm sót", "person_id": (await people.make_person(session)).id, "now": NOW}
    movement_id = uuid7()
    for _time in range(2):
        await stock.adjust(session, stock_item_id=items[0].id, movement_id=movement_id, **how)
    with pytest.raises(StockItemNotFoundError):
        await stock.adjust(session, stock_item_id=items[1].id, movement_id=movement_id, **how)
    assert (await session.get_one(StockMovement, movement_id)).stock_item_id == items[0].id


async def test_a_harvest_of_another_pack(session: AsyncSession) -> None:
    """The same id again answers the open offer; for another pack it is that pack's own business."""
    variant, other = await storefront.make_variant(session), await storefront.make_variant(session)
    offer = await ahead.make_offer(session, variant)
    person = await people.make_person(session)

    async def open_again(pack: Variant) -> object:
        listing = await listings.get_listing(session, pack.listing_id)
        return await preorders.open_offer(
            session,
            producer_id=listing.producer_id,
            variant_id=pack.id,
            cap=10,
            expected_on=ahead.EXPECTED,
            person_id=person.id,
            offer_id=offer.id,
            now=NOW,
        )

    assert await open_again(variant) is offer
    with pytest.raises(OfferOpenError):
        await open_again(other)


async def test_parts_of_another_visit(session: AsyncSession) -> None:
    """An option, an add-on, a price of a season and a season: each belongs to one visit."""
    visit, other = await visits.make_visit(session), await visits.make_visit(session)
    made = {"tour_id": visit.tour.id, "new_id": uuid7(), "now": NOW}
    option = await tours.save_option(session, option_id=None, fields=OPTION, **made)
    assert await tours.save_option(session, option_id=None, fields=OPTION, **made) is option
    extra = await extras.save_extra(session, extra_id=None, fields=LUNCH, **made)
    assert await extras.save_extra(session, extra_id=None, fields=LUNCH, **made) is extra
    elsewhere = made | {"tour_id": other.tour.id}
    with pytest.raises(TourNotFoundError):
        await tours.save_option(session, option_id=None, fields=OPTION, **elsewhere)
    with pytest.raises(TourNotFoundError):
        await extras.save_extra(session, extra_id=None, fields=LUNCH, **elsewhere)
    days = {"from_on": visit.departure.local_on, "until_on": visit.departure.local_on}
    tet = {"option_id": visit.option.id, "name": "Tết", "adult_minor": "250k", **days}
    how = {"price_id": uuid7(), "now": NOW}
    for _time in range(2):
        await season_prices.add(
            session, option_ids={visit.option.id}, fields=SeasonPriceFields.model_validate(tet), **how
        )
    with pytest.raises(TourNotFoundError):
        theirs = SeasonPriceFields.model_validate(tet | {"option_id": other.option.id})
        await season_prices.add(session, option_ids={other.option.id}, fields=theirs, **how)
    season = SeasonFields(
        from_on=visit.departure.local_on,
        until_on=visit.departure.local_on + timedelta(days=20),
        weekdays=[5],
        starts="15:00",
        capacity="9",
    )
    rule = await seasons.create_rule(session, tour_id=visit.tour.id, fields=season, rule_id=uuid7(), now=NOW)
    again = await seasons.create_rule(session, tour_id=visit.tour.id, fields=season, rule_id=rule.id, now=NOW)
    assert again is rule
    with pytest.raises(SeasonNotFoundError):
        await seasons.create_rule(session, tour_id=other.tour.id, fields=season, rule_id=rule.id, now=NOW)


async def test_what_another_helper_asked_for(session: AsyncSession, house: House) -> None:
    """One message and one grant for one form; another helper's form finds neither."""
    farmer = await producers.make_membership(session, role=Role.MEMBER)
    one = await producers.make_membership(session, role=Role.MEMBER, producer_id=farmer.producer_id)
    two = await producers.make_membership(session, role=Role.MEMBER, producer_id=farmer.producer_id)
    asked = mandates.Asked(
        farmer_id=farmer.person_id,
        producer_id=farmer.producer_id,
        helper_id=one.person_id,
        scopes=frozenset({Scope.DIARY}),
        ends_at=NOW + timedelta(days=30),
    )
    theirs = mandates.Asked(**vars(asked) | {"helper_id": two.person_id})
    first = await mandates.request_otp(session, asked=asked, now=NOW)
    assert await mandates.request_otp(session, asked=asked, now=NOW) is first
    with pytest.raises(MandateNotFoundError):
        await mandates.request_otp(session, asked=theirs, now=NOW)
    granted = await mandates.grant_by_voice(session, house.files, asked=asked, content=b"OggS", now=NOW)
    again = await mandates.grant_by_voice(session, house.files, asked=asked, content=b"OggS", now=NOW)
    assert again is granted
    with pytest.raises(MandateNotFoundError):
        await mandates.grant_by_voice(session, house.files, asked=theirs, content=b"OggS", now=NOW)
    for table in (Mandate, MandateRequest):
        assert await session.scalar(select(func.count()).select_from(table)) == 1


async def test_two_forms_for_one_guide_at_once(db: Database) -> None:
    """A member is one guide of a producer, however many forms of theirs are sent at the same instant."""
    async with db.transaction() as session:
        member = await producers.make_membership(session, role=Role.GUIDE)
    fields = ResourceFields(name="Chị Lan", person_id=member.person_id, languages=["vi"], is_active=True)

    async def make() -> bool:
        try:
            async with db.transaction() as session:
                await resources.save_resource(
                    session,
                    producer_id=member.producer_id,
                    resource_id=None,
                    new_id=uuid7(),
                    fields=fields,
                    now=NOW,
                )
        except PlanError:
            return False
        return True

    assert sorted(await asyncio.gather(*(make() for _form in range(6)))) == [False] * 5 + [True]
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(TourResource)) == 1
