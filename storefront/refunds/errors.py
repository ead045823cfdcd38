"""What refunds refuse."""

from __future__ import annotations

from app.core.errors import ConflictError
from app.core.i18n import _


class RefundedError(ConflictError):
    """The money has gone back, or there is none to give back."""

    def __init__(self) -> None:
        super().__init__(_("Khoản này không còn tiền phải trả lại."), code="refunded")


class TooMuchError(ConflictError):
    """More would go back than was paid."""

    def __init__(self) -> None:
        super().__init__(_("Không trả lại được nhiều hơn số tiền khách đã trả."), code="more_than_paid")
