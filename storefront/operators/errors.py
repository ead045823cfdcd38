"""What the accounts of tour operators refuse."""

from __future__ import annotations

from app.core.errors import InvalidError
from app.core.i18n import _


class DiscountError(InvalidError):
    """A discount that is none, or that leaves nothing to pay."""

    def __init__(self) -> None:
        super().__init__(_("Mức giảm cho công ty du lịch phải từ 0 đến dưới 100 %."))
