"""What visits refuse."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import BusyError, ConflictError, InvalidError, NotFoundError
from app.core.i18n import Text, _


class TourNotFoundError(NotFoundError):
    """There is no such tour, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy chuyến thăm này."))


class DepartureNotFoundError(NotFoundError):
    """There is no such departure, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy ngày đi này."))


class BookingNotFoundError(NotFoundError):
    """The link or id opens no booking."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lần đặt chỗ này. Bạn mở lại đúng đường dẫn vé nhé."))


class SightNotFoundError(NotFoundError):
    """There is no such plot, water or lot, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy nương, ao hay lô này."))


class FeedNotFoundError(NotFoundError):
    """The address opens no calendar: never given, shut, or of somebody who has left."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lịch này. Có thể đường dẫn đã đổi."))


class NotTicketedError(ConflictError):
    """Only a party that has its tickets follows its day in a calendar."""

    def __init__(self) -> None:
        super().__init__(_("Có vé rồi mới lấy được đường dẫn của lịch."))


class SoldOutError(ConflictError):
    """The whole party does not fit; `left` is how many heads still do."""

    def __init__(self, left: int) -> None:
        self.left = left
        words = (
            _("Chỉ còn %(left)s chỗ, không đủ cho cả nhóm.", left=left)
            if left
            else _("Ngày này vừa hết chỗ.")
        )
        super().__init__(words, fields={"departure_id": words}, code="sold_out")


class HouseFullError(SoldOutError):
    """A pond-house takes fewer visitors more that day than the party has; `left` is how many."""

    def __init__(self, site: str, left: int) -> None:
        self.left = left
        words = (
            _("%(site)s hôm đó chỉ nhận thêm %(left)s khách để giữ sạch cho cá.", site=site, left=left)
            if left
            else _("%(site)s hôm đó nhận đủ khách rồi, phải giữ sạch cho cá.", site=site)
        )
        ConflictError.__init__(self, words, fields={"departure_id": words}, code="sold_out")


class BatchNotFoundError(NotFoundError):
    """There is no such batch or paper ticket, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy tập vé giấy này."))


class BatchTicketError(ConflictError):
    """A paper ticket cannot do that any more; the words say which and why. `field` is where it was asked for."""

    def __init__(self, words: Text, *, field: str = "") -> None:
        super().__init__(words, fields={field: words} if field else {})


class ResourceNotFoundError(NotFoundError):
    """There is no such guide, car or boat, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy người dẫn hay xe này."))


class ResourceBusyError(ConflictError):
    """Somebody would be in two places at once; `busy` is (who or what, where they are then)."""

    def __init__(self, busy: Sequence[tuple[str, Text]]) -> None:
        words = _("Người dẫn hay xe của ngày này trùng giờ với chuyến khác.")
        for name, when in busy[:1]:
            words = _("%(name)s đã có chuyến %(when)s, trùng giờ với chuyến này.", name=name, when=when)
        super().__init__(words, fields={"resources": words})


class CarSeatsError(ConflictError):
    """More guests than the day's cars have seats for, while the host says that these limit."""

    def __init__(self, seats: int) -> None:
        words = _(
            "Xe của ngày này chỉ có %(seats)s chỗ. Muốn nhận thêm, bạn chọn thêm xe trước.", seats=seats
        )
        super().__init__(words, fields={"capacity": words})


class ExtraGoneError(ConflictError):
    """A date has fewer of an add-on left than the party wants; `left` is how many."""

    def __init__(self, name: str, left: int) -> None:
        self.left = left
        words = (
            _("%(name)s ngày này chỉ còn %(left)s. Bạn chọn ít hơn giúp nhé.", name=name, left=left)
            if left
            else _("%(name)s ngày này hết rồi. Bạn bỏ món này ra giúp nhé.", name=name)
        )
        super().__init__(words, fields={"extras": words}, code="extra_gone")


class NotChangeableError(ConflictError):
    """The party cannot take other add-ons now; the words say why."""


class NotBookableError(ConflictError):
    """The departure takes no bookings: closed, called off, or begun already."""

    def __init__(self) -> None:
        words = _("Ngày này không nhận khách nữa. Bạn chọn ngày khác nhé.")
        super().__init__(words, fields={"departure_id": words})


class TakenIdError(ConflictError):
    """The id belongs to a booking with another number, or to an operator's: an id is no key."""

    def __init__(self) -> None:
        super().__init__(_("Lần đặt này đã gửi rồi. Bạn mở lại trang và đặt lại nhé."))


class UsedFormError(ConflictError):
    """The form made a booking already, and now asks for something else."""

    def __init__(self) -> None:
        super().__init__(
            _("Trang này đã đặt một lần rồi. Bạn xem lần đặt đó, hoặc bấm đặt thêm một lần nữa."),
            code="used-form",
        )


class PartyError(InvalidError):
    """The party cannot be so: nobody, too many, or of two options at once."""

    def __init__(self, words: Text, *, field: str = "") -> None:
        super().__init__(words, fields={field: words} if field else {})


class NotCancellableError(ConflictError):
    """The booking cannot be given back any more; the words say why."""


class HoldOverError(ConflictError):
    """Nothing is held any more: the time is over, it is paid, or it was given back."""

    def __init__(self, *, is_paid: bool = False) -> None:
        paid, over = (
            _("Chỗ này đã trả tiền rồi, không cần giữ thêm."),
            _("Đã hết giờ giữ chỗ. Bạn đặt lại nhé."),
        )
        super().__init__(paid if is_paid else over, code="hold_over")


