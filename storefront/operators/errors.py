"""What the accounts of tour operators refuse."""

from __future__ import annotations

from app.core.errors import InvalidError, NotFoundError
from app.core.i18n import _


class DiscountError(InvalidError):
    """A discount that is none, or that leaves nothing to pay."""

    def __init__(self) -> None:
        super().__init__(_("Mức giảm cho công ty du lịch phải từ 0 đến dưới 100 %."))


class OperatorNotFoundError(NotFoundError):
    """There is no such operator."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy công ty du lịch này."))
