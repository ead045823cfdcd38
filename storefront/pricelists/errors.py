"""What price lists refuse."""

from __future__ import annotations

from app.core.errors import InvalidError, NotFoundError
from app.core.i18n import _


class PriceListNotFoundError(NotFoundError):
    """There is no such list, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy bảng giá này."))


class GroupNotFoundError(NotFoundError):
    """There is no such group, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy nhóm khách này."))


class GroupNameError(InvalidError):
    """The producer has a group of this name."""

    def __init__(self) -> None:
        words = _("Nhà mình có nhóm tên này rồi. Bạn đặt tên khác giúp nhé.")
        super().__init__(words, fields={"name": words}, code="group_name")


class ListWindowError(InvalidError):
    """A list whose last day is over, or before its first."""

    def __init__(self) -> None:
        words = _("Ngày cuối phải từ hôm nay trở đi và không trước ngày đầu.")
        super().__init__(words, fields={"last_day": words}, code="price_list_window")


class StepQuantityError(InvalidError):
    """A step begins at a quantity that the pack is not sold in."""

    def __init__(self) -> None:
        words = _("Số lượng này chưa đúng. Bạn xem lại giúp nhé.")
        super().__init__(words, fields={"from_quantity": words}, code="step_quantity")
