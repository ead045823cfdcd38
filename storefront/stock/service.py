"""Stock: what lies ready, who holds it, and that nothing is sold twice. The rules stand in STOCK.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.ids import uuid7
from app.web.cache import invalidate
from producers.listings import service as listings
from producers.listings.models import SoldBy
from storefront.stock import repository
from storefront.stock.errors import (
    HeldError,
    HoldOverError,
    NotAllocatedError,
    SoldOutError,
    StockItemNotFoundError,
)
from storefront.stock.models import Reservation, ReservationState, StockItem, StockMovement

if TYPE_CHECKING:
    from traceability.lots.events import LotHeld, LotRecalled, LotReduced, LotReleased

LOW = {SoldBy.PIECE: 20, SoldBy.GRAM: 20_000}
"""From here down the shop says exactly how much is left, so that pages are rebuilt only then."""


@dataclass(frozen=True)
class StockLine:
    """So much (pieces or grams) of a variant for one line of an order."""

    line_id: UUID
    variant_id: UUID
    quantity: int


@dataclass(frozen=True)
class HeldLot:
    """What one line holds of one lot, in the variant's unit."""

    line_id: UUID
    lot_id: UUID
    quantity: int


@dataclass(frozen=True)
class NextLot:
    """A lot by the words of its label: GTIN-14 and lot code."""

    gtin: str
    code: str


async def available(
    session: AsyncSession, variant_ids: Collection[UUID], *, now: datetime, besides: UUID | None = None
) -> dict[UUID, int]:
    """Say how much of each variant may be sold now, in its own unit; 0 for a variant without stock.

    Blocked lots and lots past their day do not count; a hold whose time is over counts as free, and so does that of the
    unpaid order `besides`.
    """
    found = await repository.sum_available(session, variant_ids, on=today(now), now=now, besides=besides)
    return dict.fromkeys(variant_ids, 0) | dict(found)


async def find_next_lot(
    session: AsyncSession, variant_ids: Collection[UUID], *, now: datetime
) -> NextLot | None:
    """Find the lot that the next buyer of any of these variants would get from, if there is one."""
    row = await repository.find_next_lot(session, variant_ids, on=today(now))
    return NextLot(*row) if row else None


async def reserve(
    session: AsyncSession,
    *,
    order_id: UUID,
    lines: Sequence[StockLine],
    expires_at: datetime,
    now: datetime,
) -> None:
    """Hold the goods of an order until `expires_at`: all of them or none, from the lots that expire first.

    One line may take from several lots. Raises `SoldOutError` for the first variant that falls short.
    """
    wanted = {line.variant_id for line in lines}
    due = await repository.claim_expired(session, now=now, variant_ids=wanted)
    items = await repository.lock_items(session, wanted)
    if due:
        await _release(session, due)
        items = await repository.lock_items(session, wanted)
    await _take(session, items, order_id=order_id, lines=lines, expires_at=expires_at, now=now)
    for variant_id, delta in _sum(lines, -1).items():
        shelf = [item for item in items if item.variant_id == variant_id and _may_be_sold(item, now)]
        if sum(item.free for item in shelf) + delta <= LOW[shelf[0].sold_by]:
            await invalidate(session, f"stock:{variant_id}")


async def lock(session: AsyncSession, *, order_id: UUID, variant_ids: Collection[UUID]) -> None:
    """Lock what an order holds and the shelves of some variants, all at once: nobody takes of them what is given back."""
    held = await repository.lock_reservations(session, order_id)
    variant_of = await repository.list_variant_ids(session, {one.stock_item_id for one in held})
    await repository.lock_items(session, {*variant_ids, *variant_of.values()})


