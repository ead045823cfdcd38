"""What pre-orders refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.i18n import _


class OfferNotFoundError(NotFoundError):
    """There is no such offer, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy đợt đặt trước này."))


class OfferOpenError(ConflictError):
    """The pack has an open offer already."""

    def __init__(self) -> None:
        words = _("Gói này đang có một đợt đặt trước. Bạn dừng đợt đó rồi hãy mở đợt mới.")
        super().__init__(words, fields={"variant_id": words}, code="preorder_open")


class InStockError(ConflictError):
    """The pack lies on the shelf: it is sold from there."""

    def __init__(self) -> None:
        words = _("Gói này còn hàng trong kho, khách mua được ngay, chưa cần đặt trước.")
        super().__init__(words, fields={"variant_id": words}, code="in_stock")


class BundleOfferError(InvalidError):
    """A box of several packs is not harvested."""

    def __init__(self) -> None:
        words = _("Hộp ghép nhiều món không mở đặt trước được. Bạn mở cho từng món trong hộp.")
        super().__init__(words, fields={"variant_id": words}, code="preorder_bundle")


class CapError(InvalidError):
    """A cap that the pack is not sold in."""

    def __init__(self) -> None:
        words = _("Số lượng này chưa đúng. Bạn xem lại giúp nhé.")
        super().__init__(words, fields={"cap": words}, code="preorder_cap")


class ExpectedDayError(InvalidError):
    """A harvest that was expected before today."""

    def __init__(self) -> None:
        words = _("Ngày dự kiến phải từ hôm nay trở đi.")
        super().__init__(words, fields={"expected_on": words}, code="preorder_day")
