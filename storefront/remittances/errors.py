"""What remittances refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, InvalidError
from app.core.i18n import _
from app.core.money import format_dong


class NothingChosenError(InvalidError):
    """No order was named."""

    def __init__(self) -> None:
        super().__init__(_("Bạn chọn ít nhất một đơn nhé."), code="nothing_chosen")


class NotWaitingError(ConflictError):
    """The money of an order is here already, or nobody owes any."""

    def __init__(self, order_code: str) -> None:
        super().__init__(
            _("Đơn %(code)s không còn chờ tiền thu hộ. Bạn tải lại trang để xem nhé.", code=order_code),
            code="not_waiting",
        )


class DifferenceError(InvalidError):
    """What came and what was kept are not what is due, `due_minor` đồng."""

    def __init__(self, order_code: str, due_minor: int) -> None:
        super().__init__(
            _(
                "Đơn %(code)s còn phải thu %(due)s: tiền về cộng cước đã trừ phải bằng số đó. Không trừ cước thì để trống ô cước.",
                code=order_code,
                due=format_dong(due_minor),
            ),
            code="difference",
        )
