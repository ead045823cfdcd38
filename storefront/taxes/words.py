"""Kinds of tax and of sellers in words."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.i18n import Text, _
from app.core.money import format_dong
from producers.cooperatives.models import ProducerKind
from producers.listings.models import TaxKind
from storefront.taxes.models import RevenueLine
from storefront.taxes.service import Revenue

KINDS: Mapping[TaxKind, Text] = {
    TaxKind.GOODS: _("Bán hàng hóa"),
    TaxKind.SERVICES: _("Dịch vụ, đón khách"),
    TaxKind.TRANSPORT: _("Giao hàng"),
    TaxKind.OTHER: _("Chưa rõ loại"),
}
SELLERS: Mapping[ProducerKind, Text] = {
    ProducerKind.HOUSEHOLD: _("Hộ kinh doanh: chợ giữ hộ thuế"),
    ProducerKind.COOPERATIVE: _("Hợp tác xã: tự khai thuế"),
    ProducerKind.COMPANY: _("Công ty: tự khai thuế"),
}


def say_revenue(revenue: Revenue) -> list[Text]:
    """What each line of revenue means for a household, below it and from it on."""
    said = []
    for one in revenue.thresholds:
        is_over = revenue.sold_minor > one.amount_minor
        line = format_dong(one.amount_minor)
        if one.line is RevenueLine.TAX_FREE:
            words = (
                _("Đã quá %(line)s một năm: thuế chợ giữ hộ là thuế nhà mình phải nộp.", line=line)
                if is_over
                else _(
                    "Quá %(line)s một năm thì phải nộp thuế. Chưa quá thì cuối năm có thể xin lại thuế đã giữ hộ.",
                    line=line,
                )
            )
        else:
            words = (
                _("Đã quá %(line)s một năm: mỗi đơn phải có hóa đơn điện tử.", line=line)
                if is_over
                else _("Quá %(line)s một năm thì mỗi đơn phải có hóa đơn điện tử.", line=line)
            )
        said.append(words)
    return said
