"""What store credit refuses."""

from __future__ import annotations

from app.core.errors import ConflictError
from app.core.i18n import _
from app.core.money import format_dong

FIELD = "use_credit"
"""The field of the checkout that says to use it."""


class CreditGoneError(ConflictError):
    """There is less credit than was asked for: `balance_minor` đồng are left."""

    def __init__(self, balance_minor: int) -> None:
        words = _(
            "Tiền để dành của bạn còn %(left)s. Bạn xem lại rồi bấm đặt mua lần nữa nhé.",
            left=format_dong(balance_minor),
        )
        super().__init__(words, fields={FIELD: words}, code="credit_gone")
        self.balance_minor = balance_minor
