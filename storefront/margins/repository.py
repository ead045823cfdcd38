"""Selects of margins: four statements, however many slips, lots and orders there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from producers.farms.models import Crop
from producers.intake.models import Grade
from storefront.ledger import accounts
from storefront.ledger.periods import Period
from storefront.margins import questions


@dataclass(frozen=True)
class Bought:
    """Slips of one crop and grade (or, without a grade, of one crop): grams and đồng.

    `is_nobodys`: of farms of which nobody wrote down whose they are. `has_own`: some of it is the asking person's.
    """

    crop: Crop
    is_nobodys: bool
    grade: Grade | None
    slips: int
    households: int
    weight_g: int
    amount_minor: int
    unsettled_minor: int
    unmade_g: int
    has_own: bool


@dataclass(frozen=True)
class LotRow:
    """A lot with what lies there of it (pieces or grams), and what went straight into it of the period's slips.

    `raw_g` of `all_in_g` grams that went in are the period's; `leaf_g` and `cost_minor` are those of its slips.
    """

    id: UUID
    crop: Crop
    variant_id: UUID
    title: str
    variant_name: str
    by_piece: bool
    net_weight_g: int
    quantity_g: int
    moved_g: int
    is_for_sale: bool
    unsold: int
    was_on_shelf: bool
    raw_g: Decimal
    leaf_g: Decimal
    cost_minor: Decimal
    all_in_g: Decimal


@dataclass(frozen=True)
class SoldRow:
    """What a whole lot came to: grams, then đồng of the books."""

    lot_id: UUID
    sold_g: Decimal
    back_g: Decimal
    pending_g: Decimal
    goods: Decimal
    delivery: Decimal
    market: Decimal
    payment: Decimal
    tax: Decimal
    sending: Decimal


async def list_bought(
    session: AsyncSession, *, producer_id: UUID, person_id: UUID, period: Period
) -> list[Bought]:
    """Select what was weighed in, by crop and grade and by crop."""
    wanted = _days(producer_id, period) | {"person_id": person_id}
    rows = await session.execute(text(questions.BOUGHT), wanted)
    return [
        Bought(Crop(crop), is_nobodys, Grade(grade) if grade else None, *rest)
        for crop, is_nobodys, grade, *rest in rows
    ]


async def list_lots(session: AsyncSession, *, producer_id: UUID, period: Period) -> list[LotRow]:
    """Select the lots that something of the period went into, straight or through other lots."""
    rows = await session.execute(text(questions.LOTS), _days(producer_id, period))
    return [LotRow(lot_id, Crop(crop), *rest) for lot_id, crop, *rest in rows]


async def list_ways(session: AsyncSession, lot_ids: Collection[UUID]) -> list[tuple[UUID, UUID, int]]:
    """Select (lot, lot that it came from, grams)."""
    rows = await session.execute(text(questions.WAYS), {"lot_ids": list(lot_ids)})
    return [(lot_id, from_lot_id, grams) for lot_id, from_lot_id, grams in rows]


async def list_sold(
    session: AsyncSession, *, producer_id: UUID, lot_ids: Collection[UUID]
) -> dict[UUID, SoldRow]:
    """Select what became of lots in orders, by lot; one of which nothing was ordered is left out."""
    wanted = {
        "lot_ids": list(lot_ids),
        "producer_id": producer_id,
        "producer": str(producer_id),
        "seller": accounts.seller_payable(producer_id),
        "delivery": accounts.delivery_payable(producer_id),
    }
    rows = await session.execute(text(questions.SOLD), wanted)
    return {row[0]: SoldRow(*row) for row in rows}


def _days(producer_id: UUID, period: Period) -> dict[str, object]:
    since, until = period.instants
    return {"producer_id": producer_id, "since": since, "until": until}
