"""The packers' lists of a day: what to take from the shelf for all parcels together, and what goes into each of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.text import sort_key
from app.places import service as places
from producers.listings import service as listings
from producers.listings.models import SoldBy, Variant
from storefront.fulfilment import service, together
from storefront.fulfilment.service import LotToTake
from storefront.orders import money_back, weighings
from storefront.orders import parcels as order_parcels
from storefront.orders import service as orders
from storefront.orders.models import OrderLine, OrderState
from storefront.orders.parcels import Parcel
from traceability.lots.models import Lot

MOST_PARCELS = 200
"""So many parcels stand on one list, those that wait longest; the next ones follow when these are packed."""


@dataclass(frozen=True)
class Share:
    """So much (pieces or grams) of a lot for the order of this code."""

    code: str
    quantity: int


@dataclass(frozen=True)
class ShelfLot:
    """So much (pieces or grams) of one lot, for all parcels together, and for which of them.

    `weight_g` is what the scale said where it was asked, else what stands on the packs; with `is_most` some of it has
    still to be weighed, and weighs that at most.
    """

    lot: Lot
    quantity: int
    weight_g: int
    is_most: bool
    shares: Sequence[Share]


@dataclass(frozen=True)
class ShelfVariant:
    """One pack of a product with the lots to take it from, nearest expiry first; `line` says its words."""

    line: OrderLine
    lots: Sequence[ShelfLot]

    @property
    def quantity(self) -> int:
        """Pieces or grams of all lots."""
        return sum(one.quantity for one in self.lots)

    @property
    def weight_g(self) -> int:
        """Grams of all lots."""
        return sum(one.weight_g for one in self.lots)

    @property
    def is_most(self) -> bool:
        """Whether some of it has still to be weighed."""
        return any(one.is_most for one in self.lots)


@dataclass(frozen=True)
class LineToPack:
    """A line of a parcel with the lots that it takes from; `storage` says how it is kept (cold, dry), or nothing."""

    line: OrderLine
    taken: Sequence[LotToTake]
    storage: str


@dataclass(frozen=True)
class ParcelToPack:
    """What goes into one parcel."""

    parcel: Parcel
    lines: Sequence[LineToPack]
    recipient_name: str
    together: Sequence[str] = ()
    """The codes of the orders that go in the same parcel."""


@dataclass(frozen=True)
class Stop:
    """The parcels that go to one commune, or those that buyers fetch: no province, and the place as the `commune`."""

    province: str
    commune: str
    parcels: Sequence[ParcelToPack]


@dataclass(frozen=True)
class StoppedParcel:
    """A parcel that waits for a lot that is held or recalled, with the lines that keep it."""

    parcel: Parcel
    lines: Sequence[OrderLine]


@dataclass(frozen=True)
class PickList:
    """Both lists, and what may not be packed; `has_more` when further parcels wait than stand here."""

    shelf: Sequence[ShelfVariant]
    stops: Sequence[Stop]
    stopped: Sequence[StoppedParcel]
    has_more: bool

    @property
    def parcel_count(self) -> int:
        """How many parcels are to be packed."""
        return sum(len(stop.parcels) for stop in self.stops)


async def make_pick_list(session: AsyncSession, *, producer_id: UUID, now: datetime) -> PickList:
    """List what waits to be packed of all that the producer took on; the same few queries for any number of parcels."""
    found = await order_parcels.list_parcels_of(
        session,
        producer_id=producer_id,
        states={OrderState.PACKING},
        limit=MOST_PARCELS + 1,
        only_unpacked=True,
    )
    waiting = found[:MOST_PARCELS]
    lines = {line.id: line for parcel in waiting for line in parcel.lines}
    taken = await service.list_lots_to_pick(session, lines)
    held = list_stopped_lines(taken)
    going = [parcel for parcel in waiting if held.isdisjoint(line.id for line in parcel.lines)]
    variants = await listings.get_variants(session, {line.variant_id for line in lines.values()})
    offers = await listings.get_listings(session, {variant.listing_id for variant in variants.values()})
    addresses = await orders.list_addresses(session, [parcel.order for parcel in going])
    commune_of = {address.id: address.commune_code for address in addresses.values()}
    goes = await together.find_all(session, going, now=now)
    of_line: dict[UUID, list[LotToTake]] = defaultdict(list)
    for one in taken:
        of_line[one.line_id].append(one)
    to_pack = [
        ParcelToPack(
            parcel,
            [
                LineToPack(line, of_line[line.id], offers[variants[line.variant_id].listing_id].storage)
                for line in parcel.lines
                if line.id in of_line  # what was given back is not sent
            ],
            addresses[parcel.order.address_id].recipient_name,
            [one.order.code for one in goes[parcel.consignment.id].others],
        )
        for parcel in sorted(going, key=_by_company)
    ]
    return PickList(
        shelf=_sum_shelf(to_pack, variants, await _weights(session, lines.values())),
        stops=_sort_stops(to_pack, commune_of, await places.describe_many(session, set(commune_of.values()))),
        stopped=[
            StoppedParcel(parcel, [line for line in parcel.lines if line.id in held])
            for parcel in waiting
            if parcel not in going
        ],
        has_more=len(found) > len(waiting),
    )


def _by_company(parcel: Parcel) -> tuple[UUID, UUID]:
    """What goes in one parcel stands together, where its first would stand."""
    one = parcel.consignment
    return one.travels_with_id or one.id, one.id


def list_stopped_lines(taken: Collection[LotToTake]) -> set[UUID]:
    """The lines whose lot is held or recalled."""
    stopped = {lot.id for lot in service.list_stopped(taken)}
    return {one.line_id for one in taken if one.lot.id in stopped}


async def weigh_parcels(session: AsyncSession, parcels: Collection[Parcel]) -> dict[UUID, int]:
    """Say what the goods of parcels weigh together, in grams by the parcel's id, without the packing.

    By the scale where it was asked, else by what stands on the packs; lines that were given back do not travel.
    """
    lines = [line for parcel in parcels for line in parcel.lines]
    given_back = await money_back.list_refunded(session, [line.id for line in lines])
    variants = await listings.get_variants(session, {line.variant_id for line in lines})
    by_scale: Counter[UUID] = Counter()
    for (line_id, _lot_id), grams in (await _weights(session, lines)).items():
        by_scale[line_id] += grams
    return {
        parcel.consignment.id: sum(
            by_scale[line.id] or _say_grams(line, line.quantity, variants[line.variant_id])
            for line in parcel.lines
            if line.id not in given_back
        )
        for parcel in parcels
    }


async def _weights(session: AsyncSession, lines: Collection[OrderLine]) -> Counter[tuple[UUID, UUID]]:
    """What the scale said, in grams of each (line, lot)."""
    weights: Counter[tuple[UUID, UUID]] = Counter()
    for piece in await weighings.list_weighed(session, [line.id for line in lines]):
        weights[piece.order_line_id, piece.lot_id] += piece.weight_g
    return weights


def _say_grams(line: OrderLine, quantity: int, variant: Variant) -> int:
    """Grams of so much of a line as the pack says it; of goods of the scale the most that they may weigh."""
    return quantity if line.sold_by is SoldBy.GRAM else quantity * variant.net_weight_g


def _sum_shelf(
    parcels: Collection[ParcelToPack],
    variants: Mapping[UUID, Variant],
    weights: Mapping[tuple[UUID, UUID], int],
) -> list[ShelfVariant]:
    """Sum by pack and lot: packs as in a dictionary, lots nearest expiry first, orders that wait longest first."""
    said: dict[UUID, OrderLine] = {}
    by_lot: dict[UUID, dict[UUID, list[tuple[str, OrderLine, LotToTake]]]] = {}
    for parcel in parcels:
        for to_pack in parcel.lines:
            line = said[to_pack.line.variant_id] = to_pack.line
            for one in to_pack.taken:
                of_variant = by_lot.setdefault(line.variant_id, {})
                of_variant.setdefault(one.lot.id, []).append((parcel.parcel.order.code, line, one))
    shelf = [
        ShelfVariant(
            said[variant_id],
            sorted(
                (_sum_lot(parts, variants[variant_id], weights) for parts in of_variant.values()),
                key=lambda one: (one.lot.expires_on, one.lot.code),
            ),
        )
        for variant_id, of_variant in by_lot.items()
    ]
    return sorted(shelf, key=lambda one: (sort_key(one.line.title), sort_key(one.line.variant_name)))


def _sum_lot(
    parts: Sequence[tuple[str, OrderLine, LotToTake]],
    variant: Variant,
    weights: Mapping[tuple[UUID, UUID], int],
) -> ShelfLot:
    """Sum what the orders take of one lot of one pack."""
    return ShelfLot(
        lot=parts[0][2].lot,
        quantity=sum(one.quantity for _code, _line, one in parts),
        weight_g=sum(
            weights.get((line.id, one.lot.id)) or _say_grams(line, one.quantity, variant)
            for _code, line, one in parts
        ),
        is_most=any(line.must_be_weighed for _code, line, _one in parts),
        shares=[Share(code, one.quantity) for code, _line, one in parts],
    )


def _sort_stops(
    parcels: Collection[ParcelToPack], commune_of: Mapping[UUID, str], said: Mapping[str, str]
) -> list[Stop]:
    """Group by commune, provinces and communes as in a dictionary; within one those that wait longest first.

    What is fetched stands last, by the place where it is fetched.

    `commune_of` says the commune's code of each order's address, `said` a code in words ("Xã Tân Cương, Tỉnh ...").
    """
    by_commune: dict[tuple[bool, str], list[ParcelToPack]] = defaultdict(list)
    for one in parcels:
        to = one.parcel.consignment
        where = to.fetched_at_place if to.is_fetched else said[commune_of[one.parcel.order.address_id]]
        by_commune[to.is_fetched, where].append(one)
    stops = [
        Stop("", words, found)
        if is_fetched
        else Stop(words.rpartition(", ")[2], words.rpartition(", ")[0], found)
        for (is_fetched, words), found in by_commune.items()
    ]
    return sorted(
        stops, key=lambda stop: (not stop.province, sort_key(stop.province), sort_key(stop.commune))
    )
