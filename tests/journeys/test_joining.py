"""Orders in one parcel under every order of acts that a machine can think of (tests/journeys/joining.py)."""

from __future__ import annotations

from typing import Any

import pytest

from storefront.orders import cancelling, company
from tests.factories.joining import add_order
from tests.factories.orders import make_paid_order
from tests.factories.recalls import LATER, make_shop, open_recall
from tests.journeys.joining import JoinMarket, list_broken
from tests.journeys.market_stage import Stage
from tests.journeys.test_market import PART, play, stage
from tests.storefront.fulfilment.test_together import give_back

__all__ = ["stage"]
ACTS = {
    "order",
    "order_with_gift",
    "order_on_delivery",
    "order_with_credit",
    "add",
    "pay",
    "cancel",
    "wait",
    "sweep",
    "walk",
    "recall",
    "stop_unpaid",
    "refund_recalled",
    "keep_refund",
    "remit",
    "refuse_or_decline",
}


async def test_whatever_is_added_the_books_are_whole(stage: Stage) -> None:
    """J1 to J9: paid by transfer, credit or on delivery, with a gift or without, given up, refused, recalled, given back."""
    await play(stage, PART, ACTS, JoinMarket)


async def test_a_delivery_that_is_kept_for_nobody_is_found(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: who ends what was added and forgets the first one's delivery is come upon."""
    shop = await make_shop(session)
    first = await make_paid_order(session, shop.bad)
    waits = await add_order(session, first, shop.good, now=LATER, is_paid=False)
    await give_back(session, shop, await open_recall(session, shop), first)
    assert await list_broken(session, now=LATER) == []

    async def forget(*_facts: object, **_more: object) -> None:
        return

    monkeypatch.setattr(company, "end", forget)
    await cancelling.cancel_order(session, order_id=waits.id, now=LATER)
    assert await list_broken(session, now=LATER) == ["a delivery stays paid for nobody"]
