"""Price lists: which price holds for whom from which quantity on. Rules L1 to L6 of pricing/PRICING.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import VN, today
from app.core.ids import uuid7
from app.web.cache import invalidate
from producers.listings import service as listings
from storefront.pricelists import repository
from storefront.pricelists.errors import (
    GroupNameError,
    GroupNotFoundError,
    ListWindowError,
    PriceListNotFoundError,
    StepQuantityError,
)
from storefront.pricelists.models import BuyerGroup, PriceList, PriceStep

MOST_SHOWN = 100


@dataclass(frozen=True)
class Offer:
    """A price of a list: đồng per piece or per kilo, from so many pieces or grams on."""

    list_name: str
    from_quantity: int
    price_minor: int


async def list_offers(
    session: AsyncSession, variant_ids: Collection[UUID], *, phone: str | None, now: datetime
) -> dict[UUID, list[Offer]]:
    """List what holds now for whoever proved this phone number (E.164; None: for everybody), the smallest step first.

    One query. A variant without a list is left out.
    """
    found: dict[UUID, list[Offer]] = defaultdict(list)
    for variant_id, name, from_quantity, price in await repository.list_offers(
        session, variant_ids, phone=phone, now=now
    ):
        found[variant_id].append(Offer(name, from_quantity, price))
    return dict(found)


def find_best(offers: Iterable[Offer], *, quantity: int, retail_minor: int) -> Offer | None:
    """Find the lowest price that holds at this quantity; None when the listing's own is not above it.

    Of two lists with one price the step that began earlier is told.
    """
    holding = [one for one in offers if one.from_quantity <= quantity and one.price_minor < retail_minor]
    return min(holding, key=lambda one: (one.price_minor, one.from_quantity), default=None)


async def make_list(
    session: AsyncSession,
    *,
    producer_id: UUID,
    name: str,
    group_id: UUID | None,
    first_day: date,
    last_day: date | None,
    person_id: UUID,
    now: datetime,
    list_id: UUID | None = None,
) -> PriceList:
    """Make an empty list, from `first_day` to the end of `last_day` in Vietnam (None: until it is ended).

    With a `list_id` that made one before that one is answered. Raises `ListWindowError`, `GroupNotFoundError` for a
    group that is not this producer's, and `PriceListNotFoundError` for another's id.
    """
    if last_day is not None and last_day < max(first_day, today(now)):
        raise ListWindowError
    if group_id is not None:
        await _own_group(session, group_id, producer_id)
    wanted = list_id or uuid7()
    values = {
        "id": wanted,
        "producer_id": producer_id,
        "name": name,
        "group_id": group_id,
        "valid_from": datetime.combine(first_day, time(), VN),
        "valid_until": datetime.combine(last_day + timedelta(days=1), time(), VN) if last_day else None,
        "made_by_id": person_id,
        "created_at": now,
    }
    await repository.insert_list(session, values)
    return await get_own_list(session, list_id=wanted, producer_id=producer_id)


async def end_list(session: AsyncSession, *, list_id: UUID, producer_id: UUID, now: datetime) -> None:
    """Let a list end now; one that is over stays as it is. Raises `PriceListNotFoundError`."""
    found = await get_own_list(session, list_id=list_id, producer_id=producer_id)
    await repository.end_list(session, list_id=list_id, now=now)
    await _rebuild(session, {step.variant_id for step in await repository.list_steps(session, [found.id])})


async def set_step(
    session: AsyncSession,
    *,
    list_id: UUID,
    producer_id: UUID,
    variant_id: UUID,
    from_quantity: int,
    price_minor: int,
) -> None:
    """Say what a pack costs (đồng per piece or per kilo) from so many pieces or grams on; saying it again changes it.

    Raises `PriceListNotFoundError`, the listings' `VariantNotFoundError` or `ListingNotFoundError` for a pack of
    somebody else, and `StepQuantityError`.
    """
    await get_own_list(session, list_id=list_id, producer_id=producer_id)
    variant = await listings.get_variant(session, variant_id)
    await listings.get_own_listing(session, listing_id=variant.listing_id, producer_id=producer_id)
    if from_quantity <= 0 or from_quantity % variant.step:
        raise StepQuantityError
    values = {"price_list_id": list_id, "variant_id": variant_id, "from_quantity": from_quantity}
    await repository.save_step(session, {**values, "price_minor": price_minor})
    await _rebuild(session, {variant_id})


async def remove_step(
    session: AsyncSession, *, list_id: UUID, producer_id: UUID, variant_id: UUID, from_quantity: int
) -> None:
    """Take a step out of a list; doing it again is harmless. Raises `PriceListNotFoundError`."""
    await get_own_list(session, list_id=list_id, producer_id=producer_id)
    await repository.remove_step(session, list_id=list_id, variant_id=variant_id, from_quantity=from_quantity)
    await _rebuild(session, {variant_id})


async def list_lists(session: AsyncSession, producer_id: UUID) -> list[PriceList]:
    """List a producer's lists, those that are over too, the newest first."""
    return await repository.list_lists(session, producer_id, limit=MOST_SHOWN)


