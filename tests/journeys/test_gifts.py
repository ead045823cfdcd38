"""The market's vouchers under every order of acts that a machine can think of (tests/journeys/gifts.py)."""

from __future__ import annotations

from typing import Any

import pytest

from storefront.fulfilment import refunding
from tests.journeys.gifts import GiftMarket
from tests.journeys.market_stage import Stage
from tests.journeys.test_market import FIRST, PART, Act, follow, play, stage

__all__ = ["stage"]
ACTS = {
    "order_with_gift",
    "transfer",
    "report",
    "pay",
    "cancel",
    "wait",
    "sweep",
    "walk",
    "recall",
    "refund_recalled",
    "pay_refund",
    "keep_refund",
    "match",
    "give_back",
    "remit",
    "refuse_or_decline",
}


async def test_whatever_is_done_with_gifts_the_books_are_whole(stage: Stage) -> None:
    """V12 to V16: after every act the market has paid its gifts less what came back, and its budget is what orders took."""
    await play(stage, PART, ACTS, GiftMarket)


async def test_a_gift_that_is_kept_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: refunds that leave the market's part with the producer are come upon."""
    honest = refunding.sum_due

    def keep(*facts: Any, **more: Any) -> refunding.Due:
        due = honest(*facts, **more)
        return refunding.Due(due.lines, due.goods_minor, due.delivery_minor)

    acts: list[Act] = [
        ("order_with_gift", {"boxes": 1, "bags": 1, "fish": 0, "is_cash": False}),
        ("pay", FIRST | {"share": 1.0}),
        ("recall", FIRST),
        ("refund_recalled", FIRST | {"is_whole": False}),
    ]
    await follow(stage, acts, GiftMarket)
    monkeypatch.setattr(refunding, "sum_due", keep)
    with pytest.raises(AssertionError):
        await follow(stage, acts, GiftMarket)
