"""Visits under every order of acts that a machine can think of (tests/journeys/visited.py)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import ColumnElement, bindparam, literal, select

from app.core.driver import Prepared
from storefront.tours import (
    allotment_repository,
    batch_settling,
    cancelling,
    departure_repository,
    seats,
    settlement,
)
from storefront.tours.models import Departure
from tests.journeys.market_stage import Stage
from tests.journeys.test_market import FIRST, PART, Act, follow, play, stage
from tests.journeys.visited import Visited

__all__ = ["stage"]
VISITS = {
    "visit_farm",
    "pay_visit",
    "give_up_visit",
    "move_visit",
    "change_visit",
    "hold_longer",
    "choose",
    "wait_for_seats",
    "leave_list",
    "call_day_off",
    "change_seats",
    "hold_for_operator",
    "let_in",
    "sweep_visits",
}
PAPER = {"leave_paper", "settle_paper", "seat_paper", "come_with_paper", "return_paper"}
PARTY: Act = ("visit_farm", {"adults": 1, "families": 0, "day": 3, "is_own": True})
ACTS = VISITS | PAPER | {"report", "give_back", "pay_refund", "wait", "sweep", "pay_producers", "hear_bank"}


async def test_whatever_is_done_no_seat_and_no_dong_is_lost(stage: Stage) -> None:
    """Rules 1 to 49, 58, 59, 70 to 74 and 120 to 125: after every act of guests, operator, host, gate, bank and clock seats and books are whole."""
    await play(stage, PART, ACTS, Visited)


async def test_paper_that_gives_its_seats_back_and_keeps_its_guest_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control (rule 121): tickets that are handed back and whose bookings stand are come upon."""

    async def forget(*_facts: Any, **_more: Any) -> None:
        return None

    acts: list[Act] = [
        ("leave_paper", {"count": 1, "day": 3, "is_family": False}),
        ("settle_paper", FIRST | {"is_sold": False}),
    ]
    await follow(stage, acts, Visited)
    monkeypatch.setattr(batch_settling.batches, "end_locked", forget)
    with pytest.raises(AssertionError):
        await follow(stage, acts, Visited)


async def test_seats_that_come_back_twice_are_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control (rule 4): who gives a cancelled party's seats back twice is come upon."""
    release = settlement.release

    async def twice(session: Any, booking: Any) -> None:
        await release(session, booking)
        await seats.give_back(session, booking.departure_id, booking.heads)

    acts = [PARTY, PARTY, ("give_up_visit", FIRST)]
    await follow(stage, acts, Visited)
    monkeypatch.setattr(cancelling.settlement, "release", twice)
    with pytest.raises(AssertionError, match="seats are not those"):
        await follow(stage, acts, Visited)


async def test_money_that_is_not_owed_back_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control (rule 10): a paid party that cancels and is owed nothing is come upon."""

    async def forget(*_facts: Any, **_more: Any) -> None:
        return None

    acts: list[Act] = [PARTY, ("pay_visit", FIRST | {"share": 1.0, "times": 1}), ("give_up_visit", FIRST)]
    await follow(stage, acts, Visited)
    monkeypatch.setattr(settlement, "give_back", forget)
    with pytest.raises(AssertionError):
        await follow(stage, acts, Visited)


async def test_what_is_held_and_sold_to_others_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control (rule 71): a counter that does not ask what is held for others is come upon."""

    def forget(*_facts: Any, **_more: Any) -> ColumnElement[int]:
        return literal(0)

    held: Act = ("hold_for_operator", {"day": 3, "heads": 4, "release_days": 0})
    acts: list[Act] = [PARTY, held]
    await follow(stage, acts, Visited)
    monkeypatch.setattr(allotment_repository, "withheld", forget)
    # The counter's statements are built once: as they would be without what is held.
    left = select(departure_repository._left(departure_repository._NOW, departure_repository._ASKER))
    left = left.where(Departure.id == bindparam("departure_id"))
    monkeypatch.setattr(departure_repository, "_COUNT_LEFT", Prepared(left))
    fits = Departure.taken + departure_repository._HEADS <= Departure.capacity
    monkeypatch.setattr(departure_repository, "_TAKE_BESIDE_HELD", departure_repository._take(fits))
    with pytest.raises(AssertionError, match="seats that are held are not there"):
        await follow(stage, acts, Visited)
