"""Margins: leaf and fish of some days, followed from the weigh slip to the money of its goods. The rules stand in MARGINS.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.quantity import GRAMS_PER_KILOGRAM
from producers.farms.models import Crop
from storefront.ledger.periods import Period
from storefront.margins import repository
from storefront.margins.errors import NotWeighedInError, PeriodTooLongError
from storefront.margins.repository import Bought, LotRow, SoldRow

MOST_DAYS = 366
_NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Made:
    """One pack made of the period's goods: grams made, sold, and unsold on the shelf; `shelf_packs` where it is sold by piece."""

    title: str
    variant_name: str
    made_g: int
    sold_g: int
    shelf_g: int
    shelf_packs: int | None


@dataclass(frozen=True, kw_only=True)
class Money:
    """What the books say of the goods that were sold, the period's part of it (đồng).

    `sending_minor` is what couriers kept beyond what buyers paid for sending; `delivery_minor` is what buyers paid for it.
    """

    goods_minor: int
    market_fee_minor: int
    payment_fee_minor: int
    tax_minor: int
    sending_minor: int
    delivery_minor: int

    @property
    def left_minor(self) -> int:
        """What is left of the goods' price after all that was taken off it."""
        taken = self.market_fee_minor + self.payment_fee_minor + self.tax_minor + self.sending_minor
        return self.goods_minor - taken


@dataclass(frozen=True, kw_only=True)
class Margin:
    """One crop: what was bought (by grade, and in all), what became of it (grams), and what is left (đồng).

    `raw` is what was weighed in, `made` what came out of it. `gone_raw_g` and `gone_cost_minor` are the weight and the
    price of what stands behind the goods that are sold or were given back in money (G6).
    """

    crop: Crop
    grades: Sequence[Bought]
    bought: Bought
    nobodys_g: int
    used_raw_g: int
    made: Sequence[Made]
    made_g: int
    sold_g: int
    back_g: int
    pending_g: int
    shelf_g: int
    waiting_g: int
    money: Money
    gone_raw_g: int
    gone_cost_minor: int

    @property
    def other_g(self) -> int:
        """What left the shelf without an order of ours, or was lost; below zero when more lay there than was made (G7)."""
        return self.made_g - self.sold_g - self.back_g - self.pending_g - self.shelf_g - self.waiting_g

    @property
    def left_minor(self) -> int:
        """What is left of the goods that are gone, once their households are paid."""
        return self.money.left_minor - self.gone_cost_minor


@dataclass(frozen=True, kw_only=True)
class Margins:
    """A period's margins, one for each crop that was weighed in."""

    period: Period
    margins: Sequence[Margin]


@dataclass
class _Part:
    """The period's part of a lot: grams of it, grams that were weighed in for it, and what those cost."""

    made_g: Decimal = _NOTHING
    raw_g: Decimal = _NOTHING
    cost_minor: Decimal = _NOTHING

    def add(self, other: _Part, share: Decimal) -> None:
        """Take a share of another part in."""
        self.made_g += other.made_g * share
        self.raw_g += other.raw_g * share
        self.cost_minor += other.cost_minor * share


async def read_margins(
    session: AsyncSession, *, producer_id: UUID, person_id: UUID, reads_all: bool, period: Period
) -> Margins:
    """Read what a period's slips came to until now, in four queries at most.

    Who does not read all (`reads_all`) reads periods in which the own household weighed something in: raises
    `NotWeighedInError` otherwise (G8), and `PeriodTooLongError` above MOST_DAYS.
    """
    if period.days > MOST_DAYS:
        raise PeriodTooLongError
    bought = await repository.list_bought(
        session, producer_id=producer_id, person_id=person_id, period=period
    )
    if not reads_all and not any(one.has_own for one in bought):
        raise NotWeighedInError
    lots = await repository.list_lots(session, producer_id=producer_id, period=period) if bought else []
    ways: list[tuple[UUID, UUID, int]] = []
    sold: dict[UUID, SoldRow] = {}
    if lots:
        ids = [lot.id for lot in lots]
        ways = await repository.list_ways(session, ids)
        sold = await repository.list_sold(session, producer_id=producer_id, lot_ids=ids)
    parts = _follow(lots, ways)
    crops = [crop for crop in Crop if any(one.crop is crop and not one.is_nobodys for one in bought)]
    return Margins(
        period=period,
        margins=[
            _sum_up(
                crop,
                [one for one in bought if one.crop is crop],
                [lot for lot in lots if lot.crop is crop],
                parts,
                sold,
            )
            for crop in crops
        ],
    )


