"""Stock: held, paid for, shipped, given back. Rule numbers are those of STOCK.md."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, NoResultFound

from app.core.events import emit
from app.core.ids import uuid7
from producers.listings.models import SoldBy
from storefront.stock import repository
from storefront.stock import service as stock
from storefront.stock.errors import (
    HeldError,
    HoldOverError,
    NotAllocatedError,
    SoldOutError,
    StockItemNotFoundError,
)
from storefront.stock.jobs import expire_reservations
from storefront.stock.models import StockItem, StockMovement
from tests.factories.people import make_person
from tests.factories.storefront import NOW, make_stock, make_variant
from traceability.lots.events import LotHeld, LotReleased
from traceability.lots.models import Lot

UNTIL = NOW + timedelta(minutes=15)
LATER = NOW + timedelta(minutes=16)


def line(variant, quantity):
    """A line of its own for so much of a variant."""
    return stock.StockLine(uuid7(), variant.id, quantity)


async def hold(session, *lines, expires_at=UNTIL, now=NOW):
    """Reserve the lines for a new order; its id."""
    order_id = uuid7()
    await stock.reserve(session, order_id=order_id, lines=lines, expires_at=expires_at, now=now)
    return order_id


async def counters(session, item):
    """(on hand, reserved, allocated) as the table says."""
    row = await session.get(StockItem, item.id, populate_existing=True)
    return row.on_hand, row.reserved, row.allocated


async def left(session, variant, now=NOW):
    """What may be sold of one variant."""
    return (await stock.available(session, [variant.id], now=now))[variant.id]


async def test_available_counts_what_nobody_holds(session):
    """Rule 1: what may be sold is what lies there less what is held; nothing when there is no stock."""
    variant, other = await make_variant(session), await make_variant(session)
    await make_stock(session, variant, on_hand=20, reserved=3, allocated=2)
    await make_stock(session, variant, on_hand=5)
    found = await stock.available(session, [variant.id, other.id], now=NOW)
    assert found == {variant.id: 20, other.id: 0}


async def test_available_leaves_out_blocked_and_expired_lots(session):
    """Rule 2: blocked goods and goods past their day are not sold; the last day itself still counts."""
    variant = await make_variant(session)
    await make_stock(session, variant, on_hand=7, is_blocked=True)
    await make_stock(session, variant, on_hand=5, expires_on=date(2026, 11, 11))
    await make_stock(session, variant, on_hand=3, expires_on=date(2026, 11, 12))
    assert await left(session, variant) == 3
    with pytest.raises(SoldOutError):
        await hold(session, line(variant, 4))


async def test_the_day_ends_in_vietnam(session):
    """Rule 2: the last day ends at midnight in Viet Nam, not in London."""
    variant = await make_variant(session)
    await make_stock(session, variant, on_hand=3, expires_on=date(2026, 11, 12))
    assert await left(session, variant, now=datetime(2026, 11, 12, 16, 59, tzinfo=UTC)) == 3
    assert await left(session, variant, now=datetime(2026, 11, 12, 17, 0, tzinfo=UTC)) == 0


async def test_reserve_takes_first_what_expires_first(session):
    """Rule 3: first expiry, first out; one line may take from several lots."""
    variant = await make_variant(session)
    late = await make_stock(session, variant, on_hand=10, expires_on=date(2027, 6, 1))
    soon = await make_stock(session, variant, on_hand=4, expires_on=date(2026, 12, 1))
    wanted = line(variant, 6)
    order_id = await hold(session, wanted)
    assert await counters(session, soon) == (4, 4, 0)
    assert await counters(session, late) == (10, 2, 0)
    assert await stock.list_held(session, order_id=order_id) == [
        stock.HeldLot(wanted.line_id, soon.lot_id, 4),
        stock.HeldLot(wanted.line_id, late.lot_id, 2),
    ]


async def test_reserve_is_all_or_nothing(session):
    """Rule 4: when one line falls short the whole order holds nothing, and the refusal says what is left."""
    plenty, scarce = await make_variant(session), await make_variant(session)
    item = await make_stock(session, plenty, on_hand=10)
    await make_stock(session, scarce, on_hand=2)
    with pytest.raises(SoldOutError) as refused:
        await hold(session, line(plenty, 1), line(scarce, 3))
    assert (refused.value.variant_id, refused.value.available) == (scarce.id, 2)
    assert await counters(session, item) == (10, 0, 0)


async def test_two_lines_of_one_variant_share_one_shelf(session):
    """Rule 4: two lines of one variant are counted together."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=5)
    with pytest.raises(SoldOutError) as refused:
        await hold(session, line(variant, 3), line(variant, 3))
    assert refused.value.available == 2
    await hold(session, line(variant, 3), line(variant, 2))
    assert await counters(session, item) == (5, 5, 0)


