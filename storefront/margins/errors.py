"""What margins refuse."""

from __future__ import annotations

from app.core.errors import ForbiddenError, InvalidError
from app.core.i18n import _


class NotWeighedInError(ForbiddenError):
    """The household weighed nothing in on these days, and has no office in the cooperative (G8)."""

    def __init__(self) -> None:
        super().__init__(
            _("Những ngày này nhà mình không cân gì nên không xem được. Bạn chọn kỳ mà nhà mình có cân.")
        )


class PeriodTooLongError(InvalidError):
    """More than a year and a day is not one season."""

    def __init__(self) -> None:
        words = _("Khoảng này dài quá. Bạn chọn khoảng ngắn hơn giúp nhé.")
        super().__init__(words, fields={"to": words})