def per_kilo(amount_minor: int, weight_g: int) -> int:
    """Đồng for one kilo of so many grams, half a đồng up; 0 of nothing."""
    return _whole(Decimal(amount_minor) * GRAMS_PER_KILOGRAM / weight_g) if weight_g else 0


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _follow(lots: Sequence[LotRow], ways: Sequence[tuple[UUID, UUID, int]]) -> dict[UUID, _Part]:
    """Say which part of each lot is the period's: by weight of what went in, then along every split and merge (G3, G4)."""
    parts = {
        lot.id: _Part(lot.quantity_g * lot.raw_g / lot.all_in_g, lot.leaf_g, lot.cost_minor)
        if lot.all_in_g
        else _Part()
        for lot in lots
    }
    weights = {lot.id: lot.quantity_g for lot in lots}
    onward: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    waits_for = dict.fromkeys(parts, 0)
    for lot_id, from_lot_id, grams in ways:
        onward[from_lot_id].append((lot_id, grams))
        waits_for[lot_id] += 1
    ready = [lot_id for lot_id, count in waits_for.items() if not count]
    while ready:
        lot_id = ready.pop()
        for to_id, grams in onward[lot_id]:
            parts[to_id].add(parts[lot_id], Decimal(grams) / weights[lot_id])
            waits_for[to_id] -= 1
            if not waits_for[to_id]:
                ready.append(to_id)
    return parts


def _sum_up(
    crop: Crop,
    bought: Sequence[Bought],
    lots: Sequence[LotRow],
    parts: Mapping[UUID, _Part],
    sold: Mapping[UUID, SoldRow],
) -> Margin:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    packs: dict[UUID, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    gone = _Part()
    for lot in lots:
        for name, amount in _tell_lot(lot, parts[lot.id], sold.get(lot.id)).items():
            sums[name] += amount
            packs[lot.variant_id][name] += amount
        if lot.id in sold:
            out_g = sold[lot.id].sold_g + sold[lot.id].back_g
            gone.add(parts[lot.id], out_g / lot.quantity_g)
    [total] = [one for one in bought if one.grade is None and not one.is_nobodys]
    first = {lot.variant_id: lot for lot in reversed(lots)}
    return Margin(
        crop=crop,
        grades=[one for one in bought if one.grade is not None and not one.is_nobodys],
        bought=total,
        nobodys_g=sum(one.weight_g for one in bought if one.grade is None and one.is_nobodys),
        used_raw_g=total.weight_g - total.unmade_g,
        made=[_make(first[variant_id], pack) for variant_id, pack in packs.items()],
        made_g=_whole(sums["made_g"]),
        sold_g=_whole(sums["sold_g"]),
        back_g=_whole(sums["back_g"]),
        pending_g=_whole(sums["pending_g"]),
        shelf_g=_whole(sums["shelf_g"]),
        waiting_g=_whole(sums["waiting_g"]),
        money=Money(
            goods_minor=_whole(sums["goods"]),
            market_fee_minor=_whole(sums["market"]),
            payment_fee_minor=_whole(sums["payment"]),
            tax_minor=_whole(sums["tax"]),
            sending_minor=_whole(sums["sending"]),
            delivery_minor=_whole(sums["delivery"]),
        ),
        gone_raw_g=_whole(gone.raw_g),
        gone_cost_minor=_whole(gone.cost_minor),
    )


def _tell_lot(lot: LotRow, part: _Part, out: SoldRow | None) -> dict[str, Decimal]:
    """What the period's part of one lot came to; what went on into other lots is told there."""
    share = part.made_g / lot.quantity_g
    here_g = lot.unsold * (lot.net_weight_g if lot.by_piece else 1)
    if not lot.was_on_shelf:
        here_g = lot.quantity_g - lot.moved_g
    told = {
        "made_g": share * (lot.quantity_g - lot.moved_g),
        "shelf_g" if lot.is_for_sale else "waiting_g": share * here_g,
    }
    if out is not None:
        told |= {one.name: share * getattr(out, one.name) for one in fields(SoldRow)[1:]}
    return told


def _make(lot: LotRow, pack: Mapping[str, Decimal]) -> Made:
    shelf_g = pack.get("shelf_g", _NOTHING)
    return Made(
        title=lot.title,
        variant_name=lot.variant_name,
        made_g=_whole(pack["made_g"]),
        sold_g=_whole(pack.get("sold_g", _NOTHING)),
        shelf_g=_whole(shelf_g),
        shelf_packs=_whole(shelf_g / lot.net_weight_g) if lot.by_piece else None,
    )
