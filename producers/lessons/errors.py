"""What lessons refuse."""

from __future__ import annotations

from app.core.errors import NotFoundError
from app.core.i18n import _


class LessonNotFoundError(NotFoundError):
    """There is no such lesson, or no such step in it."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy bài học này."))
