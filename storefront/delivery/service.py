"""Delivery: how a producer's goods travel. The rules stand in pricing/PRICING.md, D1 to D11."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from app.places import provinces
from app.places import service as places
from app.web.cache import invalidate
from producers.cooperatives import service as cooperatives
from producers.listings.models import Temperature
from storefront.delivery import repository
from storefront.delivery.errors import MethodNotFoundError, TooManyMethodsError
from storefront.delivery.models import DeliveryMethod, DeliveryPrice, MethodKind
from storefront.delivery.ways import (
    Choice,
    Destination,
    Home,
    Load,
    Method,
    Sending,
    Step,
    choose,
    list_zones,
    look_along,
    look_at,
)

MOST_METHODS = 8


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a producer says of a method; as `Method`, whose words these are."""

    name: str
    kind: MethodKind
    place: str
    carries: frozenset[Temperature]
    weekdays: frozenset[int]
    cutoff_days: int
    cutoff_hour: int
    free_from_minor: int | None
    steps: tuple[Step, ...]


async def list_methods(session: AsyncSession, producer_ids: Collection[UUID]) -> dict[UUID, list[Method]]:
    """List the methods that producers set up, the oldest first; one query when there are none, else two.

    None for no producers.
    """
    found: dict[UUID, list[Method]] = defaultdict(list)
    rows = await repository.list_methods(session, producer_ids) if producer_ids else []
    for row, method in await _read_all(session, rows):
        found[row.producer_id].append(method)
    return found


async def get_any(session: AsyncSession, method_ids: Collection[UUID]) -> dict[UUID, Method]:
    """Get methods by their ids, those that are no longer offered too: a parcel keeps its way. Two queries."""
    rows = await repository.get_methods(session, method_ids)
    return {row.id: method for row, method in await _read_all(session, rows)}


async def get_method(session: AsyncSession, *, method_id: UUID, producer_id: UUID) -> Method:
    """Get a method that this producer offers; `MethodNotFoundError`."""
    own = (await list_methods(session, [producer_id]))[producer_id]
    found = next((method for method in own if method.id == method_id), None)
    if found is None:
        raise MethodNotFoundError
    return found


async def make_method(
    session: AsyncSession,
    *,
    producer_id: UUID,
    terms: Terms,
    now: datetime,
    method_id: UUID | None = None,
) -> UUID:
    """Offer another method, or answer the one that this `method_id` made before; answers its id.

    Raises `TooManyMethodsError`, `MethodNotFoundError` (another's id).
    """
    wanted = method_id or uuid7()
    values = {"id": wanted, "producer_id": producer_id, **_facts(terms), "created_at": now}
    known = await repository.find_method(session, wanted)
    if known is None:
        # Besides itself: its first sending may have come in since we looked.
        if await repository.count_methods(session, producer_id, but=wanted) >= MOST_METHODS:
            raise TooManyMethodsError
        if await repository.insert_method(session, values):
            await _price(session, wanted, producer_id, terms, now)
            return wanted
        known = await repository.find_method(session, wanted)  # made at this very instant
    if known is None or known.producer_id != producer_id:
        raise MethodNotFoundError
    return wanted


async def change_method(
    session: AsyncSession, *, method_id: UUID, producer_id: UUID, terms: Terms, now: datetime
) -> None:
    """Say anew what a method is; orders already placed keep what they copied. Raises `MethodNotFoundError`."""
    row = await repository.lock_method(session, method_id=method_id, producer_id=producer_id)
    if row is None:
        raise MethodNotFoundError
    for name, value in _facts(terms).items():
        setattr(row, name, value)
    await repository.delete_prices(session, row.id)
    await _price(session, row.id, producer_id, terms, now)


async def end_method(session: AsyncSession, *, method_id: UUID, producer_id: UUID) -> None:
    """Offer a method no longer; orders that chose it go on. Raises `MethodNotFoundError`."""
    row = await repository.lock_method(session, method_id=method_id, producer_id=producer_id)
    if row is None:
        raise MethodNotFoundError
    row.is_active = False
    await session.flush()
    await invalidate(session, f"producer:{producer_id}")


async def get_home(session: AsyncSession, producer_id: UUID) -> Home:
    """Where a producer sends from, with the provinces that are near: those they named, else the neighbours."""
    return (await _homes(session, [producer_id]))[producer_id]


