"""Listings in words: how goods are kept on their way, and what they are to the tax office."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.i18n import Text, _
from producers.listings.models import TaxKind, Temperature

TEMPERATURE_WORDS: Mapping[Temperature, Text] = {
    Temperature.AMBIENT: _("Hàng thường"),
    Temperature.CHILLED: _("Hàng phải giữ lạnh"),
    Temperature.LIVE: _("Cá sống"),
}
TAX_KIND_WORDS: Mapping[TaxKind, Text] = {
    TaxKind.GOODS: _("Hàng hóa"),
    TaxKind.SERVICES: _("Dịch vụ (ví dụ: sao chè thuê)"),
    TaxKind.TRANSPORT: _("Chở thuê, hoặc làm thuê có kèm nguyên liệu"),
    TaxKind.OTHER: _("Chưa rõ là loại nào"),
}
