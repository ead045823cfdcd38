"""What the log refuses."""

from __future__ import annotations

from app.core.errors import InvalidError
from app.core.i18n import _


class CosignatureError(InvalidError):
    """This line is no good cosignature of a known witness under a head of ours."""

    def __init__(self) -> None:
        super().__init__(
            _("Chữ ký này không phải của một nhân chứng mà sổ này biết."), code="bad_cosignature"
        )