async def extend(session: AsyncSession, *, order_id: UUID, expires_at: datetime) -> None:
    """Hold an unpaid order's goods until `expires_at` (UTC) instead: its payer is on the card page.

    `HoldOverError` when one with a faster clock, a sweep or another buyer, gave some of them back already.
    """
    held = await repository.lock_reservations(session, order_id)
    if any(one.state is ReservationState.RELEASED for one in held):
        raise HoldOverError
    await repository.set_expiry(session, order_id, expires_at)


async def release(
    session: AsyncSession, *, order_id: UUID, now: datetime, line_ids: Collection[UUID] | None = None
) -> None:
    """Give back what an order holds (or some of its lines), paid for or not; what was shipped stays shipped.

    Doing it again is harmless.
    """
    held = await repository.lock_reservations(session, order_id, line_ids)
    freed = await _release(session, held)
    await _announce(session, freed, now=now)


async def allocate(
    session: AsyncSession, *, order_id: UUID, now: datetime, line_ids: Collection[UUID] | None = None
) -> None:
    """Turn an order's holds (or those of some lines) into goods that are paid for; doing it again is harmless.

    A hold that has run out and was given back is taken anew if it still can be; otherwise `SoldOutError`, and
    nothing has changed. `NotAllocatedError` when the order never held anything.
    """
    # Who waited for another payment of the same order sees the rows it wrote only with a second look.
    held = await repository.lock_reservations(
        session, order_id, line_ids
    ) or await repository.lock_reservations(session, order_id, line_ids)
    if not held:
        raise NotAllocatedError
    lost = [one for one in held if one.state is ReservationState.RELEASED]
    # All items at once and ids ascending, before any of them changes: two payments never wait for each other.
    items = await repository.lock_items_with(session, {one.stock_item_id for one in held})
    variant_of = {item.id: item.variant_id for item in items}
    if lost:
        amounts: Counter[tuple[UUID, UUID]] = Counter()
        for one in lost:
            amounts[one.line_id, variant_of[one.stock_item_id]] += one.quantity
        lines = [StockLine(line_id, variant_id, n) for (line_id, variant_id), n in amounts.items()]
        await repository.delete_reservations(session, [one.id for one in lost])
        wanted = {line.variant_id for line in lines}
        await _release(session, await repository.claim_expired(session, now=now, variant_ids=wanted))
        items = await repository.lock_items(session, wanted)
        await _take(session, items, order_id=order_id, lines=lines, expires_at=now, now=now)
        held = await repository.lock_reservations(session, order_id, line_ids)
        variant_of |= await repository.list_variant_ids(session, {one.stock_item_id for one in held})
    reserved = [one for one in held if one.state is ReservationState.RESERVED]
    await repository.allocate(session, [one.id for one in reserved])
    # What had run out was counted as free until now.
    back: Counter[UUID] = Counter()
    for one in reserved:
        if one.expires_at <= now:
            back[variant_of[one.stock_item_id]] -= one.quantity
    await _announce(session, back, now=now)


async def ship(session: AsyncSession, *, order_id: UUID, line_ids: Collection[UUID], now: datetime) -> None:
    """Let the allocated goods of some lines leave; lines that left before are passed over.

    Raises `NotAllocatedError` when a line has goods that are not paid for, or none.
    """
    held = await repository.lock_reservations(session, order_id, line_ids)
    ready = {ReservationState.ALLOCATED, ReservationState.SHIPPED}
    if {one.line_id for one in held} != set(line_ids) or any(one.state not in ready for one in held):
        raise NotAllocatedError
    leaving = [one for one in held if one.state is ReservationState.ALLOCATED]
    for item_id, quantity in _per_item(leaving):
        await repository.move(session, item_id, on_hand=-quantity, allocated=-quantity)
        session.add(StockMovement(stock_item_id=item_id, delta=-quantity, reason="shipped", created_at=now))
    await repository.set_state(session, [one.id for one in leaving], ReservationState.SHIPPED)
    await session.flush()


