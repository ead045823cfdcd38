"""A provider of electronic invoices that issues at once, and counts how often it was asked."""

from __future__ import annotations

from datetime import date

from app.core.errors import UpstreamError
from app.core.i18n import Text
from storefront.invoices.ports import InvoiceDraft, IssuedInvoice


class FakeEInvoices:
    """Issues number 1, 2, ... of the symbol 1C26TAA, the same for the same key."""

    issues = True

    def __init__(self) -> None:
        self.asked: list[InvoiceDraft] = []
        self.is_down = False

    async def issue(self, draft: InvoiceDraft) -> IssuedInvoice:
        """See the port."""
        if self.is_down:
            raise UpstreamError(Text("Nhà cung cấp chưa trả lời."))
        self.asked.append(draft)
        keys = list(dict.fromkeys(one.key for one in self.asked))
        return IssuedInvoice(
            symbol="1C26TAA",
            number=f"{keys.index(draft.key) + 1:08}",
            lookup_code=f"TRA{draft.key.hex[-6:].upper()}",
            lookup_url="https://hoadon.example.vn/tra-cuu",
            issued_on=date(2026, 11, 12),
            provider="Hóa đơn thử",
        )
