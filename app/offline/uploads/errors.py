"""What uploads refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, InvalidError, LimitedError, NotFoundError
from app.core.i18n import Text, _


class UploadNotFoundError(NotFoundError):
    """There is no such upload, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__(_("Chợ chưa có ảnh hay lời nói này. Máy sẽ gửi lại."))


class RecordFirstError(ConflictError):
    """The words of the record are not here yet: the file waits on the phone."""

    def __init__(self) -> None:
        super().__init__(_("Phần chữ của dòng này chưa tới chợ. Ảnh sẽ gửi sau."), code="record-first")


class OtherFileError(ConflictError):
    """This id was given to another file."""

    def __init__(self) -> None:
        super().__init__(_("Tệp này khác với tệp đã gửi lần trước. Bạn chọn lại ảnh nhé."), code="other-file")


class OffsetMovedError(ConflictError):
    """The bytes do not begin where what we have ends: ask where it is, and go on there."""

    def __init__(self) -> None:
        super().__init__(_("Tệp này đã gửi tới chỗ khác. Máy sẽ hỏi lại rồi gửi tiếp."), code="offset")


class TooManyOpenError(LimitedError):
    """More files at once than one person's phone has under way."""

    def __init__(self) -> None:
        super().__init__(_("Đang có nhiều tệp gửi dở quá. Máy sẽ gửi tiếp sau."), code="too-many-open")


class TooHeavyError(InvalidError):
    """More bytes than we take, or more than were announced."""

    def __init__(self, most: int | None = None) -> None:
        words = (
            _("Tệp này nặng quá %(most)s MB. Bạn chụp lại hoặc ghi ngắn hơn nhé.", most=most // 1_000_000)
            if most
            else _("Tệp gửi lên dài hơn đã báo trước.")
        )
        super().__init__(words, code="too-heavy")


class NotTakenError(InvalidError):
    """No form of this kind takes a file of this kind."""

    def __init__(self) -> None:
        super().__init__(_("Chỗ này không nhận tệp như vậy."), code="not-taken")


class FileRefusedError(InvalidError):
    """The whole file was looked at and cannot be kept; it says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason, code="file-refused")


class BadHeaderError(InvalidError):
    """What is said about the file cannot be read."""

    def __init__(self) -> None:
        super().__init__(_("Chợ không đọc được lời báo của tệp này."), code="bad-header")


class NotBytesError(InvalidError):
    """A piece comes as bare bytes and nothing else."""

    def __init__(self) -> None:
        super().__init__(_("Phần gửi lên không đúng dạng."), code="not-bytes")


class WrongVersionError(InvalidError):
    """Another version of the protocol than ours."""

    def __init__(self) -> None:
        super().__init__(_("Máy gửi theo cách mà chợ chưa hiểu. Bạn mở lại trang nhé."), code="version")
