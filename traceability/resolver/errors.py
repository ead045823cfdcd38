"""What the resolver refuses."""

from __future__ import annotations

from app.core.errors import NotFoundError
from app.core.i18n import _


class ProductUnknownError(NotFoundError):
    """No product here has this GTIN."""

    def __init__(self) -> None:
        super().__init__(_("Không có sản phẩm nào ở Chợ Phiên mang mã này."), code="unknown_gtin")


class KeyUnknownError(NotFoundError):
    """A code that is well made, and behind which nobody put anything here."""

    def __init__(self) -> None:
        super().__init__(_("Mã này đúng dạng, nhưng ở Chợ Phiên chưa có gì đứng sau nó."), code="unknown_key")


class LotUnknownError(NotFoundError):
    """No lot of this product has this code."""

    def __init__(self) -> None:
        super().__init__(_("Số lô này không có trong sổ của sản phẩm."), code="unknown_lot")


class LinkTypeUnknownError(NotFoundError):
    """There is nothing of this link type behind this code."""

    def __init__(self) -> None:
        super().__init__(_("Mã này không có đường dẫn loại đó."), code="unknown_link_type")


class PracticeLabelError(NotFoundError):
    """This code was printed in a practice farm: behind it there are no goods and no story."""

    def __init__(self) -> None:
        super().__init__(
            _("Đây là nhãn tập, in trong vườn tập để học cách làm. Không có hàng thật nào mang nhãn này."),
            code="practice_label",
        )


class NotLoggedYetError(NotFoundError):
    """The lot was made, and its event has no place in the log yet."""

    def __init__(self) -> None:
        super().__init__(
            _("Lô này chưa vào sổ công khai. Lô mới lập thì chờ ít phút rồi thử lại."), code="not_logged_yet"
        )