async def set_region(session: AsyncSession, *, producer_id: UUID, province_codes: Iterable[str]) -> None:
    """Name the provinces that are near, by code; none means the neighbours again. Unknown codes are left out."""
    await repository.delete_region(session, producer_id)
    known = {code for code in province_codes if provinces.find_province(code)}
    await repository.insert_region(session, producer_id, known)


async def plan(
    session: AsyncSession,
    *,
    loads: Mapping[UUID, Load],
    flat: Mapping[UUID, Method],
    own: Mapping[UUID, Sequence[Method]],
    to: Destination | None,
) -> dict[UUID, Sending]:
    """Say how each producer's parcel travels and what that costs.

    `own` are the ways that were set up, `flat` the way of those who set none up.
    Without a destination, or without its commune, the dearest zone is told, so that it is never more afterwards (D4).
    What travels in a parcel of an earlier order goes as that does.
    """
    code = to.commune_code if to else None
    joined = {one: to.along[one] for one in loads if one in to.along} if to else {}
    kept = {one.method_id for one in joined.values() if one.method_id}
    of_joined = await get_any(session, kept) if kept else {}
    far = {*own, *(one for one, along in joined.items() if along.method_id)}
    homes = await _homes(session, far) if far and code else {}
    province = (await places.find_provinces(session, [code])).get(code) if homes and code else None
    now = to.now if to else None
    found = {}
    for producer_id, load in loads.items():
        home = homes.get(producer_id)
        zones = list_zones(home, code, province) if home and code and province else None
        if producer_id in joined:
            along = joined[producer_id]
            method = of_joined[along.method_id] if along.method_id else flat[producer_id]
            found[producer_id] = look_along(method, load, along, zones, now=now)
            continue
        methods = own.get(producer_id) or [flat[producer_id]]
        listed = [look_at(method, load, zones, now=now) for method in methods]
        choice = to.choices.get(producer_id, Choice()) if to else Choice()
        found[producer_id] = choose(listed, choice, weight_g=load.weight_g)
    return found


async def _homes(session: AsyncSession, producer_ids: Collection[UUID]) -> dict[UUID, Home]:
    producers = await cooperatives.get_producers(session, producer_ids)
    of_commune = await places.find_provinces(session, [one.commune_code for one in producers.values()])
    regions: dict[UUID, set[str]] = defaultdict(set)
    for producer_id, code in await repository.list_regions(session, producer_ids):
        regions[producer_id].add(code)
    found = {}
    for one in producers.values():
        province = of_commune[one.commune_code]
        near = provinces.find_province(province)
        neighbours = near.neighbours if near else frozenset()
        found[one.id] = Home(one.commune_code, province, frozenset(regions[one.id]) or neighbours)
    return found


def _facts(terms: Terms) -> dict[str, object]:
    """What a method's own row says of its terms."""
    return {
        "name": terms.name,
        "kind": terms.kind,
        "place": terms.place,
        "carries": sorted(terms.carries),
        "weekdays": sum(1 << day for day in terms.weekdays),
        "cutoff_days": terms.cutoff_days,
        "cutoff_hour": terms.cutoff_hour,
        "free_from_minor": terms.free_from_minor,
    }


async def _price(
    session: AsyncSession, method_id: UUID, producer_id: UUID, terms: Terms, now: datetime
) -> None:
    session.add_all(
        DeliveryPrice(
            method_id=method_id,
            zone=step.zone,
            up_to_g=step.up_to_g,
            fee_minor=step.fee_minor,
            created_at=now,
        )
        for step in terms.steps
    )
    await session.flush()
    await invalidate(session, f"producer:{producer_id}")


async def _read_all(
    session: AsyncSession, rows: Collection[DeliveryMethod]
) -> list[tuple[DeliveryMethod, Method]]:
    """Read methods with their prices; one query, and none for no methods."""
    steps: dict[UUID, list[Step]] = defaultdict(list)
    for price in await repository.list_prices(session, [row.id for row in rows]) if rows else []:
        steps[price.method_id].append(Step(price.zone, price.up_to_g, price.fee_minor))
    return [(row, _read(row, steps[row.id])) for row in rows]


def _read(row: DeliveryMethod, steps: Collection[Step]) -> Method:
    return Method(
        id=row.id,
        name=row.name,
        kind=row.kind,
        place=row.place,
        carries=frozenset(Temperature(one) for one in row.carries),
        weekdays=frozenset(day for day in range(7) if row.weekdays >> day & 1),
        cutoff_days=row.cutoff_days,
        cutoff_hour=row.cutoff_hour,
        free_from_minor=row.free_from_minor,
        steps=tuple(steps),
    )
