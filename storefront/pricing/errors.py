"""What pricing refuses."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from app.core.errors import ConflictError, InvalidError
from app.core.i18n import Text, _
from app.core.money import format_dong
from producers.listings.models import Listing


class NotOnSaleError(ConflictError):
    """A pack in the basket is no longer offered."""

    def __init__(self, variant_id: UUID) -> None:
        super().__init__(
            _("Có món trong giỏ không còn bán nữa. Bạn bỏ món đó ra giúp nhé."), code="not_on_sale"
        )
        self.variant_id = variant_id


class OutOfSeasonError(ConflictError):
    """A pack whose listing is sold later, or was sold until a day before `on`; what else lies there is kept."""

    def __init__(self, variant_id: UUID, listing: Listing, *, on: date) -> None:
        if listing.sold_from is not None and on < listing.sold_from:
            words = _(
                "%(title)s bán từ ngày %(day)s. Giỏ của bạn vẫn còn đây: bỏ món đó ra là đặt tiếp được.",
                title=listing.title,
                day=f"{listing.sold_from:%d/%m/%Y}",
            )
        else:
            words = _(
                "%(title)s vừa hết mùa bán. Giỏ của bạn vẫn còn đây: bỏ món đó ra là đặt tiếp được.",
                title=listing.title,
            )
        super().__init__(words, code="out_of_season")
        self.variant_id = variant_id


class QuantityError(InvalidError):
    """A quantity that the pack is not sold in: nothing, or between two steps."""

    def __init__(self, variant_id: UUID) -> None:
        super().__init__(_("Số lượng này chưa đúng. Bạn xem lại giúp nhé."), code="quantity")
        self.variant_id = variant_id


def say_minimum(minimum_minor: int, missing_minor: int) -> Text:
    """Say that a producer sends from a worth of goods on, and how much is missing, both in đồng."""
    return _(
        "Nhà vườn này nhận đơn từ %(least)s tiền hàng. Bạn mua thêm %(missing)s nữa là đủ.",
        least=format_dong(minimum_minor),
        missing=format_dong(missing_minor),
    )


class NotSendableError(ConflictError):
    """A producer's parcel cannot travel as it was chosen; the words say why, beside the choice of its way."""

    def __init__(self, producer_id: UUID, words: Text) -> None:
        super().__init__(words, fields={way_field(producer_id): words}, code="not_sendable")
        self.producer_id = producer_id


def way_field(producer_id: UUID) -> str:
    """The field of the checkout in which the way of a producer's parcel is chosen."""
    return f"way_{producer_id}"
