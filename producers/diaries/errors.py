"""What diaries refuse."""

from __future__ import annotations

from uuid import UUID

from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.i18n import _
from app.core.quantity import format_scaled


class EntryNotFoundError(NotFoundError):
    """There is no such entry, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy dòng nhật ký này."))


class KindNotOfferedError(InvalidError):
    """This work is not done on that site: nobody prunes fish."""

    def __init__(self) -> None:
        words = _("Việc này không làm ở lô vườn hay ao đã chọn.")
        super().__init__(words, fields={"site_id": words})


class WrongInputError(InvalidError):
    """The product is not of the sort that this work uses."""

    def __init__(self) -> None:
        words = _("Thứ đã chọn không dùng cho việc này. Bạn chọn lại trong danh sách.")
        super().__init__(words, fields={"input_id": words})


class InFutureError(InvalidError):
    """Work that is yet to be done is no record."""

    def __init__(self) -> None:
        words = _("Ngày này chưa tới. Nhật ký chỉ ghi việc đã làm.")
        super().__init__(words, fields={"performed_on": words})


class TooManyPhotosError(InvalidError):
    """More photos than an entry keeps."""

    def __init__(self, most: int) -> None:
        words = _("Mỗi lần ghi giữ nhiều nhất %(most)s ảnh. Bạn bỏ bớt giúp nhé.", most=most)
        super().__init__(words, fields={"photos": words})


class AlreadyCorrectedError(ConflictError):
    """Somebody corrected this entry before; `newer_id` is what stands in its place."""

    def __init__(self, newer_id: UUID, said: object) -> None:
        super().__init__(
            _("Dòng này đã được sửa rồi, dòng mới là: %(newer)s. Bạn mở dòng mới để sửa tiếp.", newer=said),
            code="already_corrected",
        )
        self.newer_id = newer_id


class TakenBackError(ConflictError):
    """An entry that was taken back stays so."""

    def __init__(self) -> None:
        super().__init__(_("Dòng này đã được xóa bỏ nên không sửa được nữa."), code="taken_back")


class NotTheWriterError(ForbiddenError):
    """Only who wrote an entry, or a manager, may correct it."""

    def __init__(self) -> None:
        super().__init__(_("Chỉ người đã ghi dòng này hoặc người quản lý mới sửa được."))


class TooMuchForOneBookletError(InvalidError):
    """More entries than one booklet takes."""

    def __init__(self, count: int, most: int) -> None:
        words = _(
            "Khoảng này có %(count)s dòng nhật ký, một cuốn chỉ in được %(most)s dòng. Bạn chọn khoảng ngắn hơn, hoặc bớt nơi.",
            count=format_scaled(count, 0),
            most=format_scaled(most, 0),
        )
        super().__init__(words, fields={"to": words})


class NotRepeatableError(InvalidError):
    """Work that is weighed, counted or measured is never the same again."""

    def __init__(self) -> None:
        super().__init__(_("Việc này mỗi lần một khác. Bạn mở tờ ghi và điền lại giúp nhé."))