async def write_off(
    session: AsyncSession,
    *,
    order_id: UUID,
    line_ids: Collection[UUID],
    reason: str,
    person_id: UUID,
    now: datetime,
) -> None:
    """Let paid goods of some lines that are missing or spoiled leave the shelf, unsold; doing it again is harmless."""
    held = await repository.lock_reservations(session, order_id, line_ids)
    gone = [one for one in held if one.state is ReservationState.ALLOCATED]
    variant_of = await repository.list_variant_ids(session, {one.stock_item_id for one in gone})
    await repository.lock_items(session, set(variant_of.values()))
    for item_id, quantity in _per_item(gone):
        await repository.move(session, item_id, on_hand=-quantity, allocated=-quantity)
        session.add(
            StockMovement(
                stock_item_id=item_id, delta=-quantity, reason=reason, person_id=person_id, created_at=now
            )
        )
    await repository.set_state(session, [one.id for one in gone], ReservationState.RELEASED)
    await session.flush()


async def put_back(session: AsyncSession, *, order_id: UUID, reason: str, now: datetime) -> None:
    """Put the goods of an order that left and came back on the shelf again, where they were; doing it again is harmless.

    A lot that is frozen meanwhile stays frozen.
    """
    held = await repository.lock_reservations(session, order_id)
    back = [one for one in held if one.state is ReservationState.SHIPPED]
    items = await repository.lock_items_with(session, {one.stock_item_id for one in back})
    variant_of = {item.id: item.variant_id for item in items}
    freed: Counter[UUID] = Counter()
    for item_id, quantity in _per_item(back):
        await repository.move(session, item_id, on_hand=quantity)
        session.add(StockMovement(stock_item_id=item_id, delta=quantity, reason=reason, created_at=now))
        freed[variant_of[item_id]] += quantity
    await repository.set_state(session, [one.id for one in back], ReservationState.RELEASED)
    await session.flush()
    await _announce(session, freed, now=now)


async def list_held(session: AsyncSession, *, order_id: UUID) -> list[HeldLot]:
    """List from which lots an order's lines hold or had sent how much, first expiry first within a line."""
    return [HeldLot(*row) for row in await repository.list_held(session, order_id)]


async def get_released_at(session: AsyncSession, lot_id: UUID) -> datetime:
    """Say when a lot was released (UTC), or made when it says no more."""
    return await repository.get_released_at(session, lot_id)


async def expire_reservations(session: AsyncSession, *, now: datetime) -> int:
    """Give back the holds whose time is over (500 at most); says how many there were."""
    due = await repository.claim_expired(session, now=now)
    await _announce(session, await _release(session, due), now=now)
    return len(due)


async def receive_lot(
    session: AsyncSession, *, lot_id: UUID, variant_id: UUID, quantity_g: int, expires_on: date, now: datetime
) -> None:
    """Put a released lot on the shelf: whole pieces of the pack's weight, or grams. A lot that was blocked is freed."""
    variant = await listings.get_variant(session, variant_id)
    by_piece = variant.sold_by is SoldBy.PIECE
    quantity = quantity_g // variant.net_weight_g if by_piece else quantity_g
    row = {
        "id": uuid7(),
        "lot_id": lot_id,
        "variant_id": variant_id,
        "expires_on": expires_on,
        "on_hand": quantity,
        "created_at": now,
    }
    item_id = await repository.insert_item(session, row)
    if item_id is None:
        await repository.lock_items(session, {variant_id})
        await repository.set_blocked(session, lot_id, is_blocked=False)
    else:
        session.add(StockMovement(stock_item_id=item_id, delta=quantity, reason="received", created_at=now))
        await session.flush()
    await invalidate(session, f"stock:{variant_id}")


