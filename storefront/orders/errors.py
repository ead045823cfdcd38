"""What orders refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, ForbiddenError, NotFoundError
from app.core.i18n import Text, _
from storefront.orders.models import OrderState


class OrderNotFoundError(NotFoundError):
    """There is no such order, or this person may not know that there is."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy đơn này. Bạn xem lại đường dẫn hoặc mã đơn giúp nhé."))


class NotBuyerError(ForbiddenError):
    """Only who ordered may say so."""

    def __init__(self) -> None:
        super().__init__(
            _("Chỉ người đặt đơn này mới chọn được. Bạn đăng nhập bằng số điện thoại đã đặt hàng nhé.")
        )


class NotEditableError(ConflictError):
    """The order stands as it is; the words say why."""

    def __init__(self, words: Text) -> None:
        super().__init__(words, code="not_editable")


class NotAloneError(ConflictError):
    """Another order of this code travels by the delivery of this one."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "Đơn %(code)s đi chung gói với đơn này nên đơn này chưa hủy được. Bạn hủy đơn đó trước, hoặc gọi "
                "người bán nhé.",
                code=code,
            ),
            code="not_alone",
        )


_WHERE: dict[OrderState, Text] = {
    OrderState.AWAITING_PAYMENT: _("Đơn này khách chưa trả tiền. Bạn chờ chợ báo rồi hãy làm nhé."),
    OrderState.AWAITING_CONFIRMATION: _("Đơn này chưa xác nhận. Bạn xác nhận đơn trước nhé."),
    OrderState.PACKING: _("Đơn này đã xác nhận rồi. Bạn tải lại trang để xem bước tiếp nhé."),
    OrderState.SHIPPING: _("Đơn này đã giao cho bên vận chuyển rồi."),
    OrderState.DELIVERED: _("Đơn này khách đã nhận hàng rồi."),
    OrderState.COMPLETED: _("Đơn này khách đã nhận hàng rồi."),
    OrderState.CANCELLED: _("Đơn này đã hủy rồi. Bạn đừng gửi hàng nữa nhé."),
    OrderState.RETURNED: _("Hàng của đơn này đã trả về nhà mình rồi."),
}


class WrongStateError(ConflictError):
    """The order is not at the step from which this can be done; the words say at which it is, when that is known."""

    def __init__(self, state: OrderState | None = None) -> None:
        words = _("Đơn đã chuyển sang bước khác rồi. Bạn tải lại trang để xem nhé.")
        super().__init__(words if state is None else _WHERE[state], code="wrong_state")
