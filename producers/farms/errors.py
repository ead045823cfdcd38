"""What farms refuse."""

from __future__ import annotations

from app.core.errors import InvalidError, NotFoundError
from app.core.i18n import _


class FarmNotFoundError(NotFoundError):
    """There is no such farm, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy nhà vườn này."))


class SiteNotFoundError(NotFoundError):
    """There is no such site, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lô vườn hay ao này."))


class NotAMembersFarmError(InvalidError):
    """A farm's household must belong to the producer."""

    def __init__(self) -> None:
        words = _("Người này chưa phải là thành viên của cơ sở.")
        super().__init__(words, fields={"owner_id": words})
