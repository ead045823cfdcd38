"""What delivery refuses."""

from __future__ import annotations

from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import _


class MethodNotFoundError(NotFoundError):
    """There is no such method, or it is another producer's, or it is no longer offered."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy cách gửi này."))


class TooManyMethodsError(ConflictError):
    """A producer offers as many methods as a buyer can choose from."""

    def __init__(self) -> None:
        super().__init__(_("Nhà mình có nhiều cách gửi quá rồi. Bạn bỏ bớt một cách trước nhé."))
