"""Deposits, the rest of prices and steps of cancelling under every order of acts (tests/journeys/termed.py)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings

from storefront.tours import deposit_repository
from tests.journeys.market_stage import Stage
from tests.journeys.termed import Termed
from tests.journeys.test_market import FIRST, PART, Act, follow, play, stage
from tests.journeys.test_visited import ACTS, PARTY

__all__ = ["stage"]
SHORT = settings(PART, max_examples=PART.max_examples // 2)
"""The acts of visits are played next door already: here it is what is owed that counts."""
RESTS = {"pay_rest", "take_cash", "sweep_rests"}


async def test_no_dong_of_a_deposit_is_lost(stage: Stage) -> None:
    """Rules 80 to 87: whatever is paid, cancelled, moved, called off or left unpaid, what waits, is sold, kept and goes back is whole."""
    await play(stage, SHORT, ACTS | RESTS, Termed)


async def test_a_deposit_that_is_sold_twice_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control (rule 84): a settlement that never looks whether it was before is come upon."""
    settle = deposit_repository.settle

    async def again(*facts: Any, **more: Any) -> bool:
        await settle(*facts, **more)
        return False

    paid = FIRST | {"share": 1.0, "times": 1}
    acts: list[Act] = [PARTY, ("pay_visit", paid), ("pay_rest", paid), ("give_up_visit", FIRST)]
    await follow(stage, acts, Termed)
    monkeypatch.setattr(deposit_repository, "settle", again)
    with pytest.raises(Exception, match=r"deposit|visit|books"):
        await follow(stage, acts, Termed)
