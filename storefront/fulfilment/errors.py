"""What fulfilment refuses."""

from __future__ import annotations

from app.core.errors import ConflictError, InvalidError
from app.core.i18n import _


class PackedTwiceError(ConflictError):
    """What went into the parcel is written down already."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này đã đóng gói rồi."), code="packed")


class NotPackedError(ConflictError):
    """A parcel leaves only when it is written down what is in it."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này chưa đóng gói. Bạn đóng gói trước rồi hãy giao."), code="not_packed")


class LotStoppedError(ConflictError):
    """A lot that was promised to the buyer is held or recalled: it does not leave."""

    def __init__(self, lot_code: str) -> None:
        super().__init__(
            _(
                "Lô %(code)s đang bị giữ lại, chưa gửi đi được. Bạn gọi cho Chợ Phiên để đổi lô hoặc trả tiền khách.",
                code=lot_code,
            ),
            code="lot_stopped",
        )


class WrongLabelError(InvalidError):
    """A scanned label was never issued, or is of a lot that is not in this parcel."""

    def __init__(self, typed: str) -> None:
        message = _(
            "Nhãn %(serial)s không phải của lô trong đơn này. Bạn xem lại hộp đó giúp nhé.", serial=typed
        )
        super().__init__(message, fields={"serials": message}, code="wrong_label")


class AddressHiddenError(ConflictError):
    """The address is for parcels that somebody has taken on."""

    def __init__(self) -> None:
        super().__init__(_("Bạn xác nhận đơn trước rồi mới xem được địa chỉ."), code="address_hidden")