async def test_an_expired_hold_is_free_on_read_and_swept_on_write(session):
    """Rule 5: a hold whose time is over counts as free at once, and the next buyer takes it."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=5)
    first = await hold(session, line(variant, 5))
    assert await left(session, variant) == 0
    assert await left(session, variant, now=UNTIL) == 5
    await hold(session, line(variant, 5), expires_at=LATER, now=UNTIL)
    assert await counters(session, item) == (5, 5, 0)
    assert await stock.list_held(session, order_id=first) == []


async def test_the_sweep_gives_expired_holds_back(session):
    """Rule 5: the sweep frees what is over and leaves what is not."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=5)
    await hold(session, line(variant, 2))
    await hold(session, line(variant, 1), expires_at=LATER)
    assert await stock.expire_reservations(session, now=UNTIL) == 1
    assert await counters(session, item) == (5, 1, 0)
    await expire_reservations(session, now=LATER)
    assert await counters(session, item) == (5, 0, 0)
    assert await stock.expire_reservations(session, now=LATER) == 0


async def test_a_hold_can_be_made_longer(session):
    """Rule 5: the end of an unpaid order's hold can be moved; it then ends at the new instant, and nobody else's moves."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=5)
    kept = await hold(session, line(variant, 2))
    await hold(session, line(variant, 1))
    await stock.extend(session, order_id=kept, expires_at=LATER)
    assert await stock.expire_reservations(session, now=UNTIL) == 1
    assert await counters(session, item) == (5, 2, 0)
    assert await left(session, variant, now=LATER) == 5


async def test_a_hold_that_was_given_back_is_not_made_longer(session):
    """Rule 5: goods that a sweep gave back are not held any more, and whoever would move their end is told so."""
    variant = await make_variant(session)
    await make_stock(session, variant, on_hand=5)
    gone = await hold(session, line(variant, 2))
    assert await stock.expire_reservations(session, now=UNTIL) == 1
    with pytest.raises(HoldOverError):
        await stock.extend(session, order_id=gone, expires_at=LATER)
    assert await left(session, variant, now=NOW) == 5


async def test_allocate_keeps_paid_goods_for_ever(session):
    """Rule 6: goods that are paid for do not run out; paying twice changes nothing."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=5)
    order_id = await hold(session, line(variant, 2))
    await stock.allocate(session, order_id=order_id, now=NOW)
    await stock.allocate(session, order_id=order_id, now=NOW)
    await stock.expire_reservations(session, now=LATER)
    assert await counters(session, item) == (5, 0, 2)
    assert await left(session, variant, now=LATER) == 3


