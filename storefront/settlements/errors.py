"""What settlements refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.i18n import _


class HouseholdNotFoundError(NotFoundError):
    """Nobody of that name sells to this producer."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy hộ này."))


class SettlementNotFoundError(NotFoundError):
    """There is no such settlement, or it is another producer's, or another household's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lần chốt này."))


class AdvanceNotFoundError(NotFoundError):
    """There is no such advance, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy khoản ứng này."))


class PeriodOrderError(InvalidError):
    """The last day stands before the first."""

    def __init__(self) -> None:
        words = _("Ngày cuối phải sau ngày đầu.")
        super().__init__(words, fields={"until": words})


class PeriodAheadError(InvalidError):
    """Days that are yet to come are not settled."""

    def __init__(self) -> None:
        words = _("Ngày này chưa tới. Chỉ chốt được đến hôm nay.")
        super().__init__(words, fields={"until": words})


class NothingToSettleError(ConflictError):
    """The days hold no open slip, or what they hold comes to nothing or less: it waits for later slips (BM6)."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Những ngày này không còn tiền nào để chốt. Có thể đã có người chốt rồi, bạn mở lại trang để xem."
            ),
            code="nothing_to_settle",
        )


class AdvanceDayError(InvalidError):
    """Nothing was given on a day that is yet to come."""

    def __init__(self) -> None:
        words = _("Ngày này chưa tới. Chỉ ghi khoản đã đưa.")
        super().__init__(words, fields={"given_on": words})


class AdvanceUsedError(ConflictError):
    """Some of it was set off already, or somebody voided it."""

    def __init__(self) -> None:
        super().__init__(
            _("Khoản ứng này đã trừ vào tiền cân hoặc đã xóa rồi, không xóa được nữa."), code="advance_used"
        )


class SettlementMovedError(ConflictError):
    """It is paid already, or was not paid at all, or there is nothing to pay."""

    def __init__(self) -> None:
        super().__init__(
            _("Lần chốt này đã có người ghi rồi. Bạn mở lại trang để xem."), code="settlement_moved"
        )


class WrongAccountError(InvalidError):
    """No bank of the list, or a number that fits into no code."""

    def __init__(self) -> None:
        words = _("Ngân hàng này không có trong danh sách.")
        super().__init__(words, fields={"bank_bin": words})
