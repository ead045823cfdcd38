"""What reports refuse."""

from __future__ import annotations

from app.core.errors import LimitedError, NotFoundError
from app.core.i18n import _


class NothingToReportError(NotFoundError):
    """The code belongs to no product that is sold here."""

    def __init__(self) -> None:
        super().__init__(_("Không có sản phẩm nào ở Chợ Phiên mang mã này."), code="unknown_gtin")


class ReportNotFoundError(NotFoundError):
    """There is no such report, or it is about another producer's label."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lời báo này."))


class ReportedEnoughError(LimitedError):
    """This label was reported several times today: one more tells nothing new."""

    def __init__(self) -> None:
        super().__init__(
            _("Hôm nay đã có nhiều người báo nhãn này, cơ sở đã nhận được. Mai bạn báo thêm cũng được."),
            code="reported_enough",
        )


class TooManyReportsError(LimitedError):
    """So many reports in an hour are a flood, or one visitor sends them."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Lúc này có nhiều lời báo quá. Những gì bạn ghi vẫn còn đây, chừng một giờ nữa bạn gửi lại nhé."
            ),
            code="too_many_reports",
        )
