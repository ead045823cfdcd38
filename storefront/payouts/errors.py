"""What payouts refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import _


class NothingOwedError(ConflictError):
    """Nobody can be paid now."""

    def __init__(self) -> None:
        super().__init__(_("Bây giờ chưa có khoản nào trả được cho nhà vườn."), code="nothing_owed")


class PayoutNotFoundError(NotFoundError):
    """There is no such batch, or no such payout in it."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy khoản chi này."))


class PayoutMovedError(ConflictError):
    """The payout is settled, or came back, already."""

    def __init__(self) -> None:
        super().__init__(_("Khoản này đã có người ghi rồi. Bạn mở lại trang để xem."), code="payout_moved")
