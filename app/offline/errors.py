"""What the transport refuses."""

from __future__ import annotations

from app.core.errors import ConflictError, InvalidError
from app.core.i18n import _


class OtherPersonError(ConflictError):
    """The outbox belongs to somebody else than the one who is logged in."""

    def __init__(self) -> None:
        super().__init__(
            _("Máy này đang đăng nhập tên người khác. Mở sổ của mình rồi gửi lại."), code="other-person"
        )


class BadBatchError(InvalidError):
    """The batch as a whole cannot be read."""

    def __init__(self) -> None:
        super().__init__(_("Chợ không đọc được gói gửi này. Các dòng vẫn còn trong máy."), code="bad-batch")
