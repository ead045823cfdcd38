"""What fulfilment refuses."""

from __future__ import annotations

from collections.abc import Collection

from app.core.errors import ConflictError, InvalidError
from app.core.i18n import Text, _
from app.core.money import format_dong


class PackedTwiceError(ConflictError):
    """What went into the parcel is written down already."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này đã đóng gói rồi."), code="packed")


class NotPackedError(ConflictError):
    """A parcel leaves only when it is written down what is in it."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này chưa đóng gói. Bạn đóng gói trước rồi hãy giao."), code="not_packed")


class CarrierMissingError(InvalidError):
    """Nobody was named who takes the parcel along."""

    def __init__(self) -> None:
        words = _("Bạn chọn bên giao, hoặc ghi tên người chở giúp nhé.")
        super().__init__(words, fields={"carrier": words}, code="carrier_missing")


class TwoCarriersError(InvalidError):
    """A carrier was chosen, and somebody else was named."""

    def __init__(self, chosen: str, named: str) -> None:
        words = _(
            "Bạn chọn %(chosen)s mà ghi tên %(named)s. Bạn chọn lại bên giao, hoặc xóa tên này đi.",
            chosen=chosen,
            named=named,
        )
        super().__init__(words, fields={"carrier": words}, code="two_carriers")


class CallerMissingError(InvalidError):
    """A bus has no number to look a parcel up by: the buyer calls."""

    def __init__(self) -> None:
        words = _("Gửi nhà xe hay người nhà chở thì bạn ghi số điện thoại để khách gọi nhé.")
        super().__init__(words, fields={"phone": words}, code="caller_missing")


class OddNumberError(InvalidError):
    """A number that does not look like one of this carrier's: asked about."""

    def __init__(self, number: str, carrier: str, example: str) -> None:
        words = _(
            "Mã %(number)s trông không giống mã của %(carrier)s, thường như %(example)s. Bạn xem lại giúp; đúng như phiếu gửi thì đánh dấu ô bên dưới.",
            number=number,
            carrier=carrier,
            example=example,
        )
        super().__init__(words, fields={"tracking_number": words}, code="odd_number")


class NotLeadError(ConflictError):
    """It goes in the parcel of another order of this code, which is sent first."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Đơn này đi chung gói với đơn %(code)s. Bạn giao đơn đó là đơn này đi luôn.", code=code),
            code="not_lead",
        )


class NotHarvestedError(ConflictError):
    """A parcel with goods of a coming harvest is packed only when they lie on the shelf."""

    def __init__(self) -> None:
        super().__init__(
            _("Có món đặt trước chưa về kho. Có mẻ mới là đóng gói được, ai đặt trước được trước."),
            code="not_harvested",
        )


class NotWeighedError(ConflictError):
    """A parcel with goods of the scale is packed only when each piece was weighed."""

    def __init__(self) -> None:
        super().__init__(_("Còn món chưa cân. Bạn cân từng con trước rồi hãy đóng gói."), code="not_weighed")


class ProofWrittenError(ConflictError):
    """Who took the parcel is written down already, and is not written over."""

    def __init__(self) -> None:
        super().__init__(_("Đơn này đã ghi người nhận và ảnh rồi."), code="proof_written")


class CashNotHereError(ConflictError):
    """Money that was taken on delivery is not here yet, so none can go back."""

    def __init__(self) -> None:
        super().__init__(
            _('Tiền thu hộ của đơn này chưa về. Khách không nhận thì bấm "Khách không nhận hàng".'),
            code="cash_not_here",
        )


class WeighedTwiceError(ConflictError):
    """Other weights are written down already, and the money went by them."""

    def __init__(self) -> None:
        super().__init__(
            _("Món này đã cân và đã tính tiền rồi. Cân sai thì bạn bấm Cân lại."), code="weighed"
        )


class OtherTurnError(ConflictError):
    """Somebody weighed it again since this page was opened."""

    def __init__(self) -> None:
        super().__init__(
            _("Có người vừa cân lại món này rồi. Bạn tải lại trang, xem số mới rồi hãy sửa."),
            code="other_turn",
        )


class GivenBackError(ConflictError):
    """The price of this line goes back whole, so there is nothing to settle by weight."""

    def __init__(self) -> None:
        super().__init__(
            _("Tiền món này trả lại hết cho khách rồi, không cần cân lại nữa."), code="given_back"
        )


class PaidOutError(ConflictError):
    """More has gone back to the buyer than the new weight would leave to them: they are not asked for it again."""

    def __init__(self, gone_minor: int) -> None:
        super().__init__(
            _(
                "Khách đã nhận lại %(amount)s theo lần cân trước nên không tính nặng hơn được nữa. Phần này nhà mình chịu.",
                amount=format_dong(gone_minor),
            ),
            code="paid_out",
        )


class PhotoMissingError(InvalidError):
    """Who weighs shows the scale."""

    def __init__(self) -> None:
        words = _("Bạn chụp mặt cân giúp nhé, để khách xem được.")
        super().__init__(words, fields={"photo": words}, code="photo_missing")


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


class NoGoodsChosenError(InvalidError):
    """Nothing of the parcel was chosen."""

    def __init__(self) -> None:
        words = _("Bạn chọn món không gửi được giúp nhé.")
        super().__init__(words, fields={"lines": words}, code="no_goods_chosen")


class PackedWholeError(InvalidError):
    """A packed parcel stays whole: which label lies on which pack of a lot, nobody wrote down."""

    def __init__(self) -> None:
        words = _("Đơn này đã đóng gói nên chỉ giữ lại cả đơn được. Bạn chọn hết các món, hoặc cứ gửi đi.")
        super().__init__(words, fields={"lines": words}, code="packed_whole")
