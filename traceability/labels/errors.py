"""What labels refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.i18n import _


class SheetNotFoundError(NotFoundError):
    """There is no such print job, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy tờ nhãn này."))


class SerialNotFoundError(NotFoundError):
    """There is no such label, or it is another producer's."""

    def __init__(self) -> None:
        words = _("Không tìm thấy mã nhãn này. Bạn gõ lại đủ 13 chữ và số in dưới ô vuông.")
        super().__init__(words, fields={"serial": words})


class CountError(InvalidError):
    """So many labels do not go on one print job."""

    def __init__(self, most: int) -> None:
        words = _("Mỗi lần in từ 1 đến %(most)s nhãn.", most=most)
        super().__init__(words, fields={"count": words}, code="label_count")


class SerialSpentError(ConflictError):
    """A label that was sold or spoilt cannot be spoilt again."""

    def __init__(self) -> None:
        super().__init__(_("Nhãn này đã bán hoặc đã hủy rồi, không hủy được nữa."), code="serial_spent")
