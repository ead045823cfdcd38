"""What the desk of fees refuses."""

from __future__ import annotations

from app.core.errors import ConflictError, InvalidError
from app.core.i18n import _


class FeeDayError(InvalidError):
    """A fee would begin on a day that is over: what was sold then is booked."""

    def __init__(self) -> None:
        words = _("Phí chỉ đổi được từ hôm nay trở đi.")
        super().__init__(words, fields={"valid_from": words})


class FeeBoundsError(InvalidError):
    """The most is less than the least."""

    def __init__(self) -> None:
        words = _("Mức nhiều nhất phải bằng hoặc hơn mức ít nhất.")
        super().__init__(words, fields={"most_minor": words})


class FeeSetError(ConflictError):
    """Another fee of this kind begins on the same day and has been taken already."""

    def __init__(self) -> None:
        super().__init__(_("Phí này đã tính cho đơn trong ngày. Bạn chọn từ ngày mai giúp nhé."))
