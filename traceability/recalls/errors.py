"""What recalls refuse."""

from __future__ import annotations

from app.core.errors import InvalidError, NotFoundError
from app.core.i18n import _


class RecallNotFoundError(NotFoundError):
    """There is no such recall, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lần thu hồi này."))


class NothingReachedError(InvalidError):
    """No lot comes from there."""

    def __init__(self) -> None:
        super().__init__(
            _("Không có lô hàng nào liên quan. Bạn xem lại nơi và ngày đã chọn."), code="nothing_reached"
        )


class StartError(InvalidError):
    """What the recall should begin with is not there, or not this producer's."""

    def __init__(self) -> None:
        words = _("Bạn chọn lô, vườn ao, nhà hay thuốc nằm trong sổ của mình.")
        super().__init__(words, fields={"start": words})
