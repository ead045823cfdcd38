"""What operators may owe under many hands at once, with a negative control, and transfers told twice."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.ids import uuid7
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.operators import members, repository
from storefront.operators import service as operators
from storefront.operators.errors import AtWorkError, CreditLimitError
from storefront.payments import transfers
from storefront.payments.ports import BankTransfer
from storefront.payments.service import CollectingAccount
from storefront.portal import service as portal
from tests.concurrency.test_octo import insist
from tests.factories.operators import make_clerk
from tests.factories.people import make_person
from tests.factories.visits import NOW, SECRET, make_visit, wish
from tests.instants import until_stopped

TWO_TICKETS = 270_000


async def open_visit(db):
    """A visit with plenty of seats."""
    async with db.transaction() as session:
        return await make_visit(session, capacity=100)


async def hold(db, clerk, visit):
    """Two seats in a transaction of their own."""
    async with db.transaction() as session:
        return await portal.hold(session, clerk, wish(visit, 2), secret=SECRET, now=NOW)


async def confirm(db, clerk, booking):
    """Sell what is held; False when the operator may not owe as much."""
    try:
        async with db.transaction() as session:
            await portal.confirm(session, clerk, booking.id, now=NOW)
    except CreditLimitError:
        return False
    return True


async def owed(db, clerk):
    """What the books say."""
    async with db.transaction() as session:
        return await ledger.balance(session, accounts.operator_receivable(clerk.operator.id))


async def test_ten_sales_at_once_below_one_limit(db):
    """Of ten sales at once as many pass as the limit bears, and not one more (BOOKS.md, BX6)."""
    visit, clerk = await open_visit(db), await make_clerk(db, limit=3 * TWO_TICKETS)
    held = [await hold(db, clerk, visit) for _ in range(10)]
    done = await asyncio.gather(*(insist(partial(confirm, db, clerk, one)) for one in held))
    assert sum(done) == 3
    assert await owed(db, clerk) == 3 * TWO_TICKETS


async def test_sums_read_without_the_lock_let_both_pass(db):
    """Negative control: two sales that look at what is owed before they wait for each other both find room."""
    visit, clerk = await open_visit(db), await make_clerk(db, limit=TWO_TICKETS)
    held = [await hold(db, clerk, visit) for _ in range(2)]
    looked = asyncio.Barrier(2)

    async def sell_carelessly(booking):
        async with db.transaction() as session:
            operator = await operators.get_operator(session, clerk.operator.id)
            await operators.check_credit(session, operator, booking.total_minor)
            await looked.wait()
            operator.credit_limit_minor = None  # what was found is believed
            await ledger.record(
                session,
                kind="sale",
                source=f"careless:{booking.id}",
                memo=booking.code,
                entries=[
                    (accounts.operator_receivable(operator.id), booking.total_minor),
                    (accounts.seller_payable(visit.producer.id), -booking.total_minor),
                ],
                occurred_at=NOW,
                now=NOW,
            )

    await asyncio.gather(*(sell_carelessly(one) for one in held))
    assert await owed(db, clerk) == 2 * TWO_TICKETS


class SlowSale:
    """A sale of an operator without a limit that is made and not committed until it is told."""

    def __init__(self, db, clerk, booking):
        self.is_made, self._may_end = asyncio.Event(), asyncio.Event()
        self._db, self._clerk, self._booking = db, clerk, booking
        self._running = asyncio.create_task(self._sell())

    async def _sell(self):
        async with self._db.transaction() as session:
            await portal.confirm(session, self._clerk, self._booking.id, now=NOW)
            self.is_made.set()
            await self._may_end.wait()

    async def end(self):
        """Let it commit."""
        self._may_end.set()
        await self._running


async def test_a_limit_is_set_while_a_sale_is_on_its_way(db):
    """A limit that is set waits for sales that were not asked for one: the next sale counts them (BOOKS.md, BX6)."""
    visit, clerk = await open_visit(db), await make_clerk(db)
    held = [await hold(db, clerk, visit) for _ in range(2)]
    sale = SlowSale(db, clerk, held[0])
    await sale.is_made.wait()

    async def limit():
        async with db.transaction() as session:
            await operators.set_limit(session, operator_id=clerk.operator.id, limit_minor=TWO_TICKETS)

    limiting = asyncio.create_task(limit())
    await until_stopped(db, limiting)
    assert not limiting.done()
    await sale.end()
    await limiting
    assert not await confirm(db, clerk, held[1])
    assert await owed(db, clerk) == TWO_TICKETS


async def test_a_limit_that_waits_for_nobody_misses_a_sale(db):
    """Negative control: a limit set beside a sale on its way is passed by the next one, which does not see that sale."""
    visit, clerk = await open_visit(db), await make_clerk(db)
    held = [await hold(db, clerk, visit) for _ in range(2)]
    sale = SlowSale(db, clerk, held[0])
    await sale.is_made.wait()
    async with db.transaction() as session:
        operator = await repository.lock_operator(session, clerk.operator.id)
        operator.credit_limit_minor = TWO_TICKETS
    assert await confirm(db, clerk, held[1])
    await sale.end()
    assert await owed(db, clerk) == 2 * TWO_TICKETS


async def test_selling_beside_giving_back(db):
    """Sales and cancellations at once never owe more than the limit, and what is left fits the books (BOOKS.md, BX3 and BX6)."""
    visit, clerk = await open_visit(db), await make_clerk(db, limit=2 * TWO_TICKETS)
    sold = [await hold(db, clerk, visit) for _ in range(2)]
    for one in sold:
        assert await confirm(db, clerk, one)
    waiting = [await hold_anyway(db, clerk, visit) for _ in range(4)]

    async def give_back(booking):
        async with db.transaction() as session:
            await portal.cancel(session, clerk, booking.id, now=NOW)
        return False

    acts = [partial(confirm, db, clerk, one) for one in waiting] + [partial(give_back, one) for one in sold]
    passed = sum(await asyncio.gather(*(insist(act) for act in acts)))
    assert passed <= 2
    assert await owed(db, clerk) == passed * TWO_TICKETS


async def hold_anyway(db, clerk, visit):
    """Two seats as a system holds them, which is told at the confirmation what it may not."""
    async with db.transaction() as session:
        return await portal.bookings.create_booking(
            session,
            booking=wish(visit, 2),
            secret=SECRET,
            person_id=None,
            language="vi",
            now=NOW,
            terms=portal.terms_of(clerk),
        )


async def test_one_transfer_told_ten_times_at_once(db, house):
    """A transfer that the bank tells ten times at once is credited once (BOOKS.md, BX7)."""
    clerk, collecting = await make_clerk(db), house.port(CollectingAccount)
    async with db.transaction() as session:
        code = await operators.give_code(session, await operators.get_operator(session, clerk.operator.id))
    transfer = BankTransfer(
        external_id=str(uuid7()),
        account=collecting.account,
        bank_bin=collecting.bank_bin,
        amount_minor=500_000,
        memo=f"MBVCB.{code}.CT tu 0123",
        code="",
        is_incoming=True,
        arrived_at=NOW,
        payload={},
    )

    async def tell():
        async with db.transaction() as session:
            return await transfers.receive_transfer(
                session, transfer, provider="sepay", collecting=collecting, now=NOW
            )

    told = await asyncio.gather(*(insist(tell) for _ in range(10)))
    assert sum(one is not None for one in told) == 1
    assert await owed(db, clerk) == -500_000


async def test_two_codes_at_once_are_one(db):
    """The code of an operator is made once, however many ask for it at once (BOOKS.md, BX7)."""
    async with db.transaction() as session:
        operator = await operators.get_or_create_operator(session, name="Sông Cầu", now=NOW)

    async def ask():
        async with db.transaction() as session:
            return await operators.give_code(session, await operators.get_operator(session, operator.id))

    assert len(set(await asyncio.gather(*(ask() for _ in range(8))))) == 1


async def leave_two(db):
    """Two operators, and somebody who worked for each of them once."""
    async with db.transaction() as session:
        person = await make_person(session)
        found = [
            await operators.get_or_create_operator(session, name=name, now=NOW)
            for name in ("Sông Cầu", "Núi Xanh")
        ]
        for one in found:
            await members.link(session, operator_id=one.id, phone=person.phone, name="", now=NOW)
            await members.unlink(session, operator_id=one.id, person_id=person.id, now=NOW)
    return person, found


async def test_two_operators_take_one_person_back_at_once(db):
    """Of two offices that link the same number at once one has its clerk, the other is told where they work (BOOKS.md, BX6)."""
    person, (first, second) = await leave_two(db)
    is_linked, may_end = asyncio.Event(), asyncio.Event()

    async def link(operator, before_end=None):
        try:
            async with db.transaction() as session:
                await members.link(session, operator_id=operator.id, phone=person.phone, name="", now=NOW)
                is_linked.set()
                if before_end:
                    await before_end.wait()
        except AtWorkError:
            return False
        return True

    slow = asyncio.create_task(link(first, may_end))
    await is_linked.wait()
    other = asyncio.create_task(link(second))
    await until_stopped(db, other)
    assert not other.done()  # it waits for the first
    may_end.set()
    assert (await slow, await other) == (True, False)
    async with db.transaction() as session:
        assert (await members.find_clerk(session, person)).operator.id == first.id


async def test_a_person_taken_back_without_the_lock_ends_in_an_error(db):
    """Negative control: two offices that do not wait for each other both find nobody at work, and the second breaks."""
    person, found = await leave_two(db)
    is_first, may_end = asyncio.Event(), asyncio.Event()

    async def link_carelessly(operator):
        async with db.transaction() as session:
            is_free = await repository.link_member(session, operator.id, person.id, now=NOW)
            is_first.set()
            await may_end.wait()
            return is_free

    first = asyncio.create_task(link_carelessly(found[0]))
    await is_first.wait()
    second = asyncio.create_task(link_carelessly(found[1]))
    await until_stopped(db, second)
    may_end.set()
    assert await first
    with pytest.raises(IntegrityError):
        await second
