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


class SerialVoidError(ConflictError):
    """A label that was made void is never printed again."""

    def __init__(self) -> None:
        super().__init__(_("Nhãn này đã hủy rồi, không in lại được nữa."), code="serial_void")


class ReprintReasonError(ConflictError):
    """This was printed before: who prints it again says why."""

    def __init__(self) -> None:
        super().__init__(
            _("Nhãn này đã in rồi. Bạn cho biết vì sao in lại, rồi bấm In lại."), code="reprint_reason"
        )


class ReprintHeldError(ConflictError):
    """Labels of a lot that may not be sold are not printed again."""

    def __init__(self, *, code: str) -> None:
        super().__init__(
            _("Lô %(code)s đang bị giữ hoặc đã thu hồi, nên chưa in lại nhãn được.", code=code),
            code="reprint_held",
        )


class AllVoidError(ConflictError):
    """Every label of this file was made void: there is nothing left to print."""

    def __init__(self) -> None:
        super().__init__(_("Các nhãn trong tệp này đã hủy hết, không còn gì để in."), code="all_void")
