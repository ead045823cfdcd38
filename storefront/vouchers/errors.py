"""What vouchers refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import _


class VoucherNotFoundError(NotFoundError):
    """There is no such code, or it does not count today, or not for these goods."""

    def __init__(self) -> None:
        super().__init__(_("Mã giảm giá này không dùng được cho giỏ hàng này. Bạn xem lại mã giúp nhé."))


class BasketTooSmallError(ConflictError):
    """The goods that the code is for are worth less than its minimum of `minimum_minor` đồng."""

    def __init__(self, minimum_minor: int) -> None:
        super().__init__(_("Giỏ hàng chưa đủ tiền để dùng mã này."), code="basket_too_small")
        self.minimum_minor = minimum_minor


class VoucherUsedUpError(ConflictError):
    """All uses of the code, or all of this phone number, are taken."""

    def __init__(self) -> None:
        super().__init__(_("Mã giảm giá này đã hết lượt dùng."), code="voucher_used_up")
