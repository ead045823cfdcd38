"""Delivery in words: kinds of methods, zones, and why a parcel cannot be sent so."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.i18n import Text, _
from producers.listings.models import Temperature
from storefront.delivery.models import MethodKind, Zone

KIND_WORDS: Mapping[MethodKind, Text] = {
    MethodKind.SENT: _("Gửi tới nhà khách"),
    MethodKind.FARM: _("Khách tới vườn lấy"),
    MethodKind.STALL: _("Khách lấy ở chợ"),
}
ZONE_WORDS: Mapping[Zone, Text] = {
    Zone.COMMUNE: _("Cùng xã, phường"),
    Zone.PROVINCE: _("Cùng tỉnh"),
    Zone.REGION: _("Các tỉnh gần"),
    Zone.REST: _("Những nơi còn lại"),
}
CANNOT_CARRY: Mapping[Temperature, Text] = {
    Temperature.AMBIENT: _("Cách này không nhận hàng thường."),
    Temperature.CHILLED: _("Cách này không giữ lạnh được mà trong gói có hàng phải giữ lạnh."),
    Temperature.LIVE: _("Cách này không chở được cá sống."),
}
TOO_FAR = _("Nhà vườn không gửi tới nơi này bằng cách này.")
GONE = _("Cách nhận hàng này không còn nữa. Bạn chọn cách khác giúp nhé.")
TOO_LATE = _("Món đặt trước có sau hàng của đơn kia nên không gửi chung được. Bạn đặt riêng giúp nhé.")
GONE_DAY = _("Ngày này không nhận đơn nữa. Bạn chọn ngày khác giúp nhé.")
