"""What the checkout refuses."""

from __future__ import annotations

from datetime import date, datetime

from app.core.clock import in_vietnam
from app.core.errors import ConflictError, InvalidError, LimitedError, NotFoundError
from app.core.i18n import _
from app.core.money import format_dong
from storefront.vouchers.errors import FIELD

PAY_FIELD = "pay"
"""The field of the checkout in which the way to pay is chosen."""


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


class JoinChangedError(ConflictError):
    """Other parcels than the buyer saw take the goods along: one is packed by now, or has left. `total_minor` is in đồng."""

    def __init__(self, total_minor: int) -> None:
        super().__init__(
            _(
                "Đơn trước vừa đóng gói nên không bỏ thêm vào được. Gửi riêng tới cùng chỗ thì tất cả là %(total)s. "
                "Bạn xem lại rồi bấm đặt mua lần nữa nhé.",
                total=format_dong(total_minor),
            ),
            code="join_changed",
        )
        self.total_minor = total_minor


class NoStreetError(ConflictError):
    """The order that this is added to is fetched, and of this something is sent: nobody said to which house."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Đơn trước bạn tới lấy nên chợ chưa biết số nhà. Bạn bấm không gửi chung nữa rồi ghi địa chỉ nhé."
            ),
            code="no_street",
        )


class WaitChangedError(ConflictError):
    """Goods are expected on another day than the buyer saw: on `expected_on`, or from no coming harvest any more (None)."""

    def __init__(self, expected_on: date | None) -> None:
        words = _(
            "Đợt đặt trước vừa đóng, bây giờ chỉ bán hàng đang có. Bạn xem lại rồi bấm đặt mua lần nữa nhé."
        )
        if expected_on is not None:
            words = _(
                "Có món phải đặt trước, dự kiến có hàng ngày %(day)s. Bạn xem lại rồi bấm đặt mua lần nữa nhé.",
                day=f"{expected_on:%d/%m/%Y}",
            )
        super().__init__(words, code="wait_changed")
        self.expected_on = expected_on


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


class StreetMissingError(InvalidError):
    """Something is sent, and nobody said to which house."""

    def __init__(self) -> None:
        words = _("Chỗ này chưa điền.")
        super().__init__(words, fields={"line": words}, code="street_missing")


class NotOnDeliveryError(ConflictError):
    """This order cannot be paid on delivery (any more)."""

    def __init__(self) -> None:
        words = _("Đơn này không trả tiền lúc nhận hàng được. Bạn chọn chuyển khoản giúp nhé.")
        super().__init__(words, fields={PAY_FIELD: words}, code="not_on_delivery")


class OpenCashError(ConflictError):
    """This phone number has as many orders on delivery as it may have at a time."""

    def __init__(self) -> None:
        words = _(
            "Số điện thoại này còn đơn chưa trả tiền lúc nhận hàng. Bạn nhận các đơn đó trước, hoặc chọn chuyển khoản "
            "cho đơn này."
        )
        super().__init__(words, fields={PAY_FIELD: words}, code="open_cash")


class TooManyOrdersError(LimitedError):
    """Too many orders by this phone number or from this network; the next is free at `again_at`."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(
            _(
                "Vừa có nhiều đơn đặt liền nhau quá, nên chợ chưa nhận thêm được. Từ %(time)s bạn bấm đặt mua lại "
                "nhé, những gì bạn ghi vẫn còn đây.",
                time=f"{in_vietnam(again_at):%H:%M}",
            )
        )
        self.again_at = again_at


class TooManyCodesError(LimitedError):
    """Too many codes were guessed at; the next guess is free at `again_at`. The words stand beside the code."""

    def __init__(self, again_at: datetime) -> None:
        words = _(
            "Mã giảm giá được gõ thử nhiều lần quá. Từ %(time)s bạn thử lại được. Muốn mua luôn thì bạn xóa mã đi "
            "rồi bấm đặt mua.",
            time=f"{in_vietnam(again_at):%H:%M}",
        )
        super().__init__(words, fields={FIELD: words})
        self.again_at = again_at
