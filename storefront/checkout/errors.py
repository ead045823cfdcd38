"""What the checkout refuses."""

from __future__ import annotations

from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import _
from app.core.money import format_dong


class EmptyCartError(NotFoundError):
    """There is nothing to order."""

    def __init__(self) -> None:
        super().__init__(_("Giỏ của bạn đang trống."))


class PriceChangedError(ConflictError):
    """The total is no longer the one that the buyer saw; `total_minor` is the new one, in đồng."""

    def __init__(self, total_minor: int) -> None:
        super().__init__(
            _(
                "Giá vừa thay đổi, tất cả bây giờ là %(total)s. Bạn xem lại rồi bấm đặt mua lần nữa nhé.",
                total=format_dong(total_minor),
            ),
            code="price_changed",
        )
        self.total_minor = total_minor


class VoucherCountedError(ConflictError):
    """A code was typed after the total was shown: `total_minor` is the total with it, in đồng."""

    def __init__(self, total_minor: int) -> None:
        super().__init__(
            _(
                "Đã trừ mã giảm giá, tất cả bây giờ là %(total)s. Bạn xem lại rồi bấm đặt mua lần nữa nhé.",
                total=format_dong(total_minor),
            ),
            code="voucher_counted",
        )
        self.total_minor = total_minor
