"""What accounts refuse, in words for the person who asked."""

from __future__ import annotations

from datetime import datetime

from app.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    LimitedError,
    NotFoundError,
    UnauthenticatedError,
)
from app.core.i18n import Text, _


class WrongCodeError(InvalidError):
    """The typed code is not the one that was sent, or is no longer good; the words stand beside the field."""

    def __init__(self, message: Text) -> None:
        super().__init__(message, fields={"code": message}, code="wrong_code")


def unknown_person() -> NotFoundError:
    """There is no such person."""
    return NotFoundError(_("Không tìm thấy người này."))


def logged_out() -> UnauthenticatedError:
    """A private page was asked for by somebody we do not know."""
    return UnauthenticatedError(_("Bạn đăng nhập bằng số điện thoại rồi vào lại trang này nhé."))


def not_staff() -> ForbiddenError:
    """A page of the platform's staff was asked for by somebody else."""
    return ForbiddenError(_("Trang này dành cho người làm việc ở Chợ Phiên."))


class TooOftenError(LimitedError):
    """Something was tried too often; the next try is free at `again_at`."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(_("Bạn thử nhiều lần quá rồi. Bạn nghỉ ít phút rồi thử lại nhé."))
        self.again_at = again_at


def too_often() -> LimitedError:
    """Something was tried too often."""
    return LimitedError(_("Bạn thử nhiều lần quá rồi. Bạn nghỉ ít phút rồi thử lại nhé."))


def phone_forgotten() -> UnauthenticatedError:
    """The credential that a phone holds opens no login (any more)."""
    return UnauthenticatedError(_("Máy này cần đăng nhập lại bằng số điện thoại."))


def other_person() -> ConflictError:
    """The phone speaks for somebody else than whom the browser is logged in as."""
    return ConflictError(_("Máy đang đăng nhập bằng tên người khác."), code="other-person")


def unknown_phone_key() -> NotFoundError:
    """There is no such key, or it is somebody else's."""
    return NotFoundError(_("Chợ không giữ chìa này."))


def login_too_old() -> ForbiddenError:
    """The way back to a forgotten PIN is for somebody who has just proved who they are."""
    return ForbiddenError(
        _("Bạn đăng nhập lại bằng số điện thoại rồi đặt số bí mật mới nhé."), code="login_too_old"
    )
