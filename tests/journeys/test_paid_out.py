"""Payouts under every order of acts that a machine can think of (tests/journeys/paid_out.py)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from storefront.payouts import holding
from storefront.payouts import service as payouts
from tests.journeys.market_stage import Stage
from tests.journeys.paid_out import PaidMarket
from tests.journeys.test_market import FIRST, ORDER, PART, Act, follow, play, stage

__all__ = ["stage"]
ACTS = {
    "order",
    "order_with_voucher",
    "order_on_delivery",
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
    "remit",
    "refuse_or_decline",
    "pay_producers",
    "hear_bank",
}
SOLD: list[Act] = [ORDER, ("pay", FIRST | {"share": 1.0})]


async def test_whatever_is_done_nobody_is_paid_early(stage: Stage) -> None:
    """BO1 to BO6: after every act the books are whole, and what waits is what has not arrived."""
    await play(stage, PART, ACTS, PaidMarket)


async def test_a_producer_who_is_paid_early_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: a batch that holds nothing back is come upon."""

    async def hold_nothing(*_facts: Any, **_more: Any) -> dict[Any, Any]:
        return {}

    acts: list[Act] = [*SOLD, ("pay_producers", {})]
    await follow(stage, acts, PaidMarket)
    monkeypatch.setattr(payouts, "holding", SimpleNamespace(sum_held=hold_nothing))
    with pytest.raises(AssertionError):
        await follow(stage, acts, PaidMarket)


async def test_a_refund_that_is_forgotten_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: who counts what was sold and forgets what went back holds too much, and is come upon."""
    acts: list[Act] = [*SOLD, ("recall", FIRST), ("refund_recalled", FIRST | {"is_whole": False})]
    await follow(stage, acts, PaidMarket)
    monkeypatch.setattr(holding, "KINDS", [kind for kind in holding.KINDS if kind != "refund_owed"])
    with pytest.raises(AssertionError):
        await follow(stage, acts, PaidMarket)
