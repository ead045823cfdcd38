"""What fulfilment refuses."""

from __future__ import annotations

from collections.abc import Collection

from app.core.errors import ConflictError, InvalidError
from app.core.i18n import Text, _


class PackedTwiceError(ConflictError):
    """What went into the parcel is written down already."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này đã đóng gói rồi."), code="packed")


class NotPackedError(ConflictError):
    """A parcel leaves only when it is written down what is in it."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này chưa đóng gói. Bạn đóng gói trước rồi hãy giao."), code="not_packed")


class NotWeighedError(ConflictError):
    """A parcel with goods of the scale is packed only when each piece was weighed."""

    def __init__(self) -> None:
        super().__init__(_("Còn món chưa cân. Bạn cân từng con trước rồi hãy đóng gói."), code="not_weighed")


class ProofWrittenError(ConflictError):
    """Who took the parcel is written down already, and is not written over."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này đã ghi người nhận và ảnh rồi."), code="proof_written")


class WeighedTwiceError(ConflictError):
    """Other weights are written down already, and the money went by them."""

    def __init__(self) -> None:
        super().__init__(_("Món này đã cân và đã tính tiền rồi."), code="weighed")


class WeightError(InvalidError):
    """A weight that was not promised, or not one for each piece; the words say the way out."""

    def __init__(self, words: Text) -> None:
        super().__init__(words, fields={"weights": words}, code="weight")


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


class PracticeRecallError(ConflictError):
    """A practice tells nobody and gives nothing back."""

    def __init__(self) -> None:
        super().__init__(
            _("Đây là lần làm thử: không nhắn cho khách, không trả lại tiền."), code="practice_recall"
        )


class EmptyMessageError(InvalidError):
    """There are buyers to tell, and nothing to tell them; `fields` are the drafts that are empty."""

    def __init__(self, fields: Collection[str]) -> None:
        words = _("Bạn viết lời nhắn cho khách rồi hãy gửi.")
        super().__init__(words, fields=dict.fromkeys(fields, words), code="empty_message")


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
