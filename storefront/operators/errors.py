"""What the accounts of tour operators refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.i18n import _
from app.core.money import format_dong


class DiscountError(InvalidError):
    """A discount that is none, or that leaves nothing to pay."""

    def __init__(self) -> None:
        super().__init__(_("Mức giảm cho công ty du lịch phải từ 0 đến dưới 100 %."))


class OperatorNotFoundError(NotFoundError):
    """There is no such operator."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy công ty du lịch này."))


class NotAClerkError(NotFoundError):
    """Somebody who works for no operator: the pages do not exist for them."""

    def __init__(self) -> None:
        super().__init__(
            _("Trang này của công ty du lịch. Số của bạn chưa được mở, bạn gọi chợ để mở giúp nhé.")
        )


class AtWorkError(ConflictError):
    """The person works for another operator."""

    def __init__(self) -> None:
        words = _("Số này đang làm cho công ty khác. Bạn gỡ ở công ty kia trước.")
        super().__init__(words, fields={"phone": words})


class CreditLimitError(ConflictError):
    """The sale would let the operator owe more than it may; nothing of it is booked."""

    def __init__(self, *, owed_minor: int, limit_minor: int, amount_minor: int) -> None:
        super().__init__(
            _(
                "Công ty đang nợ %(owed)s, được nợ nhiều nhất %(limit)s, nên chưa đặt thêm %(amount)s được. Bạn chuyển tiền cho chợ trước nhé.",
                amount=format_dong(amount_minor),
                owed=format_dong(owed_minor),
                limit=format_dong(limit_minor),
            ),
            code="credit_limit",
        )