async def test_allocate_just_after_the_hold_ran_out(session):
    """Rule 7: a hold that ran out but that nobody took is still this order's."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=2)
    order_id = await hold(session, line(variant, 2))
    await stock.allocate(session, order_id=order_id, now=LATER)
    assert await counters(session, item) == (2, 0, 2)
    assert await left(session, variant, now=LATER) == 0


async def test_allocate_takes_a_lost_hold_anew(session):
    """Rule 7: money that arrives after the hold was given back takes the goods again, from whichever lot has them."""
    variant = await make_variant(session)
    first = await make_stock(session, variant, on_hand=2, expires_on=date(2026, 12, 1))
    second = await make_stock(session, variant, on_hand=2, expires_on=date(2027, 1, 1))
    wanted = line(variant, 2)
    order_id = await hold(session, wanted)
    await stock.expire_reservations(session, now=LATER)
    await hold(session, line(variant, 1), expires_at=LATER + timedelta(hours=1), now=LATER)
    await stock.allocate(session, order_id=order_id, now=LATER)
    assert await counters(session, first) == (2, 1, 1)
    assert await counters(session, second) == (2, 0, 1)
    held = await stock.list_held(session, order_id=order_id)
    assert [(one.line_id, one.lot_id, one.quantity) for one in held] == [
        (wanted.line_id, first.lot_id, 1),
        (wanted.line_id, second.lot_id, 1),
    ]


async def test_allocate_refuses_when_the_goods_are_gone(session):
    """Rule 7: when another buyer has the goods by then, the late payment gets none and takes nothing away."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=2)
    late = await hold(session, line(variant, 2))
    await hold(session, line(variant, 1), expires_at=LATER + timedelta(hours=1), now=LATER)
    with pytest.raises(SoldOutError) as refused:
        await stock.allocate(session, order_id=late, now=LATER)
    assert refused.value.available == 1
    assert await counters(session, item) == (2, 1, 0)


async def test_allocate_needs_a_hold(session):
    """Rule 6: an order that never held anything cannot be allocated."""
    with pytest.raises(NotAllocatedError):
        await stock.allocate(session, order_id=uuid7(), now=NOW)


async def test_release_gives_back_what_is_held_or_paid_for(session):
    """Rule 8: a cancelled order gives everything back, once."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=5)
    unpaid, paid = await hold(session, line(variant, 2)), await hold(session, line(variant, 1))
    await stock.allocate(session, order_id=paid, now=NOW)
    for order_id in (unpaid, paid, paid, uuid7()):
        await stock.release(session, order_id=order_id, now=NOW)
    assert await counters(session, item) == (5, 0, 0)


async def test_ship_takes_goods_off_the_shelf(session):
    """Rule 9: what leaves is no longer there, is written down, and leaves once; it still names its lots."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=5)
    one, two = line(variant, 2), line(variant, 1)
    order_id = await hold(session, one, two)
    await stock.allocate(session, order_id=order_id, now=NOW)
    for _ in range(2):
        await stock.ship(session, order_id=order_id, line_ids=[one.line_id], now=NOW)
    assert await counters(session, item) == (3, 0, 1)
    await stock.release(session, order_id=order_id, now=NOW)
    assert await counters(session, item) == (3, 0, 0)
    assert await stock.list_held(session, order_id=order_id) == [stock.HeldLot(one.line_id, item.lot_id, 2)]
    moves = (await session.scalars(select(StockMovement).where(StockMovement.stock_item_id == item.id))).all()
    assert [(move.delta, move.reason) for move in moves] == [(-2, "shipped")]


async def test_ship_refuses_what_is_not_paid_for(session):
    """Rule 9: goods that are only held, or of another order, do not leave."""
    variant = await make_variant(session)
    await make_stock(session, variant, on_hand=5)
    wanted = line(variant, 2)
    order_id = await hold(session, wanted)
    with pytest.raises(NotAllocatedError):
        await stock.ship(session, order_id=order_id, line_ids=[wanted.line_id], now=NOW)
    with pytest.raises(NotAllocatedError):
        await stock.ship(session, order_id=order_id, line_ids=[uuid7()], now=NOW)


