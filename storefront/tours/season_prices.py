"""Prices by season: on some days a ticket costs something else than usual (BOOKINGS.md, 88)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.core.ids import uuid7
from storefront.tours import season_price_repository
from storefront.tours.errors import PlanError, TourNotFoundError
from storefront.tours.models import SeasonPrice, TourUnit
from storefront.tours.schemas import SeasonPriceFields


def price_on(prices: Sequence[SeasonPrice], unit: TourUnit, day: date) -> int:
    """What a ticket costs on a day, in đồng: by the price list that is made for the fewest days, else as usual.

    Of two for as many days, the one for some weekdays goes first, then the newer. A kind that a list leaves out costs
    what it would cost without the list.
    """
    found = [
        (one.until_on - one.from_on, not one.weekdays, -one.id.int, price)
        for one in prices
        if one.option_id == unit.option_id
        and one.from_on <= day <= one.until_on
        and (not one.weekdays or day.weekday() in one.weekdays)
        and (price := one.price_minor(unit.kind)) is not None
    ]
    return min(found)[-1] if found else unit.price_minor


async def list_prices(session: AsyncSession, option_ids: Collection[UUID]) -> dict[UUID, list[SeasonPrice]]:
    """List the price lists of options, by their first day; one query, for no options none."""
    found: dict[UUID, list[SeasonPrice]] = defaultdict(list)
    if option_ids:
        for one in await season_price_repository.list_prices(session, option_ids):
            found[one.option_id].append(one)
    return found


async def add(
    session: AsyncSession,
    *,
    option_ids: Collection[UUID],
    fields: SeasonPriceFields,
    now: datetime,
    price_id: UUID | None = None,
) -> SeasonPrice:
    """Keep a price list of one of these options; raises `PlanError` for one without a price, or that ends before it begins.

    With a `price_id` that made one before that one is answered. `TourNotFoundError` for another's option or id.
    """
    if fields.option_id not in option_ids:
        raise TourNotFoundError
    if fields.until_on < fields.from_on:
        raise PlanError("until_on", _("Ngày cuối phải sau ngày đầu."))
    if fields.adult_minor is None and fields.child_minor is None and fields.family_minor is None:
        raise PlanError("adult_minor", _("Bạn ghi ít nhất một giá."))
    wanted = price_id or uuid7()
    await season_price_repository.insert_price(
        session, {"id": wanted, **fields.model_dump(), "created_at": now}
    )
    made = await season_price_repository.get_price(session, wanted)
    if made.option_id not in option_ids:
        raise TourNotFoundError
    return made


async def remove(session: AsyncSession, *, option_ids: Collection[UUID], price_id: UUID) -> None:
    """Take a price list away; what was booked keeps its price. Taken away already, nothing changes."""
    await season_price_repository.delete_price(session, price_id, option_ids)
