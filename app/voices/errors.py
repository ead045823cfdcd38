"""What audio packs refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import _


class PackNotFoundError(NotFoundError):
    """We do not speak this language, or nothing of it is published."""

    def __init__(self) -> None:
        super().__init__(_("Chưa có bộ tiếng nói này."))


class PromptNotFoundError(NotFoundError):
    """No page says this sentence."""

    def __init__(self) -> None:
        super().__init__(_("Câu này không còn trên trang nào."))


class NothingRecordedError(ConflictError):
    """A pack without a single clip."""

    def __init__(self) -> None:
        super().__init__(_("Chưa thu câu nào nên chưa phát hành được."), code="nothing_recorded")


class PublishedMeanwhileError(ConflictError):
    """Somebody published at the same instant."""

    def __init__(self) -> None:
        super().__init__(
            _("Có người vừa phát hành. Bạn xem lại rồi bấm lần nữa."), code="published_meanwhile"
        )
