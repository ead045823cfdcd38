"""What intake refuses."""

from __future__ import annotations

from uuid import UUID

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.i18n import _
from app.core.money import format_dong
from app.core.quantity import format_grams


class SlipNotFoundError(NotFoundError):
    """There is no such slip, or it is another producer's, or another household's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy phiếu cân này."))


class WrongGradeError(InvalidError):
    """Leaf has a leaf's grade, fish are fish."""

    def __init__(self) -> None:
        words = _("Loại này không hợp với nơi đã chọn: chè thì chọn loại búp, cá thì chọn cá.")
        super().__init__(words, fields={"grade": words})


class InFutureError(InvalidError):
    """What is yet to be weighed has no slip."""

    def __init__(self) -> None:
        words = _("Ngày này chưa tới. Phiếu cân chỉ ghi hàng đã cân.")
        super().__init__(words, fields={"weighed_on": words})


class NoPriceError(InvalidError):
    """No price was typed, and none is set for this grade on that day."""

    def __init__(self) -> None:
        words = _("Loại này chưa có giá của ngày đó. Bạn gõ giá vào giúp nhé.")
        super().__init__(words, fields={"price_per_kg_minor": words})


class SlipCorrectedError(ConflictError):
    """Somebody corrected this slip before; `newer_id` is what stands in its place."""

    def __init__(self, newer_id: UUID, weight_g: int, amount_minor: int) -> None:
        super().__init__(
            _(
                "Phiếu này đã được sửa rồi, phiếu mới ghi %(weight)s, %(amount)s. Bạn mở phiếu mới để sửa tiếp.",
                weight=format_grams(weight_g),
                amount=format_dong(amount_minor),
            ),
            code="already_corrected",
        )
        self.newer_id = newer_id


class PhotoThereError(ConflictError):
    """A slip has one photo, and it has one already."""

    def __init__(self) -> None:
        super().__init__(_("Phiếu cân này đã có ảnh khác rồi. Phiếu chỉ giữ một ảnh."), code="photo_there")