class HoldLimitError(ConflictError):
    """The hold is not made longer any more; the words say why."""

    def __init__(self, words: Text) -> None:
        super().__init__(words, code="hold_limit")


class NotMovableError(ConflictError):
    """The party cannot go on another day now; the words say why."""


class WaitingNotFoundError(NotFoundError):
    """The link opens no place on a waiting list."""

    def __init__(self) -> None:
        super().__init__(
            _("Không thấy tên bạn trong danh sách chờ. Bạn ghi tên lại ở trang chuyến thăm nhé.")
        )


class GroupNotFoundError(NotFoundError):
    """The link or id opens nothing that a group asked for."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lần hỏi giá này. Bạn mở lại đúng đường dẫn nhé."))


class GroupClosedError(ConflictError):
    """Nothing is offered to the group, or not any more; or it has taken its offer."""

    def __init__(self) -> None:
        super().__init__(_("Giá này không còn hiệu lực. Bạn mở lại trang để xem tình hình mới."))


class AlreadyWaitingError(ConflictError):
    """The number waits for this day already, or is offered its seats just now."""

    def __init__(self) -> None:
        words = _("Số này đang chờ ngày này rồi. Có chỗ, chúng tôi nhắn về số này.")
        super().__init__(words, fields={"contact_phone": words}, code="already_waiting")


class RoomError(ConflictError):
    """There is room for the whole party: it books, it need not wait."""

    def __init__(self) -> None:
        words = _("Ngày này còn đủ chỗ cho nhóm bạn, bạn đặt luôn được.")
        super().__init__(words, fields={"departure_id": words}, code="room")


class TransitionError(ConflictError):
    """The state does not allow this step."""

    def __init__(self) -> None:
        super().__init__(_("Bây giờ không làm được việc này nữa. Bạn mở lại trang để xem tình hình mới."))


class CapacityError(ConflictError):
    """Fewer seats than are taken already."""

    def __init__(self, taken: int) -> None:
        words = _("Đã có %(taken)s người đặt rồi, số chỗ phải từ %(taken)s trở lên.", taken=taken)
        super().__init__(words, fields={"capacity": words})


class HeldCapacityError(ConflictError):
    """Fewer seats than are taken and held for operators."""

    def __init__(self, taken: int, held: int) -> None:
        words = _(
            "Đã có %(taken)s người đặt, và đang giữ %(held)s chỗ cho công ty du lịch: số chỗ phải từ %(least)s trở lên.",
            taken=taken,
            held=held,
            least=taken + held,
        )
        super().__init__(words, fields={"capacity": words})


class AllotmentError(ConflictError):
    """More than the day has left cannot be held; `most` is how many can."""

    def __init__(self, most: int) -> None:
        words = _("Ngày này chỉ giữ được nhiều nhất %(most)s chỗ cho công ty này.", most=most)
        super().__init__(words, fields={"heads": words})


class AllotmentNotFoundError(NotFoundError):
    """There is no such promise, or it is another tour's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lần giữ chỗ này."))


class PlanError(InvalidError):
    """The dates cannot be so."""

    def __init__(self, field: str, words: Text) -> None:
        super().__init__(words, fields={field: words})


class NotReadyError(InvalidError):
    """The tour has nothing to sell yet."""

    def __init__(self) -> None:
        super().__init__(_("Chuyến này chưa có giá. Bạn ghi giá trước rồi hãy bày bán."))


class TypeFixedError(ConflictError):
    """The kind of time cannot change while dates stand."""

    def __init__(self) -> None:
        words = _("Chuyến này đã có ngày đi, không đổi kiểu giờ được nữa.")
        super().__init__(words, fields={"availability_type": words})


class VisitorsHereError(ConflictError):
    """A departure whose visitors have come cannot be called off."""

    def __init__(self) -> None:
        super().__init__(_("Đã có khách vào cổng, không báo nghỉ ngày này được nữa."))


class MovingError(BusyError):
    """Bookings came in faster than they could be called off."""

    def __init__(self) -> None:
        super().__init__(_("Đang có khách đặt vào ngày này. Bạn bấm lại sau vài giây."))


class UnknownTicketError(NotFoundError):
    """No ticket of this producer bears the code."""


class CheckInRefusedError(ConflictError):
    """This ticket does not open the gate now; the words say why."""


class SeasonStandsError(ConflictError):
    """A season like this one makes days already."""

    def __init__(self) -> None:
        super().__init__(
            _("Đã có một lịch cả mùa trùng thứ và trùng giờ trong khoảng này. Bạn sửa lịch đó nhé.")
        )


class SeasonNotFoundError(NotFoundError):
    """There is no such season, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lịch cả mùa này."))


class GuestsStayError(ConflictError):
    """The hours of a day for which somebody has booked do not change."""

    def __init__(self, taken: int) -> None:
        words = _(
            "Đã có %(taken)s người đặt rồi, giờ của ngày này không đổi được. Bạn gọi cho khách, hoặc báo nghỉ ngày này.",
            taken=taken,
        )
        super().__init__(words, fields={"starts": words})


class BlackoutError(ConflictError):
    """Nobody new is received on this day."""

    def __init__(self) -> None:
        super().__init__(_("Ngày này nhà mình đã ghi là nghỉ. Muốn nhận khách, bạn bỏ ngày nghỉ trước."))


class ChosenError(ConflictError):
    """The guests have chosen already what they want instead of the day that was called off."""

    def __init__(self) -> None:
        super().__init__(_("Bạn đã chọn rồi, hoặc đã hết hạn chọn. Bạn xem lại trang vé nhé."))
