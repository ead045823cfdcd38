"""Money and goods under every order of acts that a machine can think of (tests/journeys/market.py)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app.core import inbox
from app.core.ids import uuid7
from app.web.house import House
from storefront.ledger import service as ledger
from storefront.payments import receipts
from storefront.payments import repository as payments_repository
from storefront.payments.ports import CardDesk
from storefront.stock import repository as stock_repository
from storefront.taxes import repository as taxes_repository
from storefront.vouchers import repository as vouchers_repository
from tests.fakes.stripe import FakeStripe
from tests.journeys.market import Market
from tests.journeys.market_stage import Stage

Act = tuple[str, dict[str, Any]]
"""A rule of the machine by its name, and what would be drawn for it."""
LONG = bool(os.environ.get("CHOPHIEN_SOAK"))
PLAY = settings(
    max_examples=400 if LONG else 12,
    stateful_step_count=60 if LONG else 30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
# For a machine that plays acts which others play too: a part of the games is enough.
PART = settings(PLAY, max_examples=PLAY.max_examples // 3)
# The same games each time, and no further ones once something was found: what is tried here is the check itself.
SEARCH = settings(
    PLAY,
    max_examples=100,
    stateful_step_count=30,
    phases=[Phase.generate],
    derandomize=True,
    report_multiple_bugs=False,
    database=None,
    print_blob=False,
)


@pytest.fixture
async def stage(house: House, new_client: Callable[[], httpx.AsyncClient]) -> AsyncIterator[Stage]:
    """The house with a card house of its own; the machine lives in another thread and hands its acts over."""
    loop = asyncio.get_running_loop()

    def run(act: Awaitable[Any]) -> Any:
        async def whole() -> Any:
            return await act

        return asyncio.run_coroutine_threadsafe(whole(), loop).result(60)

    stripe, before = FakeStripe(house), house.port(CardDesk)
    house.provide(CardDesk, CardDesk(stripe.gateway))
    async with new_client() as client:
        yield Stage(house, client, stripe, run)
    house.provide(CardDesk, before)


async def play(
    stage: Stage, how: settings, acts: Collection[str] = (), machine: type[Market] = Market
) -> None:
    """Let a machine play in a thread of its own, all its acts or some; AssertionError when something does not hold."""
    others = {rule.function.__name__ for rule in machine.setup_state().rules} - set(acts) if acts else set()
    some = type(machine.__name__, (machine,), {"stage": stage, **dict.fromkeys(others)})
    await asyncio.to_thread(run_state_machine_as_test, some, settings=how)


async def follow(stage: Stage, acts: Sequence[Act], machine: type[Market] = Market) -> None:
    """Let a machine play one known game: each act may be done when it comes, and after it everything is looked at.

    What its looking finds is tried so at once; a search among all games comes to some of these after minutes.
    """
    some = type(machine.__name__, (machine,), {"stage": stage})
    known = some.setup_state()
    rules = {rule.function.__name__: rule for rule in known.rules}

    def game() -> None:
        one = some()
        one.open_market()
        for name, drawn in acts:
            assert all(may(one) for may in rules[name].preconditions), f"{name} may not be done"
            rules[name].function(one, **drawn)
            for kept in known.invariants:
                kept.function(one)

    await asyncio.to_thread(game)


async def test_whatever_is_done_the_books_are_whole(stage: Stage) -> None:
    """Domain 1-4: after every act of buyers, bank, card house, packers, staff and clock, in any order, the books are whole."""
    await play(stage, PLAY)


def book_sales_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sale stands in the books a second time under another name."""
    record = ledger.record

    async def twice(session: Any, *, kind: str, source: str, **facts: Any) -> bool:
        if kind == "sale":
            await record(session, kind=kind, source=f"{source}:again", **facts)
        return await record(session, kind=kind, source=source, **facts)

    monkeypatch.setattr(ledger, "record", twice)


def hear_everything_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that comes twice is taken for two."""
    receive, insert = inbox.receive, payments_repository.insert_receipt

    async def anew(session: Any, *, external_id: str, **facts: Any) -> Any:
        return await receive(session, external_id=f"{external_id}:{uuid7()}", **facts)

    async def again(session: Any, *, external_id: str, **values: Any) -> Any:
        return await insert(session, external_id=f"{external_id}:{uuid7()}", **values)

    monkeypatch.setattr(inbox, "receive", anew)
    monkeypatch.setattr(payments_repository, "insert_receipt", again)


def forget_what_was_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives goods back changes the hold and forgets the counter."""
    move = stock_repository.move

    async def forget(session: Any, item_id: Any, *, reserved: int = 0, **by: int) -> None:
        await move(session, item_id, reserved=reserved if by else 0, **by)

    monkeypatch.setattr(stock_repository, "move", forget)


def lose_late_money(monkeypatch: pytest.MonkeyPatch) -> None:
    """Money that comes after its time is answered politely and written down nowhere."""
    record = receipts.record_arrival

    async def lose(session: Any, arrival: receipts.Arrival, *, now: Any) -> Any:
        payment = (
            await payments_repository.find_by_id(session, arrival.payment_id) if arrival.payment_id else None
        )
        if payment is not None and payment.expires_at <= now:
            return None
        return await record(session, arrival, now=now)

    monkeypatch.setattr(receipts, "record_arrival", lose)


def forget_a_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives a voucher's use back changes the order and forgets the counter."""

    async def forget(session: Any, **facts: Any) -> None:
        """Count nothing."""

    monkeypatch.setattr(vouchers_repository, "count_down", forget)


def forget_what_was_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tax is taken from the seller in the books, and nobody writes down of what."""

    async def forget(session: Any, rows: Any) -> None:
        """Insert nothing."""

    monkeypatch.setattr(taxes_repository, "insert_entries", forget)


ORDER: Act = ("order", {"boxes": 1, "bags": 1, "gifts": 0, "fish": 0})
FIRST: dict[str, Any] = {"pick": 0}


async def test_sales_that_are_booked_twice_are_come_upon(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of the search: among games that are drawn, of few kinds of acts, is one that shows the fault."""
    book_sales_twice(monkeypatch)
    with pytest.raises(AssertionError):
        await play(stage, SEARCH, ["order", "transfer", "report", "pay"])


@pytest.mark.parametrize(
    ("break_a_rule", "acts"),
    [
        (book_sales_twice, [ORDER, ("pay", FIRST | {"share": 1.0})]),
        (
            hear_everything_anew,
            [ORDER, ("transfer", FIRST | {"share": 1.0}), ("report", FIRST | {"times": 2})],
        ),
        (forget_what_was_freed, [ORDER, ("cancel", FIRST)]),
        (
            lose_late_money,
            [
                ORDER,
                ("transfer", FIRST | {"share": 1.0}),
                ("wait", {"minutes": 60 * 24}),
                ("sweep", {}),
                ("report", FIRST | {"times": 1}),
            ],
        ),
        (
            forget_a_use,
            [("order_with_voucher", {"gifts": 0, "bags": 1, "fish": 0}), ("cancel", FIRST)],
        ),
        (forget_what_was_withheld, [ORDER, ("pay", FIRST | {"share": 1.0})]),
    ],
)
async def test_a_broken_rule_is_found(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    break_a_rule: Callable[[pytest.MonkeyPatch], None],
    acts: list[Act],
) -> None:
    """Negative control: a game that is whole is not any more with one rule of money or stock broken on purpose."""
    await follow(stage, acts)
    break_a_rule(monkeypatch)
    with pytest.raises(AssertionError):
        await follow(stage, acts)
