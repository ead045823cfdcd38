"""What vouchers refuse."""

from __future__ import annotations

from datetime import date

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.i18n import Text, _
from app.core.money import format_dong

FIELD = "voucher"
"""The field of the checkout that a code is typed into: refusals stand beside it."""


class VoucherNotFoundError(InvalidError):
    """There is no such code, or it is not for these goods."""

    def __init__(self) -> None:
        words = _("Mã giảm giá này không dùng được cho giỏ hàng này. Bạn xem lại mã giúp nhé.")
        super().__init__(words, fields={FIELD: words}, code="voucher_not_found")


class VoucherDayError(InvalidError):
    """The code counts from `first_day` on, or is over (None)."""

    def __init__(self, first_day: date | None) -> None:
        words = _("Mã giảm giá này đã hết hạn. Bạn xóa mã đi rồi đặt tiếp nhé.")
        if first_day is not None:
            words = _("Mã giảm giá này dùng được từ ngày %(day)s.", day=f"{first_day:%d/%m/%Y}")
        super().__init__(words, fields={FIELD: words}, code="voucher_day")
        self.first_day = first_day


class BasketTooSmallError(InvalidError):
    """The goods that the code is for are worth less than its minimum of `minimum_minor` đồng."""

    def __init__(self, minimum_minor: int, *, is_gift: bool = False) -> None:
        least = format_dong(minimum_minor)
        words = _("Mã này dùng khi bạn mua từ %(least)s hàng của nhà vườn đã phát mã.", least=least)
        if is_gift:
            words = _("Mã này dùng khi bạn mua từ %(least)s những món được chợ tặng.", least=least)
        super().__init__(words, fields={FIELD: words}, code="basket_too_small")
        self.minimum_minor = minimum_minor


class VoucherUsedUpError(ConflictError):
    """All uses of the code, or all of this phone number, are taken."""

    def __init__(self) -> None:
        words = _("Mã giảm giá này đã hết lượt dùng. Bạn xóa mã đi rồi đặt tiếp nhé.")
        super().__init__(words, fields={FIELD: words}, code="voucher_used_up")


class CodeError(InvalidError):
    """A new code that cannot be, or is taken."""

    def __init__(self, words: Text) -> None:
        super().__init__(words, fields={"code": words}, code="voucher_code")


class WindowError(InvalidError):
    """A voucher whose last day is over, or before its first."""

    def __init__(self) -> None:
        words = _("Ngày cuối phải từ hôm nay trở đi và không trước ngày đầu.")
        super().__init__(words, fields={"last_day": words}, code="voucher_window")


class BudgetError(InvalidError):
    """A budget of which not even one use could be paid."""

    def __init__(self) -> None:
        words = _("Số tiền chợ tặng phải đủ cho ít nhất một lượt.")
        super().__init__(words, fields={"budget_minor": words}, code="voucher_budget")


class OtherVoucherError(NotFoundError):
    """There is no such voucher, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy mã giảm giá này."))
