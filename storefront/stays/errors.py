"""What stays refuse."""

from __future__ import annotations

from datetime import date

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.i18n import Text, _


class StayNotFoundError(NotFoundError):
    """There is no such stay, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy chỗ nghỉ này."))


class PlaceNotFoundError(NotFoundError):
    """There is no such sleeping place, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy chỗ ngủ này."))


class UsedFormError(ConflictError):
    """The form made a booking already, and now asks for something else."""

    def __init__(self) -> None:
        super().__init__(
            _("Trang này đã đặt một lần rồi. Bạn xem lần đặt đó, hoặc bấm đặt thêm một lần nữa."),
            code="used-form",
        )


class StayBookingNotFoundError(NotFoundError):
    """The link, code or id opens no booking of a stay."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lần đặt chỗ nghỉ này. Bạn mở lại đúng đường dẫn nhé."))


class UnknownCodeError(NotFoundError):
    """No booking of this producer bears the code; the words say whether it was misspelled."""


class FullNightError(ConflictError):
    """A night has not enough beds for the whole party: `left` is how many it still has."""

    def __init__(self, night_on: date, left: int) -> None:
        self.night_on, self.left = night_on, left
        day = f"{night_on.day}/{night_on.month}"
        words = (
            _("Đêm %(day)s chỉ còn %(left)s chỗ, không đủ cho nhóm bạn.", day=day, left=left)
            if left
            else _("Đêm %(day)s hết chỗ rồi. Bạn chọn đêm khác nhé.", day=day)
        )
        super().__init__(words, fields={"arrives_on": words}, code="full_night")


class ClosedNightError(ConflictError):
    """A night is not sold: closed, or too far ahead."""

    def __init__(self, night_on: date) -> None:
        self.night_on = night_on
        words = _(
            "Đêm %(day)s nhà không nhận khách. Bạn chọn đêm khác nhé.", day=f"{night_on.day}/{night_on.month}"
        )
        super().__init__(words, fields={"arrives_on": words}, code="closed_night")


class WishError(InvalidError):
    """The wish cannot be so: days the wrong way round, too many nights, more guests than the beds hold."""

    def __init__(self, field: str, words: Text) -> None:
        super().__init__(words, fields={field: words})


class TakenIdError(ConflictError):
    """The id belongs to somebody else's booking: an id is no key."""

    def __init__(self) -> None:
        super().__init__(_("Lần đặt này đã gửi rồi. Bạn mở lại trang và đặt lại nhé."))


class NotCancellableError(ConflictError):
    """The booking cannot be given back any more; the words say why."""


class TransitionError(ConflictError):
    """The state does not allow this step."""

    def __init__(self) -> None:
        super().__init__(_("Bây giờ không làm được việc này nữa. Bạn mở lại trang để xem tình hình mới."))


class NotReceivableError(ConflictError):
    """These guests cannot be let in now; the words say why."""


class HoldOverError(ConflictError):
    """Nothing is held any more, or it is paid, or it was made longer often enough; the words say which."""

    def __init__(self, words: Text) -> None:
        super().__init__(words, code="hold_over")


class BedsTakenError(ConflictError):
    """Fewer beds than are taken already in a night."""

    def __init__(self, night_on: date, taken: int) -> None:
        words = _(
            "Đêm %(day)s đã có khách đặt %(taken)s chỗ, số chỗ phải từ %(taken)s trở lên.",
            day=f"{night_on.day}/{night_on.month}",
            taken=taken,
        )
        super().__init__(words, fields={"capacity": words})


class PlanError(InvalidError):
    """The days cannot be so."""

    def __init__(self, field: str, words: Text) -> None:
        super().__init__(words, fields={field: words})


class NotReadyError(InvalidError):
    """The stay has no bed to sell yet."""

    def __init__(self) -> None:
        super().__init__(_("Nhà này chưa ghi chỗ ngủ nào. Bạn ghi chỗ ngủ và giá trước rồi hãy bày."))