@pytest.mark.parametrize(
    ("sold_by", "step", "grams", "pieces"), [(SoldBy.PIECE, 1, 1_999, 9), (SoldBy.GRAM, 500, 1_999, 1_999)]
)
async def test_a_released_lot_goes_on_the_shelf(session, sold_by, step, grams, pieces):
    """Rule 10: a lot becomes whole packs (a rest of one is not sold), or grams; hearing of it twice adds nothing."""
    variant = await make_variant(session, sold_by=sold_by, step=step)
    template = await make_stock(session, await make_variant(session))
    for _ in range(2):
        await stock.receive_lot(
            session,
            lot_id=template.lot_id,
            variant_id=variant.id,
            quantity_g=grams,
            expires_on=date(2027, 1, 1),
            now=NOW,
        )
    assert await left(session, variant) == pieces
    [item] = await stock.list_items(session, [variant.id])
    moves = (await session.scalars(select(StockMovement).where(StockMovement.stock_item_id == item.id))).all()
    assert [(move.delta, move.reason) for move in moves] == [(pieces, "received")]


async def test_a_blocked_lot_is_not_sold_until_it_is_released_again(session):
    """Rule 11: a frozen lot sells nothing more, and sells again when it is released again."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=5)
    await stock.block_lot(session, lot_id=item.lot_id)
    await stock.block_lot(session, lot_id=item.lot_id)
    assert await left(session, variant) == 0
    with pytest.raises(NoResultFound):
        await repository.take(session, [(item.id, uuid7(), 1)], holder_id=uuid7(), expires_at=NOW, now=NOW)
    await stock.receive_lot(
        session,
        lot_id=item.lot_id,
        variant_id=variant.id,
        quantity_g=1_000,
        expires_on=item.expires_on,
        now=NOW,
    )
    assert await left(session, variant) == 5


async def test_stock_hears_of_lots(session):
    """Rules 10 and 11: a lot that is released goes on the shelf by itself; one that is held is frozen."""
    variant = await make_variant(session)
    template = await make_stock(session, await make_variant(session))
    lot = await session.get_one(Lot, template.lot_id)
    released = LotReleased(
        lot_id=lot.id, variant_id=variant.id, quantity_g=1_000, expires_on=date(2027, 1, 1)
    )
    await emit(session, released)
    assert await left(session, variant) == 5
    [item] = await stock.list_items(session, [variant.id])
    assert item.created_at == lot.released_at
    await emit(session, LotHeld(lot_id=lot.id, clear_on=date(2026, 12, 1)))
    assert await left(session, variant) == 0


async def test_adjust_corrects_what_lies_there(session):
    """Rule 12: a correction is kept with its reason and its author; the shelf never falls below what is held."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=5, reserved=1, allocated=2)
    person = await make_person(session)
    await stock.adjust(session, stock_item_id=item.id, delta=-2, reason="vỡ", person_id=person.id, now=NOW)
    assert await counters(session, item) == (3, 1, 2)
    with pytest.raises(HeldError) as refused:
        await stock.adjust(
            session, stock_item_id=item.id, delta=-1, reason="vỡ", person_id=person.id, now=NOW
        )
    assert refused.value.held == 3
    with pytest.raises(StockItemNotFoundError):
        await stock.adjust(
            session, stock_item_id=uuid7(), delta=1, reason="đếm lại", person_id=person.id, now=NOW
        )
    moves = (await session.scalars(select(StockMovement).where(StockMovement.stock_item_id == item.id))).all()
    assert [(move.delta, move.reason) for move in moves] == [(-2, "vỡ")]


@pytest.mark.parametrize("change", [{"reserved": 6}, {"allocated": -1}, {"reserved": 3, "allocated": 3}])
async def test_the_table_itself_refuses_more_than_there_is(session, change):
    """Rule 1: whatever the program does, nothing negative and nothing above what lies there is kept."""
    item = await make_stock(session, await make_variant(session), on_hand=5)
    with pytest.raises(IntegrityError):
        await repository.move(session, item.id, **change)
