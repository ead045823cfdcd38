"""What the operators' pages refuse."""

from __future__ import annotations

from app.core.errors import ConflictError
from app.core.i18n import _


class KeptElsewhereError(ConflictError):
    """The operator's own system made the booking and names its tickets: its people change there."""

    def __init__(self) -> None:
        super().__init__(
            _("Lần đặt này do máy của công ty gửi sang: đổi người ở máy đó. Ở đây đổi ngày hoặc hủy được.")
        )
