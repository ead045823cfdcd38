"""Edited orders under every order of acts that a machine can think of (tests/journeys/edits.py)."""

from __future__ import annotations

from typing import Any

import pytest

from storefront.stock import service as stock
from tests.factories.edits import edit_order
from tests.factories.orders import make_order
from tests.factories.storefront import make_stock, make_variant
from tests.journeys.edits import EditMarket, list_broken
from tests.journeys.market_stage import Stage
from tests.journeys.test_market import PART, play, stage

__all__ = ["stage"]
ACTS = {
    "order",
    "order_with_gift",
    "order_on_delivery",
    "order_with_credit",
    "add",
    "edit",
    "move_late",
    "submit_again",
    "transfer",
    "report",
    "pay",
    "open_card",
    "pay_card",
    "hear_card",
    "cancel",
    "wait",
    "sweep",
    "walk",
    "recall",
    "stop_unpaid",
    "give_back",
}


async def test_whatever_is_edited_the_books_are_whole(stage: Stage) -> None:
    """E1 to E8: paid, late, given up, out of time, recalled, joined, with a gift or on delivery, edited again and again."""
    await play(stage, PART, ACTS, EditMarket)


async def test_goods_that_an_edit_forgets_are_found(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: who replaces an order and forgets to give its goods back is come upon."""

    async def forget(*_facts: object, **_more: object) -> None:
        return

    variant = await make_variant(session)
    await make_stock(session, variant, on_hand=3)
    new = await edit_order(session, await make_order(session, variant))
    assert await list_broken(session) == []
    monkeypatch.setattr(stock, "release", forget)
    await edit_order(session, new)
    assert await list_broken(session) == ["a replaced order holds goods"]
