"""What mandates refuse, in words for the helper or the farmer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.errors import ForbiddenError, GoneError, InvalidError, NotFoundError
from app.core.i18n import Text, _

if TYPE_CHECKING:
    from datetime import date


class MandateNotFoundError(NotFoundError):
    """There is no such mandate, or it is between other people."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy giấy nhờ giúp này."))


class OwnHelperError(InvalidError):
    """Nobody needs a mandate from themselves."""

    def __init__(self) -> None:
        words = _("Đây là số của chính bạn. Bạn gõ số của người bạn giúp.")
        super().__init__(words, fields={"phone": words})


class NoFarmerError(InvalidError):
    """The number belongs to nobody who works for a producer."""

    def __init__(self) -> None:
        words = _("Số này chưa có trong hợp tác xã hay hộ nào ở chợ. Bạn ghi tên bác ấy vào chợ trước.")
        super().__init__(words, fields={"phone": words})


class WrongProducerError(InvalidError):
    """The farmer does not belong to that producer."""

    def __init__(self) -> None:
        words = _("Bạn chọn một cơ sở của bác ấy trong danh sách.")
        super().__init__(words, fields={"producer_id": words})


class NoScopeError(InvalidError):
    """A mandate for nothing."""

    def __init__(self) -> None:
        words = _("Bạn chọn ít nhất một việc.")
        super().__init__(words, fields={"scopes": words})


class EndError(InvalidError):
    """A mandate has an end, two years away at most."""

    def __init__(self) -> None:
        words = _("Giấy nhờ giúp dùng được nhiều nhất 2 năm. Bạn chọn lại hạn.")
        super().__init__(words, fields={"months": words})


class BadRecordingError(InvalidError):
    """What came is no recording that phones make."""

    def __init__(self, words: Text) -> None:
        super().__init__(words, fields={"recording": words})


class ProofMissingError(InvalidError):
    """Neither a photo of the paper nor a voice."""

    def __init__(self) -> None:
        words = _("Bạn chụp tờ giấy bác ấy đã ký, hoặc gửi tệp ghi âm lời bác ấy.")
        super().__init__(words, fields={"photo": words})


class HelpRefusedError(ForbiddenError):
    """A helper's act that no mandate covers; the words say why and what to do."""


def no_mandate() -> HelpRefusedError:
    """There never was one at that instant."""
    return HelpRefusedError(
        _("Lúc ghi việc này bạn chưa có giấy nhờ giúp của bác ấy. Bạn xin giấy rồi ghi lại."),
        code="no_mandate",
    )


def no_witness() -> HelpRefusedError:
    """A paper or a voice counts only from somebody who stands beside the farmer."""
    return HelpRefusedError(
        _(
            "Giấy ký hay ghi âm chỉ nhận từ người cùng hợp tác xã, hoặc người đã ghi tên bác ấy vào chợ. "
            "Bạn xin bằng mã gửi về điện thoại của bác ấy."
        ),
        code="no_witness",
    )


def revoked(on: date) -> HelpRefusedError:
    """Recorded after the farmer took the mandate back."""
    return HelpRefusedError(
        _(
            "Bác ấy đã thu lại giấy nhờ giúp ngày %(day)s. Bạn bấm Thôi giúp, hoặc xin bác ấy giấy mới.",
            day=on.strftime("%d/%m/%Y"),
        ),
        code="mandate_revoked",
    )


def ended(on: date) -> HelpRefusedError:
    """Recorded after the mandate's last day."""
    return HelpRefusedError(
        _(
            "Giấy nhờ giúp đã hết hạn ngày %(day)s. Bạn bấm Thôi giúp, hoặc xin bác ấy giấy mới.",
            day=on.strftime("%d/%m/%Y"),
        ),
        code="mandate_ended",
    )


def out_of_scope(farmer: str) -> HelpRefusedError:
    """The mandate does not name this work, and some work no mandate can name."""
    return HelpRefusedError(
        _(
            "Việc này %(farmer)s chưa nhờ bạn làm. Chuyện tiền, thành viên và giấy nhờ giúp thì chỉ chính chủ mới làm được.",
            farmer=farmer,
        ),
        code="out_of_scope",
    )


class LinkNotFoundError(NotFoundError):
    """No such link was ever made."""

    def __init__(self) -> None:
        super().__init__(_("Mã này không đúng. Bác nhờ người giúp mở lại trang mã cho bác quét."))


class LinkUsedError(GoneError):
    """The link logged a phone in already."""

    def __init__(self) -> None:
        super().__init__(
            _("Mã này đã dùng rồi. Nếu chưa vào được chợ, bác nhờ người giúp xem lại với bác."), code="used"
        )


class LinkExpiredError(GoneError):
    """The half hour is over."""

    def __init__(self) -> None:
        super().__init__(
            _("Mã này đã hết hạn. Mỗi mã dùng được 30 phút. Bác nhờ người giúp làm mã mới."), code="expired"
        )


class KnownPhoneError(InvalidError):
    """Somebody with this number is here already: knowing a number is no right to log in as its owner."""

    def __init__(self) -> None:
        words = _("Số này đã có ở chợ. Bác ấy đăng nhập bằng số của mình, rồi bạn xin giấy nhờ giúp.")
        super().__init__(words, fields={"phone": words})
