"""Add-ons, changed parties and the host's cash under every order of acts (tests/journeys/crowded.py)."""

from __future__ import annotations

from typing import Any

import pytest

from storefront.tours import extra_repository
from tests.journeys.crowded import FISH_A_DAY, Crowded
from tests.journeys.market_stage import Stage
from tests.journeys.test_market import Act, follow, play, stage
from tests.journeys.test_termed import RESTS, SHORT
from tests.journeys.test_visited import ACTS

__all__ = ["stage"]
CROWD = {"visit_and_eat", "change_food", "change_people", "write_down", "take_all_in_hand", "ask_for_deposit"}


async def test_whoever_comes_and_eats_no_dong_and_no_fish_is_lost(stage: Stage) -> None:
    """Rules 80 to 96 and 110 to 118: whatever is taken, changed, paid in hand or given back, seats, fish and books are whole."""
    await play(stage, SHORT, ACTS | RESTS | CROWD, Crowded)


async def test_fish_that_are_promised_twice_are_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control (rule 92): a date that never counts what others took is come upon."""

    async def list_none(*_facts: Any, **_more: Any) -> list[Any]:
        return []

    party: Act = ("visit_and_eat", {"adults": 1, "day": 3, "lunch": False, "fish": 3})
    acts = [party] * (FISH_A_DAY // 3 + 1)
    await follow(stage, acts, Crowded)
    monkeypatch.setattr(extra_repository, "list_scarce", list_none)
    with pytest.raises(AssertionError, match="more fish"):
        await follow(stage, acts, Crowded)