async def move_lot(
    session: AsyncSession, *, lot_id: UUID, variant_id: UUID, taken_g: int, rest_g: int, now: datetime
) -> None:
    """Take off the shelf what went on from a lot into another lot, as whole pieces of what is left, or grams.

    Raises `HeldError` when buyers hold some of it: then it does not go on.
    """
    variant = await listings.get_variant(session, variant_id)
    size = variant.net_weight_g if variant.sold_by is SoldBy.PIECE else 1
    quantity = (rest_g + taken_g) // size - rest_g // size
    # The items of a variant are locked together, here as in `_take`.
    await repository.lock_items(session, {variant_id})
    item = await repository.find_item(session, lot_id, variant_id)
    if item is None or not quantity:
        return
    if not await repository.correct(session, item.id, -quantity):
        raise HeldError(item.reserved + item.allocated, item.on_hand)
    session.add(StockMovement(stock_item_id=item.id, delta=-quantity, reason="moved", created_at=now))
    await session.flush()
    await invalidate(session, f"stock:{variant_id}")


async def block_lot(session: AsyncSession, *, lot_id: UUID) -> None:
    """Freeze a lot: nothing more is taken from it."""
    # A recall freezes lot after lot; the items of a variant are locked together, here as in `_take`.
    await repository.lock_items(session, await repository.list_variants_of_lot(session, lot_id))
    for variant_id in await repository.set_blocked(session, lot_id, is_blocked=True):
        await invalidate(session, f"stock:{variant_id}")


async def on_lot_released(session: AsyncSession, event: LotReleased) -> None:
    """Put a released lot on the shelf."""
    await receive_lot(
        session,
        lot_id=event.lot_id,
        variant_id=event.variant_id,
        quantity_g=event.quantity_g,
        expires_on=event.expires_on,
        now=await get_released_at(session, event.lot_id),
    )


async def on_lot_reduced(session: AsyncSession, event: LotReduced) -> None:
    """Take off the shelf what went on into another lot."""
    await move_lot(
        session,
        lot_id=event.lot_id,
        variant_id=event.variant_id,
        taken_g=event.taken_g,
        rest_g=event.rest_g,
        now=event.at,
    )


async def on_lot_held(session: AsyncSession, event: LotHeld) -> None:
    """Freeze what lies there of a lot that is held."""
    await block_lot(session, lot_id=event.lot_id)


async def on_lot_recalled(session: AsyncSession, event: LotRecalled) -> None:
    """Freeze what lies there of a lot that was recalled."""
    await block_lot(session, lot_id=event.lot_id)


async def get_item(session: AsyncSession, stock_item_id: UUID) -> StockItem:
    """Get a stock item; raises `StockItemNotFoundError`."""
    item = await session.get(StockItem, stock_item_id, populate_existing=True)
    if item is None:
        raise StockItemNotFoundError
    return item


async def list_items(session: AsyncSession, variant_ids: Collection[UUID]) -> list[StockItem]:
    """List the stock of some variants, first expiry first."""
    return await repository.list_items(session, variant_ids)


async def list_lot_codes(session: AsyncSession, lot_ids: Collection[UUID]) -> dict[UUID, str]:
    """Say the code of each lot."""
    return await repository.list_lot_codes(session, lot_ids)


async def adjust(
    session: AsyncSession,
    *,
    stock_item_id: UUID,
    delta: int,
    reason: str,
    person_id: UUID,
    now: datetime,
    movement_id: UUID | None = None,
) -> None:
    """Correct what lies there by `delta` (pieces or grams) and keep who said why; the same `movement_id` counts once.

    Raises `HeldError` when less would be left than buyers hold, `StockItemNotFoundError` (also for an id of another
    item's).
    """
    item = await get_item(session, stock_item_id)
    wanted = movement_id or uuid7()
    # Who sends the same at this instant comes before or after, and then finds what is written.
    await repository.lock_items(session, {item.variant_id})
    known = await repository.find_movement(session, wanted)
    if known is not None:
        if known.stock_item_id != stock_item_id:
            raise StockItemNotFoundError
        return
    if not await repository.correct(session, stock_item_id, delta):
        item = await get_item(session, stock_item_id)
        raise HeldError(item.reserved + item.allocated, item.on_hand)
    session.add(
        StockMovement(
            id=wanted,
            stock_item_id=stock_item_id,
            delta=delta,
            reason=reason,
            person_id=person_id,
            created_at=now,
        )
    )
    await session.flush()
    await _announce(session, {item.variant_id: delta}, now=now)


