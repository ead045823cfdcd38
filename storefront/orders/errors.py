"""What orders refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import _


class OrderNotFoundError(NotFoundError):
    """There is no such order, or this person may not know that there is."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy đơn này. Bạn xem lại đường dẫn hoặc mã đơn giúp nhé."))


class WrongStateError(ConflictError):
    """The order is not at the step from which this can be done."""

    def __init__(self) -> None:
        super().__init__(
            _("Đơn đã chuyển sang bước khác rồi. Bạn tải lại trang để xem nhé."), code="wrong_state"
        )
