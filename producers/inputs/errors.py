"""What inputs refuse."""

from __future__ import annotations

from app.core.errors import NotFoundError
from app.core.i18n import _


class InputNotFoundError(NotFoundError):
    """There is no such input, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy thuốc, phân hay thức ăn này."))
