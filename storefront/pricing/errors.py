"""What pricing refuses."""

from __future__ import annotations

from uuid import UUID

from app.core.errors import ConflictError, InvalidError
from app.core.i18n import _


class NotOnSaleError(ConflictError):
    """A pack in the basket is no longer offered."""

    def __init__(self, variant_id: UUID) -> None:
        super().__init__(
            _("Có món trong giỏ không còn bán nữa. Bạn bỏ món đó ra giúp nhé."), code="not_on_sale"
        )
        self.variant_id = variant_id


class QuantityError(InvalidError):
    """A quantity that the pack is not sold in: nothing, or between two steps."""

    def __init__(self, variant_id: UUID) -> None:
        super().__init__(_("Số lượng này chưa đúng. Bạn xem lại giúp nhé."), code="quantity")
        self.variant_id = variant_id
