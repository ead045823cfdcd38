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


class BadCarriedFileError(InvalidError):
    """The file is none of ours, or it was cut on the way."""

    def __init__(self) -> None:
        words = _(
            "Tệp này chợ không đọc được. Bạn gói lại từ máy ghi rồi gửi lại nhé; việc vẫn còn trong máy ấy."
        )
        super().__init__(words, fields={"file": words}, code="bad-file")


class UnsignedFileError(InvalidError):
    """The file was changed after its phone signed it, or its phone is not known any more."""

    def __init__(self) -> None:
        words = _(
            "Tệp này đã bị sửa, hoặc máy ghi đã đăng xuất quá lâu. Chợ chưa nhận gì. Việc vẫn còn trong máy ấy."
        )
        super().__init__(words, fields={"file": words}, code="unsigned-file")


class BadBatchError(InvalidError):
    """The batch as a whole cannot be read."""

    def __init__(self) -> None:
        super().__init__(
            _("Chợ chưa đọc được những dòng máy vừa gửi. Các dòng vẫn còn trong máy."), code="bad-batch"
        )
