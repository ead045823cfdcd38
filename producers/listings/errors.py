"""What listings refuse."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.i18n import Text, _


class ListingNotFoundError(NotFoundError):
    """There is no such listing, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy món hàng này."))


class VariantNotFoundError(NotFoundError):
    """There is no such pack."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy gói hàng này."))


class ListingEditedError(ConflictError):
    """Somebody changed the same fields since this form was opened; `version` is the newest.

    `conflicts` names the fields that both changed, `typed` those that only this form changed.
    """

    def __init__(self, version: int, conflicts: Sequence[str], typed: Collection[str]) -> None:
        super().__init__(
            _("Người khác vừa sửa món này. Bạn xem lại hai bên rồi bấm lưu lần nữa."), code="listing_edited"
        )
        self.version = version
        self.conflicts = conflicts
        self.typed = typed


class BundleContentError(InvalidError):
    """A bundle of nothing, of one piece, or of what cannot lie in one; the words stand beside the choice of its contents."""

    def __init__(self, words: Text) -> None:
        super().__init__(words, fields={"contents": words}, code="bundle_content")


class NoPackError(InvalidError):
    """A listing without a pack cannot be sold."""

    def __init__(self) -> None:
        super().__init__(_("Món này chưa có gói nào để bán. Bạn thêm một gói với giá nhé."))
