"""Orders in words: their states as buyers know them, and quantities as they were ordered."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.quantity import format_grams
from producers.listings.models import SoldBy
from storefront.orders.models import OrderLine, OrderState
from storefront.refunds.models import Refund, RefundReason

STATE_WORDS: Mapping[OrderState, Text] = {
    OrderState.AWAITING_PAYMENT: _("Chờ thanh toán"),
    OrderState.AWAITING_CONFIRMATION: _("Chờ xác nhận"),
    OrderState.PACKING: _("Chờ lấy hàng"),
    OrderState.SHIPPING: _("Đang giao"),
    OrderState.DELIVERED: _("Đã giao"),
    OrderState.COMPLETED: _("Hoàn thành"),
    OrderState.CANCELLED: _("Đã hủy"),
    OrderState.RETURNED: _("Trả hàng"),
}
"""The words that buyers know from Shopee, and that sellers see too."""
STATE_KINDS: Mapping[OrderState, str] = {
    OrderState.AWAITING_PAYMENT: "wait",
    OrderState.AWAITING_CONFIRMATION: "wait",
    OrderState.PACKING: "wait",
    OrderState.SHIPPING: "plain",
    OrderState.DELIVERED: "good",
    OrderState.COMPLETED: "good",
    OrderState.CANCELLED: "bad",
    OrderState.RETURNED: "bad",
}
"""How a state's chip is drawn."""


def say_ordered(line: OrderLine) -> Text:
    """Say what was ordered: "2 × Hộp 200 g", or "3,5 kg · Cá tầm"."""
    if line.sold_by is SoldBy.GRAM:
        return _("%(weight)s · %(name)s", weight=format_grams(line.quantity), name=line.variant_name)
    return _("%(count)s × %(name)s", count=line.quantity, name=line.variant_name)


def say_refund(refund: Refund) -> Text:
    """Say to a buyer what goes or went back, and why when they must not use what they have."""
    amount = format_dong(refund.amount_minor)
    if refund.reason is RefundReason.RECALLED and refund.paid_at is None:
        return _(
            "Có hàng trong đơn bị thu hồi, bạn đừng dùng. Chợ Phiên đang chuyển trả bạn %(amount)s.",
            amount=amount,
        )
    if refund.reason is RefundReason.RECALLED:
        return _(
            "Có hàng trong đơn bị thu hồi, bạn đừng dùng. Chợ Phiên đã chuyển trả bạn %(amount)s.",
            amount=amount,
        )
    if refund.reason is RefundReason.WEIGHED and refund.paid_at is None:
        return _("Cân xong nhẹ hơn mức trả trước. Chợ Phiên đang chuyển trả bạn %(amount)s.", amount=amount)
    if refund.reason is RefundReason.WEIGHED:
        return _("Cân xong nhẹ hơn mức trả trước. Chợ Phiên đã chuyển trả bạn %(amount)s.", amount=amount)
    if refund.paid_at is None:
        return _("Chợ Phiên đang chuyển trả bạn %(amount)s.", amount=amount)
    return _("Chợ Phiên đã chuyển trả bạn %(amount)s.", amount=amount)
