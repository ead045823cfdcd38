"""What invoices refuse."""

from __future__ import annotations

from app.core.errors import ConflictError
from app.core.i18n import _


class NotSoldError(ConflictError):
    """What is to be invoiced is not sold, or its money went back."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này chưa bán xong nên chưa xuất hóa đơn."), code="not_sold")


class SaleOverError(ConflictError):
    """What ended unsold, or came back, has no invoice."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này đã dừng nên không có hóa đơn."), code="sale_over")


class InvoicedError(ConflictError):
    """The invoice is issued: only its seller can correct it."""

    def __init__(self) -> None:
        words = _("Hóa đơn đã xuất rồi. Cần sửa thì bạn gọi cho nhà vườn nhé.")
        super().__init__(words, code="invoiced")
