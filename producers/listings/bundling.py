"""Bundles: packs of one producer, sold together as one box at one price. Rules H1 and H2 of storefront/pricing/PRICING.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from producers.listings import service
from producers.listings.errors import BundleContentError
from producers.listings.models import Listing, PricedBy, SoldBy, Temperature
from producers.listings.schemas import MAX_PACK_G, MOST_OF_ONE, BundleFields, ListingFields, NewPack
from producers.listings.service import Content

LEAST_PIECES = 2
MOST_KINDS = 10
_MOST_STORAGE = 300
_STRICTER = list(Temperature)
"""How goods travel, the strictest last."""


async def list_choices(session: AsyncSession, producer_id: UUID) -> list[Content]:
    """List the packs that may lie in a bundle, none of each: those on sale by the piece at a fixed price, no bundles."""
    own = await service.list_listings(session, producer_id)
    packs = await service.list_variants(session, [listing.id for listing in own])
    return [
        Content(pack, listing, 0)
        for listing in own
        for pack in packs.get(listing.id, [])
        if pack.sold_by is SoldBy.PIECE and pack.priced_by is PricedBy.PIECE and not pack.is_bundle
    ]


async def create_bundle(
    session: AsyncSession,
    *,
    producer_id: UUID,
    fields: BundleFields,
    contents: Mapping[UUID, int],
    photos: Sequence[UUID] = (),
    now: datetime,
    listing_id: UUID | None = None,
) -> Listing:
    """Make a draft of one bundle: `contents` are pieces of the producer's own packs by variant, in their order.

    It keeps as long as what keeps shortest in it, and weighs what lies in it. A `listing_id` that made a listing before
    answers that one. Raises `BundleContentError`.
    """
    inside = _look_over({one.variant.id: one for one in await list_choices(session, producer_id)}, contents)
    storages = " ".join(dict.fromkeys(one.listing.storage for one in inside if one.listing.storage))
    return await service.create_listing(
        session,
        listing_id=listing_id,
        producer_id=producer_id,
        fields=ListingFields(
            title=fields.title,
            crop=inside[0].listing.crop,
            description=fields.description,
            storage=storages if len(storages) <= _MOST_STORAGE else "",
            temperature=max((one.listing.temperature for one in inside), key=_STRICTER.index),
            shelf_life_days=min(one.listing.shelf_life_days for one in inside),
        ),
        packs=[
            NewPack(
                name=fields.name,
                weight_g=sum(one.variant.net_weight_g * one.quantity for one in inside),
                price_minor=fields.price_minor,
            )
        ],
        photos=photos,
        contents={one.variant.id: one.quantity for one in inside},
        now=now,
    )


def _look_over(choices: Mapping[UUID, Content], contents: Mapping[UUID, int]) -> list[Content]:
    """What will lie in a box; refuses what cannot."""
    if any(variant_id not in choices for variant_id in contents):
        raise BundleContentError(
            _("Có gói không bỏ vào hộp được nữa. Bạn mở lại trang này rồi chọn lại giúp nhé.")
        )
    inside = [Content(choices[one].variant, choices[one].listing, pieces) for one, pieces in contents.items()]
    if sum(one.quantity for one in inside) < LEAST_PIECES:
        raise BundleContentError(_("Một hộp có từ 2 gói trở lên. Bạn ghi số gói bên cạnh từng món."))
    if len(inside) > MOST_KINDS or any(not 0 < one.quantity <= MOST_OF_ONE for one in inside):
        raise BundleContentError(_("Một hộp nhiều nhất 10 món, mỗi món nhiều nhất 20 gói."))
    if sum(one.variant.net_weight_g * one.quantity for one in inside) > MAX_PACK_G:
        raise BundleContentError(_("Hộp này nặng quá. Bạn bớt lại giúp nhé."))
    return inside
