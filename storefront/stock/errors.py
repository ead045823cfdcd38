"""What stock refuses."""

from __future__ import annotations

from uuid import UUID

from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import _


class SoldOutError(ConflictError):
    """Not enough is left; `available` is what is, in the pack's own unit (pieces or grams)."""

    def __init__(self, variant_id: UUID, available: int) -> None:
        super().__init__(
            _("Món này vừa có người mua, không còn đủ cho bạn. Bạn bớt số lượng hoặc chọn món khác nhé."),
            code="sold_out",
        )
        self.variant_id = variant_id
        self.available = available


class HoldOverError(ConflictError):
    """The goods of an unpaid order are not held any more."""

    def __init__(self) -> None:
        super().__init__(_("Đã hết giờ giữ hàng. Bạn đặt lại giúp nhé."), code="hold_over")


class NotAllocatedError(ConflictError):
    """Goods that nobody paid for do not leave."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này chưa có hàng được giữ, chưa gửi đi được."), code="not_allocated")


class HeldError(ConflictError):
    """Less would lie there than buyers already hold: `on_hand` lies there now, `held` of it is theirs."""

    def __init__(self, held: int, on_hand: int) -> None:
        super().__init__(
            _("Khách đang giữ một phần hàng này, không bớt xuống dưới mức đó được."), code="held"
        )
        self.held = held
        self.on_hand = on_hand


class StockItemNotFoundError(NotFoundError):
    """There is no such stock, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy chỗ hàng này."))
