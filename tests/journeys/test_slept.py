"""Stays under every order of acts that a machine can think of (tests/journeys/slept.py)."""

from __future__ import annotations

from typing import Any

import pytest

from storefront.stays import cancelling
from tests.journeys.market_stage import Stage
from tests.journeys.slept import Slept
from tests.journeys.test_market import FIRST, PART, Act, follow, play, stage

__all__ = ["stage"]
STAYS = {"sleep", "pay_stay", "end_stay", "keep_beds", "come_or_go", "change_nights", "sweep_stays"}
ACTS = STAYS | {"report", "give_back", "pay_refund", "wait", "sweep", "pay_producers", "hear_bank"}


async def test_whatever_is_done_no_bed_and_no_dong_is_lost(stage: Stage) -> None:
    """STAYS.md, 1 to 19: after every act of guests, host, door, bank and clock beds and books are whole."""
    await play(stage, PART, ACTS, Slept)


async def test_beds_that_never_come_back_are_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control (STAYS.md, 11): who keeps a cancelled party's beds is come upon."""

    async def keep(*_facts: Any, **_more: Any) -> None:
        return None

    acts: list[Act] = [
        ("sleep", {"after": 1, "length": 2, "units": 1, "is_room": False}),
        ("end_stay", FIRST | {"is_host": False}),
    ]
    await follow(stage, acts, Slept)
    monkeypatch.setattr(cancelling.settlement, "release", keep)
    with pytest.raises(AssertionError, match="beds are not those"):
        await follow(stage, acts, Slept)
