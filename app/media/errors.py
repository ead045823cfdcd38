"""What media refuse, in words for the person who took the photo."""

from __future__ import annotations

from app.core.errors import InvalidError, NotFoundError
from app.core.i18n import Text, _


class BadPhotoError(InvalidError):
    """A file cannot be kept as a photo; `code` says which way it is wrong."""

    def __init__(self, message: Text, code: str) -> None:
        super().__init__(message, fields={"photo": message}, code=f"photo_{code}")


def unknown_photo() -> NotFoundError:
    """There is no such photo, or it is somebody else's private one: a stranger learns nothing."""
    return NotFoundError(_("Không tìm thấy ảnh này."))


def empty() -> BadPhotoError:
    """Nothing arrived."""
    return BadPhotoError(_("Tệp ảnh này trống. Bạn chọn lại ảnh nhé."), "empty")


def too_heavy() -> BadPhotoError:
    """More bytes than we take."""
    return BadPhotoError(_("Ảnh này nặng quá 25 MB. Bạn chụp lại hoặc chọn ảnh nhỏ hơn nhé."), "too_heavy")


def too_large() -> BadPhotoError:
    """More points than a camera makes: opened, it would fill the memory."""
    return BadPhotoError(_("Ảnh này to quá, máy không mở được. Bạn chọn ảnh nhỏ hơn nhé."), "too_large")


def heic() -> BadPhotoError:
    """An iPhone's own format, which other phones cannot show."""
    return BadPhotoError(
        _("Ảnh này ở dạng HEIC của iPhone. Bạn chụp màn hình ảnh đó, hoặc gửi ảnh dạng JPEG nhé."), "heic"
    )


def not_a_photo() -> BadPhotoError:
    """A text, a drawing, a film: whatever its name says."""
    return BadPhotoError(_("Tệp này không phải ảnh chụp. Bạn chọn ảnh JPEG, PNG hoặc WebP nhé."), "unknown")


def broken() -> BadPhotoError:
    """The beginning of a photo, and then nonsense or nothing."""
    return BadPhotoError(_("Ảnh này bị hỏng hoặc gửi lên chưa đủ. Bạn gửi lại giúp nhé."), "broken")


class BadRecordingError(InvalidError):
    """A file cannot be kept as a recording; `code` says which way it is wrong."""

    def __init__(self, message: Text, code: str) -> None:
        super().__init__(message, fields={"voice": message}, code=f"voice_{code}")


def unknown_recording() -> NotFoundError:
    """There is no such recording, or it is somebody else's private one."""
    return NotFoundError(_("Không tìm thấy bản ghi âm này."))


def silent() -> BadRecordingError:
    """Nothing arrived."""
    return BadRecordingError(_("Bản ghi âm này trống. Bạn nói lại giúp nhé."), "empty")


def too_long() -> BadRecordingError:
    """More bytes than we take."""
    return BadRecordingError(
        _("Bản ghi âm này nặng quá 5 MB. Bạn nói ngắn lại, chừng 3 phút thôi nhé."), "too_heavy"
    )


def not_a_recording() -> BadRecordingError:
    """No sound that phones can play: whatever its name says."""
    return BadRecordingError(
        _("Tệp này không phải bản ghi âm mà máy nghe được. Bạn thu bằng máy ghi âm của điện thoại nhé."),
        "unknown",
    )