def _may_be_sold(item: repository.LockedItem, now: datetime) -> bool:
    return not item.is_blocked and item.expires_on >= today(now)


async def _take(
    session: AsyncSession,
    items: Sequence[repository.LockedItem],
    *,
    order_id: UUID,
    lines: Sequence[StockLine],
    expires_at: datetime,
    now: datetime,
) -> None:
    """Reserve every line from the locked lots that expire first, or raise before anything is taken."""
    shelves: dict[UUID, list[repository.LockedItem]] = defaultdict(list)
    for item in items:
        if _may_be_sold(item, now):
            shelves[item.variant_id].append(item)
    free = {item.id: item.free for shelf in shelves.values() for item in shelf}
    takes: list[tuple[UUID, UUID, int]] = []
    for line in sorted(lines, key=lambda line: (line.variant_id, line.line_id)):
        shelf = sorted(shelves[line.variant_id], key=lambda item: (item.expires_on, item.id))
        left = line.quantity
        before = sum(free[item.id] for item in shelf)
        if before < left:
            raise SoldOutError(line.variant_id, before)
        for item in shelf:
            part = min(left, free[item.id])
            if part:
                takes.append((item.id, line.line_id, part))
                free[item.id] -= part
                left -= part
    if takes:
        await repository.take(session, takes, holder_id=order_id, expires_at=expires_at, now=now)


async def _release(session: AsyncSession, held: Sequence[Reservation]) -> dict[UUID, int]:
    """Free reservations that we have locked; says how much of each variant became free."""
    holding = [one for one in held if one.state in {ReservationState.RESERVED, ReservationState.ALLOCATED}]
    if not holding:
        return {}
    variant_of = await repository.list_variant_ids(session, {one.stock_item_id for one in holding})
    # The items of a variant are locked together, here as in `_take`.
    await repository.lock_items(session, set(variant_of.values()))
    freed: Counter[UUID] = Counter()
    reserved = [one for one in holding if one.state is ReservationState.RESERVED]
    allocated = [one for one in holding if one.state is ReservationState.ALLOCATED]
    for item_id, quantity in _per_item(reserved):
        await repository.move(session, item_id, reserved=-quantity)
        freed[variant_of[item_id]] += quantity
    for item_id, quantity in _per_item(allocated):
        await repository.move(session, item_id, allocated=-quantity)
        freed[variant_of[item_id]] += quantity
    await repository.set_state(session, [one.id for one in holding], ReservationState.RELEASED)
    return dict(freed)


def _per_item(reservations: Sequence[Reservation]) -> list[tuple[UUID, int]]:
    """Sum quantities per stock item, ids ascending."""
    sums: Counter[UUID] = Counter()
    for one in reservations:
        sums[one.stock_item_id] += one.quantity
    return sorted(sums.items())


def _sum(lines: Sequence[StockLine], sign: int) -> dict[UUID, int]:
    sums: Counter[UUID] = Counter()
    for line in lines:
        sums[line.variant_id] += sign * line.quantity
    return dict(sums)


async def _announce(session: AsyncSession, changes: Mapping[UUID, int], *, now: datetime) -> None:
    """Rebuild the pages that say how much is left, where they do so exactly (see LOW)."""
    if not changes:
        return
    left = await available(session, changes, now=now)
    variants = await listings.get_variants(session, changes)
    for variant_id, delta in changes.items():
        if min(left[variant_id], left[variant_id] - delta) <= LOW[variants[variant_id].sold_by]:
            await invalidate(session, f"stock:{variant_id}")
