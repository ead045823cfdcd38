"""Payouts under every order of acts that a machine can think of (tests/journeys/paid_out.py)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from storefront.payouts import holding
from storefront.payouts import service as payouts
from tests.journeys.market_stage import Stage
from tests.journeys.paid_out import PaidMarket, Selling
from tests.journeys.test_market import PART, SEARCH, play, stage

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


async def test_whatever_is_done_nobody_is_paid_early(stage: Stage) -> None:
    """BO1 to BO6: after every act the books are whole, and what waits is what has not arrived."""
    await play(stage, PART, ACTS, PaidMarket)


async def test_a_producer_who_is_paid_early_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: a batch that holds nothing back is come upon."""

    async def hold_nothing(*_facts: Any, **_more: Any) -> dict[Any, Any]:
        return {}

    monkeypatch.setattr(payouts, "holding", SimpleNamespace(sum_held=hold_nothing))
    with pytest.raises(AssertionError):
        await play(stage, SEARCH, {"sell", "walk", "pay_producers"}, Selling)


async def test_a_refund_that_is_forgotten_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: who counts what was sold and forgets what went back holds too much, and is come upon."""
    monkeypatch.setattr(holding, "KINDS", [kind for kind in holding.KINDS if kind != "refund_owed"])
    with pytest.raises(AssertionError):
        await play(stage, SEARCH, {"sell", "recall", "refund_recalled"}, Selling)
