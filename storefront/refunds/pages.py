"""The accountant's list of refunds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from storefront.payments.models import PayableKind
from storefront.refunds.models import RefundReason

REASONS: Mapping[RefundReason, Text] = {
    RefundReason.RETURNED: _("Hàng khách trả về"),
    RefundReason.RECALLED: _("Hàng bị thu hồi"),
    RefundReason.CANCELLED: _("Hàng, chuyến thăm hoặc chỗ ngủ đã hủy"),
    RefundReason.WEIGHED: _("Cân xong, tiền thừa của khách"),
}


def say_code(kind: PayableKind, code: str) -> Text:
    """Say which order, visit or stay it is."""
    if kind is PayableKind.ORDER:
        return _("Đơn %(code)s", code=code)
    return _("Ngủ lại %(code)s", code=code) if kind is PayableKind.STAY else _("Chuyến %(code)s", code=code)


@dataclass(frozen=True)
class RefundRow:
    """One sum that goes back."""

    id: UUID
    title: Text
    producer_name: str
    reason: Text
    payee_name: str
    payee_phone: str
    amount_minor: int
    opened_at: datetime
    paid_at: datetime | None
    reference: str | None


@dataclass(frozen=True, kw_only=True)
class RefundsPage(Page):
    """What is still owed to buyers and visitors."""

    template: ClassVar[str] = "storefront/refunds/desk.html"
    area: ClassVar[str] = "office"
    rows: list[RefundRow]
    refused: UUID | None
    form: Form
