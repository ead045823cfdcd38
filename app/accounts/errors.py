"""What accounts refuse, in words for the person who asked."""

from __future__ import annotations

from app.core.errors import ForbiddenError, InvalidError, LimitedError, NotFoundError, UnauthenticatedError
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


def too_often() -> LimitedError:
    """Something was tried too often."""
    return LimitedError(_("Bạn thử nhiều lần quá rồi. Bạn nghỉ ít phút rồi thử lại nhé."))
