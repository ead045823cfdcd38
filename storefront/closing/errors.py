"""Why days are not closed."""

from __future__ import annotations

from app.core.errors import ConflictError
from app.core.i18n import _


class NotOverError(ConflictError):
    """The last day of it is not over yet."""

    def __init__(self) -> None:
        super().__init__(_("Ngày này chưa hết. Bạn khóa sổ từ ngày mai nhé."), code="not_over")


class NotBalancedError(ConflictError):
    """Something does not fit; the page says what."""

    def __init__(self) -> None:
        words = _("Sổ còn chỗ chưa khớp nên chưa khóa được. Bạn xem từng chỗ bên dưới.")
        super().__init__(words, code="not_balanced")
