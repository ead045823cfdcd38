"""What the basket refuses."""

from __future__ import annotations

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.i18n import _


class CartLineNotFoundError(NotFoundError):
    """There is no such line in this basket."""

    def __init__(self) -> None:
        super().__init__(_("Món này không còn trong giỏ."))


class NotOfferedError(ConflictError):
    """The pack is not on sale."""

    def __init__(self) -> None:
        super().__init__(_("Món này đang ngừng bán. Bạn xem món khác giúp nhé."), code="not_on_sale")


class StepError(InvalidError):
    """The quantity lies between two steps of the pack, or is none."""

    def __init__(self) -> None:
        message = _("Số lượng này chưa đúng. Bạn xem lại giúp nhé.")
        super().__init__(message, fields={"quantity": message})


class FullCartError(ConflictError):
    """Too many different things in one basket."""

    def __init__(self) -> None:
        super().__init__(_("Giỏ đầy rồi. Bạn đặt đơn này trước, rồi mua tiếp nhé."), code="cart_full")
