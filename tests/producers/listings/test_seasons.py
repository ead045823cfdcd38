"""The season of a listing as its producer writes it: rule S1 of storefront/pricing/PRICING.md."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from app.core.fields import explain
from producers.cooperatives.models import Role
from producers.listings.models import Listing
from producers.listings.schemas import ListingFields
from tests.factories.people import log_in
from tests.factories.producers import make_membership
from tests.factories.storefront import make_variant

TYPED = {"title": "Cam sành", "crop": "tea", "shelf_life_days": "30"}


def test_a_season_does_not_end_before_it_begins():
    """S1: its last day may be its first; one before that is told beside the field, and either may be left open."""
    with pytest.raises(ValidationError) as refused:
        ListingFields.model_validate(TYPED | {"sold_from": "2026-12-01", "sold_until": "2026-11-30"})
    assert list(explain(refused.value)) == ["sold_until"]
    one_day = ListingFields.model_validate(TYPED | {"sold_from": "2026-12-01", "sold_until": "2026-12-01"})
    assert one_day.sold_until == date(2026, 12, 1)
    assert ListingFields.model_validate(TYPED | {"sold_until": "2026-12-01"}).sold_from is None


async def test_a_season_is_written_shown_and_taken_away(db, client):
    """S1: the form keeps both days, shows them again, and an emptied field takes a day away."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        listing = await session.get_one(Listing, variant.listing_id)
        manager = await make_membership(session, producer_id=listing.producer_id, role=Role.MANAGER)
        await log_in(session, client, manager.person_id)
    door = f"/producer/listings/{listing.id}"
    pack = {f"pack_{variant.id}_name": "Hộp 200 g", f"pack_{variant.id}_price_minor": "350.000"}
    typed = TYPED | pack | {f"pack_{variant.id}_is_active": "1", "version": "1"}
    season = {"sold_from": "2026-12-01", "sold_until": "2027-02-28"}
    assert (await client.post(door, data=typed | season)).status_code == 303
    page = (await client.get(door)).text
    assert 'value="2026-12-01"' in page and 'value="2027-02-28"' in page
    known = {"was_sold_from": "2026-12-01", "was_sold_until": "2027-02-28", "version": "2"}
    emptied = typed | known | {"sold_from": "2026-12-01", "sold_until": ""}
    assert (await client.post(door, data=emptied)).status_code == 303
    async with db.transaction() as session:
        kept = await session.get_one(Listing, listing.id)
        assert (kept.sold_from, kept.sold_until) == (date(2026, 12, 1), None)
