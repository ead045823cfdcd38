"""What the desk of taxes refuses."""

from __future__ import annotations

from app.core.errors import ConflictError
from app.core.i18n import _


class MonthNotOverError(ConflictError):
    """The month still runs: more may be withheld in it."""

    def __init__(self) -> None:
        super().__init__(_("Tháng này chưa hết. Hết tháng bạn hãy nộp."), code="month_not_over")


class MonthPaidError(ConflictError):
    """The tax of this month was paid before."""

    def __init__(self) -> None:
        super().__init__(_("Thuế tháng này đã có người ghi nộp rồi."), code="month_paid")


class NothingDueError(ConflictError):
    """There is nothing to pay for this month."""

    def __init__(self) -> None:
        super().__init__(_("Tới hết tháng này không có thuế nào phải nộp."), code="nothing_due")
