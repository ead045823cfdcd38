"""Pages of payments: the desk where staff empty the queues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from storefront.payments.models import ReceiptOutcome
from storefront.payments.receipts import QueueItem
from storefront.payments.suggestions import MATCHABLE, Reason, Suggestion

_OUTCOMES: dict[ReceiptOutcome, tuple[Text, Text]] = {
    ReceiptOutcome.UNMATCHED: (
        _("Chưa rõ của ai"),
        _("Lời nhắn không có mã, hoặc tiền vào tài khoản khác. Bạn tìm mã rồi ghép, hoặc trả lại khách."),
    ),
    ReceiptOutcome.UNDER: (_("Chuyển thiếu"), _("Khách chưa chuyển đủ. Hết giờ mà vẫn thiếu thì trả lại.")),
    ReceiptOutcome.OVER: (_("Chuyển thừa"), _("Đơn đã đủ tiền. Phần thừa phải trả lại khách.")),
    ReceiptOutcome.LATE: (
        _("Đến muộn"),
        _(
            "Tiền đến sau giờ trả tiền. Khách đã có đơn khác chưa trả thì ghép sang đó, không thì trả lại khách."
        ),
    ),
    ReceiptOutcome.DUPLICATE: (
        _("Chuyển hai lần"),
        _("Đơn đã trả rồi. Nếu khách định trả đơn khác thì ghép sang đó, không thì trả lại cả khoản này."),
    ),
}
_REASONS: dict[Reason, Text] = {
    Reason.REPLACED: _("Đơn cũ đã được sửa thành đơn này"),
    Reason.CODE: _("Lời nhắn có mã này"),
    Reason.CODE_NEAR: _("Lời nhắn có mã chỉ lệch một chữ"),
    Reason.PAYABLE_CODE: _("Lời nhắn có mã đơn"),
    Reason.PHONE: _("Lời nhắn có số điện thoại của khách"),
    Reason.NAME: _("Lời nhắn có tên khách"),
}
_TRANSFER = _("Chuyển khoản")
_CHANNELS = {
    "sepay": _TRANSFER,
    "casso": _TRANSFER,
    "payos": _TRANSFER,
    "statement": _("Sao kê"),
    "courier": _("Bên giao nộp tiền thu hộ"),
    "producer": _("Người bán cầm tiền"),
    "stripe": _("Thẻ"),
    "vnpay": Text("VNPAY"),
    "momo": Text("MoMo"),
    "zalopay": Text("ZaloPay"),
}


@dataclass(frozen=True, kw_only=True)
class QueueLine:
    """One sum of money that waits, as the desk shows it."""

    receipt_id: UUID
    label: Text
    advice: Text
    channel: Text
    external_id: str
    amount_minor: int
    return_minor: int
    memo: str
    arrived_at: datetime
    payable_code: str
    payment_code: str
    can_match: bool
    waits_until: datetime | None
    """Until when the payer may still send the rest; None when staff may act."""


@dataclass(frozen=True, kw_only=True)
class SuggestionLine:
    """A payment that a sum may be for, and what speaks for it."""

    payment_code: str
    payable_code: str
    payer_name: str
    due_minor: int
    reasons: list[Text]


def describe_suggestion(suggestion: Suggestion) -> SuggestionLine:
    """Put a suggestion into words."""
    return SuggestionLine(
        payment_code=suggestion.payment.code,
        payable_code=suggestion.payment.payable_code,
        payer_name=suggestion.payer.name if suggestion.payer else "",
        due_minor=suggestion.due_minor,
        reasons=[_say_reason(reason, suggestion.days) for reason in suggestion.reasons],
    )


def _say_reason(reason: Reason, days: int) -> Text:
    if reason is not Reason.SAME_AMOUNT:
        return _REASONS[reason]
    return _("Cùng số tiền, đặt trước đó %(days)s ngày", days=days) if days else _("Cùng số tiền, cùng ngày")


def describe_item(item: QueueItem) -> QueueLine:
    """Put a queued sum into words."""
    label, advice = _OUTCOMES[item.receipt.outcome]
    return QueueLine(
        receipt_id=item.receipt.id,
        label=label,
        advice=advice,
        channel=_CHANNELS.get(item.receipt.provider) or Text(item.receipt.provider),
        external_id=item.receipt.external_id,
        amount_minor=item.receipt.amount_minor,
        return_minor=item.return_minor,
        memo=item.receipt.memo,
        arrived_at=item.receipt.arrived_at,
        payable_code=item.payment.payable_code if item.payment else "",
        payment_code=item.payment.code if item.payment else "",
        can_match=item.receipt.outcome in MATCHABLE,
        waits_until=item.payment.expires_at if item.is_waiting and item.payment else None,
    )


@dataclass(frozen=True, kw_only=True)
class DeskPage(Page):
    """All money that waits for a human, oldest first."""

    template: ClassVar[str] = "storefront/payments/desk.html"
    area: ClassVar[str] = "office"
    lines: list[QueueLine]
    total_minor: int


@dataclass(frozen=True, kw_only=True)
class DeskItemPage(Page):
    """One sum of money that waits, and what staff can do with it."""

    template: ClassVar[str] = "storefront/payments/desk_item.html"
    area: ClassVar[str] = "office"
    line: QueueLine
    suggestions: list[SuggestionLine]
    match_form: Form
    return_form: Form
