"""What inputs refuse."""

from __future__ import annotations

from app.core.errors import InvalidError, NotFoundError
from app.core.i18n import _


class InputNotFoundError(NotFoundError):
    """There is no such input, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy thuốc, phân hay thức ăn này."))


class UnitMisfitError(InvalidError):
    """A dose for fish on a product for tea, or the other way round."""

    def __init__(self) -> None:
        words = _("Cách tính liều này không dùng cho loại đã chọn.")
        super().__init__(words, fields={"max_dose_unit": words})
