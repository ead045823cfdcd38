"""What refunds refuse."""

from __future__ import annotations

from app.core.errors import ConflictError
from app.core.i18n import _


class RefundedError(ConflictError):
    """The money has gone back, or there is none to give back."""

    def __init__(self) -> None:
        super().__init__(_("Khoản này không còn tiền phải trả lại."), code="refunded")


class WithdrawnError(ConflictError):
    """It is no longer owed: it was counted wrong, and another took its place."""

    def __init__(self) -> None:
        super().__init__(
            _("Khoản này vừa thay đổi vì hàng được cân lại. Bạn mở lại danh sách để xem số tiền mới nhé."),
            code="withdrawn",
        )


class TooMuchError(ConflictError):
    """More would go back than was paid."""

    def __init__(self) -> None:
        super().__init__(_("Không trả lại được nhiều hơn số tiền khách đã trả."), code="more_than_paid")