async def list_steps(session: AsyncSession, list_ids: Collection[UUID]) -> list[PriceStep]:
    """List the steps of some lists, variant by variant from the smallest quantity on; one query."""
    return await repository.list_steps(session, list_ids)


async def make_group(
    session: AsyncSession, *, producer_id: UUID, name: str, now: datetime, group_id: UUID | None = None
) -> BuyerGroup:
    """Make a group without anybody in it, or answer the one that this `group_id` made before.

    Raises `GroupNameError`, `GroupNotFoundError` (another's id).
    """
    wanted = group_id or uuid7()
    values = {"id": wanted, "producer_id": producer_id, "name": name, "created_at": now}
    group = await repository.insert_group(session, values) or await repository.find_group(session, wanted)
    if group is None:
        raise GroupNameError
    if group.producer_id != producer_id:
        raise GroupNotFoundError
    return group


async def set_phones(
    session: AsyncSession, *, group_id: UUID, producer_id: UUID, phones: Collection[str]
) -> None:
    """Say who is in a group by phone numbers (E.164), all of them at once; raises `GroupNotFoundError`."""
    await _own_group(session, group_id, producer_id)
    await repository.replace_phones(session, group_id, set(phones))


async def list_groups(session: AsyncSession, producer_id: UUID) -> list[BuyerGroup]:
    """List a producer's groups by name."""
    return await repository.list_groups(session, producer_id, limit=MOST_SHOWN)


async def list_phones(session: AsyncSession, group_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """List the numbers (E.164) in each of some groups; one query."""
    found: dict[UUID, list[str]] = defaultdict(list)
    for group_id, phone in await repository.list_phones(session, group_ids):
        found[group_id].append(phone)
    return found


async def get_own_list(session: AsyncSession, *, list_id: UUID, producer_id: UUID) -> PriceList:
    """Get a list of this producer; another producer's does not exist for them (`PriceListNotFoundError`)."""
    found = await repository.find_list(session, list_id)
    if found is None or found.producer_id != producer_id:
        raise PriceListNotFoundError
    return found


async def _own_group(session: AsyncSession, group_id: UUID, producer_id: UUID) -> BuyerGroup:
    group = await repository.lock_group(session, group_id)
    if group is None or group.producer_id != producer_id:
        raise GroupNotFoundError
    return group


async def _rebuild(session: AsyncSession, variant_ids: Collection[UUID]) -> None:
    """Rebuild the pages that tell the prices for everybody."""
    variants = await listings.get_variants(session, variant_ids)
    for listing_id in sorted({variant.listing_id for variant in variants.values()}):
        await invalidate(session, f"listing:{listing_id}")
