"""Orders in words: their states as buyers know them, and quantities as they were ordered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from uuid import UUID

from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.quantity import format_grams
from producers.listings.models import SoldBy, TaxKind
from storefront.orders.lines import group
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
_PAST_WORDS: Mapping[OrderState, Text] = {
    OrderState.AWAITING_PAYMENT: _("Đã đặt hàng"),
    OrderState.AWAITING_CONFIRMATION: _("Đã thanh toán"),
    OrderState.PACKING: _("Người bán đã nhận đơn"),
    OrderState.SHIPPING: _("Đã gửi đi"),
}
"""What an order did as it reached a state: told once it has left it."""
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

_KINDS: Mapping[TaxKind, Text] = {
    TaxKind.SERVICES: _("Dịch vụ"),
    TaxKind.TRANSPORT: _("Chở thuê, hoặc làm thuê có kèm nguyên liệu"),
}
"""What an invoice calls other than goods; of what nobody can tell it says nothing."""


def say_past(state: OrderState, *, is_cash: bool) -> Text:
    """Say a step that is over: what happened when it was reached; who pays on delivery ordered, and paid nothing yet."""
    if is_cash and state is OrderState.AWAITING_CONFIRMATION:
        state = OrderState.AWAITING_PAYMENT
    return _PAST_WORDS.get(state) or STATE_WORDS[state]


def say_ordered(line: OrderLine) -> Text:
    """Say what was ordered: "2 × Hộp 200 g", or "3,5 kg · Cá tầm"."""
    if line.sold_by is SoldBy.GRAM:
        return _("%(weight)s · %(name)s", weight=format_grams(line.quantity), name=line.variant_name)
    return _("%(count)s × %(name)s", count=line.quantity, name=line.variant_name)


def say_bundle(line: OrderLine) -> Text | None:
    """Say which boxes a line lies in: "Hộp quà Tết × 2"; None for one that was ordered by itself."""
    if line.bundle_id is None:
        return None
    return _("%(box)s × %(count)s", box=line.bundle_name, count=line.bundle_quantity)


def say_goods(lines: Iterable[OrderLine]) -> list[Text]:
    """Say goods one by one, those of a box together: "Hộp quà Tết × 2: Chè nõn tôm: 4 × Gói 200 g; Mật ong: 2 × Hũ"."""
    said = []
    for found in group(lines):
        words = join(_say_line(line) for line in found)
        box = say_bundle(found[0])
        said.append(words if box is None else _("%(box)s: %(goods)s", box=box, goods=words))
    return said


def say_contents(lines: Iterable[OrderLine]) -> list[Text]:
    """Say what lies in boxes, without the boxes' own name."""
    return [_say_line(line) for line in lines]


def say_back(lines: Sequence[OrderLine], returned: Collection[UUID]) -> Text | None:
    """Say what of a line, or of boxes of one kind, is paid back; None for nothing."""
    back = [line for line in lines if line.id in returned]
    if not back:
        return None
    if len(back) == len(lines):
        return _("Tiền món này trả lại bạn")
    return _("Trả lại bạn tiền: %(goods)s", goods=join(say_contents(back)))


def join(words: Iterable[Text]) -> Text:
    """Say several things in one sentence; at least one is needed."""
    return reduce(lambda some, more: _("%(some)s; %(more)s", some=some, more=more), words)


def _say_line(line: OrderLine) -> Text:
    return _("%(title)s: %(quantity)s", title=line.title, quantity=say_ordered(line))


def say_kind(kind: TaxKind) -> Text | None:
    """Say what a line is to the tax office where it is not the goods that everybody takes it for; None otherwise."""
    return _KINDS.get(kind)


def say_refund(refund: Refund) -> Text:
    """Say to a buyer what goes or went back, and why when they must not use what they have."""
    amount = format_dong(refund.amount_minor)
    if refund.credited_to_id is not None:
        return _("%(amount)s trả lại đã vào tiền để dành.", amount=amount)
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
    is_open = refund.paid_at is None
    sent = _("Chợ Phiên đã chuyển trả bạn %(amount)s.", amount=amount)
    return _("Chợ Phiên đang chuyển trả bạn %(amount)s.", amount=amount) if is_open else sent
