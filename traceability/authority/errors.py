"""What the authority's room refuses."""

from __future__ import annotations

from app.core.errors import InvalidError, NotFoundError, UnauthenticatedError
from app.core.i18n import _


class WrongKeyError(InvalidError):
    """What was typed is no inspector's key, or one that has ended."""

    def __init__(self) -> None:
        words = _("Khóa này không đúng, hoặc đã hết hạn.")
        super().__init__(words, fields={"key": words}, code="wrong_key")


class NoInspectorError(UnauthenticatedError):
    """Nobody here has shown an inspector's key."""

    def __init__(self) -> None:
        super().__init__(_("Trang này cần khóa của người kiểm tra."), code="no_key")


class NoLotError(NotFoundError):
    """No lot has this code; a practice farm has none."""

    def __init__(self) -> None:
        super().__init__(_("Không có lô nào mang mã này."), code="unknown_lot")
