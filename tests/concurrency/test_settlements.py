"""Settlements under several hands: two managers at once, a correction between them, each beside its negative control."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.ids import uuid7
from storefront.settlements import advances, households, service
from storefront.settlements.errors import AdvanceUsedError, NothingToSettleError, SettlementMovedError
from tests.factories.settlements import (
    MONTH,
    NOW,
    ahead_of,
    make_advance,
    make_house,
    make_settlement,
    owed_to,
    weigh,
)
from tests.instants import until_stopped

RACERS = 6
WORTH = 350_000


async def a_household(db, *, ahead=0, has_book=True):
    """A household with one slip of 350.000 đồng, and perhaps something ahead: its ids and the slip's."""
    async with db.transaction() as session:
        house = await make_house(session)
        if has_book:
            await households.set_account(
                session,
                producer_id=house.producer_id,
                person_id=house.person_id,
                bank_bin="970415",
                bank_account="113366668888",
                account_name="NGUYEN THI MAN",
                now=NOW,
            )
        if ahead:
            await make_advance(session, house, ahead)
        return house, (await weigh(session, house)).id


async def settle_lines(session, house, lines):
    """Make a settlement of lines that were read before, without the lock."""
    return await service.book_lines(
        session,
        settlement_id=uuid7(),
        producer_id=house.producer_id,
        person_id=house.person_id,
        lines=lines,
        period=MONTH,
        by_id=house.manager_id,
        now=NOW,
    )


async def read_open(session, house):
    """What stands open now."""
    return await service.list_open(session, producer_id=house.producer_id, person_id=house.person_id)


async def booked(db, house):
    """(what the household is owed, what it still has ahead) as committed."""
    async with db.transaction() as session:
        return await owed_to(session, house), await ahead_of(session, house)


@pytest.mark.parametrize("has_book", [True, False])
async def test_managers_at_once_settle_once(db, has_book):
    """BM2, BM3: of six managers who press at once one settles, the others are told politely; the advance goes off once."""
    house, _slip_id = await a_household(db, ahead=100_000, has_book=has_book)

    async def press():
        try:
            async with db.transaction() as session:
                await make_settlement(session, house)
        except NothingToSettleError:
            return False
        return True

    assert sum(await asyncio.gather(*(press() for _ in range(RACERS)))) == 1
    assert await booked(db, house) == (WORTH - 100_000, 0)


async def test_without_the_lock_the_table_refuses(db):
    """Negative control: managers who read before they wait all mean to pay; only the table's own key stops them, rudely."""
    house, _slip_id = await a_household(db)
    at_the_desk = asyncio.Barrier(RACERS)

    async def press_carelessly():
        async with db.transaction() as session:
            lines = await read_open(session, house)
            await at_the_desk.wait()
            await settle_lines(session, house, lines)

    said = await asyncio.gather(*(press_carelessly() for _ in range(RACERS)), return_exceptions=True)
    assert sum(isinstance(one, IntegrityError) for one in said) == RACERS - 1
    assert await booked(db, house) == (WORTH, 0)


async def correct(db, house, slip_id):
    """The slip is corrected to the same weight."""
    async with db.transaction() as session:
        await weigh(session, house, corrects_id=slip_id)


async def test_a_correction_between_two_managers_is_paid_once(db):
    """BM3, BM4: one settles the slip, somebody corrects it, another settles: the second waits and pays the difference."""
    house, slip_id = await a_household(db)
    is_settled, may_end = asyncio.Event(), asyncio.Event()

    async def settle_slowly():
        async with db.transaction() as session:
            await make_settlement(session, house)
            is_settled.set()
            await may_end.wait()

    async def settle_later():
        async with db.transaction() as session:
            await make_settlement(session, house)

    first = asyncio.create_task(settle_slowly())
    await is_settled.wait()
    await correct(db, house, slip_id)
    second = asyncio.create_task(settle_later())
    await until_stopped(db, second)
    assert not second.done()  # it waits at the household's book
    may_end.set()
    said = await asyncio.gather(first, second, return_exceptions=True)
    assert isinstance(said[1], NothingToSettleError)
    assert await booked(db, house) == (WORTH, 0)


async def test_without_the_lock_a_correction_is_paid_again(db):
    """Negative control: without the lock the slip and its correction are both paid in full, and no key of the table sees it."""
    house, slip_id = await a_household(db)
    has_read, is_corrected = asyncio.Event(), asyncio.Event()

    async def settle_old():
        async with db.transaction() as session:
            lines = await read_open(session, house)
            has_read.set()
            await is_corrected.wait()
            await settle_lines(session, house, lines)

    async def settle_new():
        await has_read.wait()
        await correct(db, house, slip_id)
        async with db.transaction() as session:
            await settle_lines(session, house, await read_open(session, house))
            is_corrected.set()

    await asyncio.gather(settle_old(), settle_new())
    assert await booked(db, house) == (2 * WORTH, 0)


async def test_an_advance_is_voided_or_set_off(db):
    """BM5: voided and set off at the same moment, one follows the other, and the books agree with whoever came first."""
    house, _slip_id = await a_household(db)
    async with db.transaction() as session:
        advance_id = (await make_advance(session, house, 100_000)).id

    async def void():
        async with db.transaction() as session:
            await advances.void_advance(
                session,
                advance_id=advance_id,
                producer_id=house.producer_id,
                by_id=house.manager_id,
                now=NOW,
            )

    async def press():
        async with db.transaction() as session:
            await make_settlement(session, house)

    said = await asyncio.gather(press(), void(), void(), return_exceptions=True)
    assert said[0] is None
    refused = [one for one in said[1:] if one is not None]
    assert all(isinstance(one, AdvanceUsedError) for one in refused)
    paid = WORTH if len(refused) == 1 else WORTH - 100_000
    assert await booked(db, house) == (paid, 0)


async def test_a_settlement_waits_for_an_advance_that_is_being_voided(db):
    """BM3, BM5: an advance that is voided at this moment is not set off: the settlement waits, and pays the whole."""
    house, _slip_id = await a_household(db)
    async with db.transaction() as session:
        advance_id = (await make_advance(session, house, 100_000)).id
    is_voided, may_end = asyncio.Event(), asyncio.Event()

    async def void_slowly():
        async with db.transaction() as session:
            await advances.void_advance(
                session,
                advance_id=advance_id,
                producer_id=house.producer_id,
                by_id=house.manager_id,
                now=NOW,
            )
            is_voided.set()
            await may_end.wait()

    async def press():
        await is_voided.wait()
        async with db.transaction() as session:
            await make_settlement(session, house)

    voiding, pressing = asyncio.create_task(void_slowly()), asyncio.create_task(press())
    await is_voided.wait()
    await until_stopped(db, pressing)
    assert not pressing.done()
    may_end.set()
    await asyncio.gather(voiding, pressing)
    assert await booked(db, house) == (WORTH, 0)


async def test_paid_at_once_is_booked_once(db):
    """BM8: of six managers who write the payment down at once one does, the others are told."""
    house, _slip_id = await a_household(db)
    async with db.transaction() as session:
        made = await make_settlement(session, house)

    async def pay(number):
        async with db.transaction() as session:
            await service.record_paid(
                session,
                settlement_id=made.id,
                producer_id=house.producer_id,
                reference=f"FT{number}",
                by_id=house.manager_id,
                now=NOW,
            )

    said = await asyncio.gather(*(pay(number) for number in range(RACERS)), return_exceptions=True)
    assert sum(one is None for one in said) == 1
    assert all(isinstance(one, SettlementMovedError) for one in said if one is not None)
    assert await booked(db, house) == (0, 0)
