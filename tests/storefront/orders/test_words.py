"""What buyers read of money that goes back."""

from __future__ import annotations

import pytest

from storefront.orders.words import say_refund
from storefront.refunds.models import Refund, RefundReason
from tests.factories.storefront import NOW


@pytest.mark.parametrize(
    ("reason", "is_paid", "words"),
    [
        (RefundReason.RECALLED, False, "bạn đừng dùng. Chợ Phiên đang chuyển trả"),
        (RefundReason.RECALLED, True, "bạn đừng dùng. Chợ Phiên đã chuyển trả"),
        (RefundReason.RETURNED, False, "Chợ Phiên đang chuyển trả"),
        (RefundReason.RETURNED, True, "Chợ Phiên đã chuyển trả"),
    ],
)
def test_a_refund_says_whether_the_money_went(reason: RefundReason, is_paid: bool, words: str) -> None:  # noqa: FBT001 - a table
    """On its way or sent, with the amount; after a recall also that the goods must not be used."""
    refund = Refund(reason=reason, amount_minor=350_000, paid_at=NOW if is_paid else None)
    said = str(say_refund(refund))
    assert words in said and "350.000" in said
    assert ("đừng dùng" in said) == (reason is RefundReason.RECALLED)
