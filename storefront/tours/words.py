"""How visits are said: days, seats, units and states."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from app.core.clock import in_vietnam
from app.core.i18n import WEEKDAYS, Text, _
from storefront.tours.batch_models import TicketState
from storefront.tours.group_models import GroupState
from storefront.tours.models import (
    AvailabilityType,
    BalanceRule,
    BookingState,
    CallOffReason,
    Departure,
    DepartureState,
    SeasonPrice,
    SeasonRule,
    Tour,
    TourUnit,
    UnitType,
)
from storefront.tours.states import decide_at, is_unsure
from storefront.tours.terms import Step, Steps

BOOKING_WORDS: dict[BookingState, tuple[Text, str]] = {
    BookingState.ON_HOLD: (_("Đang giữ chỗ, chờ chuyển tiền"), "wait"),
    BookingState.PENDING: (_("Chờ nhà vườn nhận"), "wait"),
    BookingState.CONFIRMED: (_("Đã có vé"), "good"),
    BookingState.REDEEMED: (_("Đã vào cổng"), "good"),
    BookingState.CANCELLED: (_("Đã hủy"), "bad"),
    BookingState.EXPIRED: (_("Hết giờ giữ chỗ"), "bad"),
    BookingState.REJECTED: (_("Nhà vườn không nhận"), "bad"),
}
DEPARTURE_WORDS: dict[DepartureState, tuple[Text, str]] = {
    DepartureState.PROVISIONAL: (_("Chưa chốt ngày"), "wait"),
    DepartureState.OPEN: (_("Đang nhận khách"), "good"),
    DepartureState.GO: (_("Chắc chắn đi"), "good"),
    DepartureState.CANCELLED: (_("Đã báo nghỉ"), "bad"),
    DepartureState.CLOSED: (_("Ngừng nhận khách"), "plain"),
}
GROUP_WORDS: dict[GroupState, tuple[Text, str]] = {
    GroupState.ASKED: (_("Chờ báo giá"), "wait"),
    GroupState.OFFERED: (_("Đã báo giá"), "plain"),
    GroupState.ACCEPTED: (_("Đoàn đã nhận giá"), "good"),
    GroupState.DECLINED: (_("Không đón"), "bad"),
    GroupState.WITHDRAWN: (_("Đoàn thôi hỏi"), "bad"),
}
REASON_WORDS: dict[CallOffReason, Text] = {
    CallOffReason.WEATHER: _("mưa bão, trời xấu"),
    CallOffReason.ROAD: _("đường hỏng, không vào được"),
    CallOffReason.FARM: _("vườn, trại đang bận việc"),
    CallOffReason.TOO_FEW: _("chưa đủ khách để đi"),
    CallOffReason.OTHER: _("có việc đột xuất"),
}
_MINUTES = 60


PAPER_WORDS = {
    TicketState.OUT: (_("Ở điểm bán"), "wait"),
    TicketState.SOLD: (_("Đã bán"), "good"),
    TicketState.BACK: (_("Đã bỏ"), "plain"),
}


def say_days(first: date, last: date) -> Text:
    """Say between which days paper tickets for any day are good."""
    return _("Ngày nào cũng được, từ %(first)s đến hết %(last)s", first=say_date(first), last=say_date(last))


def say_date(day: date) -> Text:
    """Say a day: "thứ Bảy 14/11/2026"; the same words on whatever day they are read."""
    return _(
        "%(weekday)s %(date)s", weekday=WEEKDAYS[day.weekday()], date=f"{day.day}/{day.month}/{day.year}"
    )


def say_day_of_month(day: date) -> Text:
    """Say a day of a month that is named above it: "thứ Bảy 14/11"."""
    return _("%(weekday)s %(date)s", weekday=WEEKDAYS[day.weekday()], date=f"{day.day}/{day.month}")


def say_day(departure: Departure) -> Text:
    """Say the day of a departure."""
    return say_date(departure.local_on)


def say_hours(tour: Tour, departure: Departure) -> Text:
    """Say the time on Vietnam's clock: the start, or from when to when the gate is open."""
    starts, ends = in_vietnam(departure.starts_at), in_vietnam(departure.ends_at)
    if tour.availability_type is AvailabilityType.OPENING_HOURS:
        return _("cả ngày, mở cổng %(starts)s đến %(ends)s", starts=f"{starts:%H:%M}", ends=f"{ends:%H:%M}")
    return _("lúc %(starts)s", starts=f"{starts:%H:%M}")


def say_when(tour: Tour, departure: Departure) -> Text:
    """Say day and time together."""
    return _("%(day)s, %(hours)s", day=say_day(departure), hours=say_hours(tour, departure))


def say_instant(instant: datetime) -> Text:
    """Say an instant on Vietnam's clock: "10:45 ngày 14/11"; the same words whenever they are read.

    Midnight is the end of the day before, as people say deadlines: "24:00 ngày 13/11".
    """
    there = in_vietnam(instant)
    if there.time() == time():
        eve = there - timedelta(days=1)
        return _("%(time)s ngày %(date)s", time="24:00", date=f"{eve.day}/{eve.month}")
    return _("%(time)s ngày %(date)s", time=f"{there:%H:%M}", date=f"{there.day}/{there.month}")


def say_least(tour: Tour, departure: Departure) -> Text | None:
    """Say how many guests a day needs and when it is decided; None when it goes in any case, or was decided."""
    if not is_unsure(tour, departure):
        return None
    return _(
        "đủ %(least)s người mới đi, chốt lúc %(by)s",
        least=tour.minimum_heads,
        by=say_instant(decide_at(tour, departure)),
    )


def say_left(left: int) -> Text:
    """Say how many heads still fit."""
    return _("còn %(left)s chỗ", left=left) if left else _("hết chỗ")


def say_duration(minutes: int) -> Text:
    """Say how long a visit takes."""
    hours, rest = divmod(minutes, _MINUTES)
    if not hours:
        return _("%(rest)s phút", rest=rest)
    return (
        _("%(hours)s giờ %(rest)s phút", hours=hours, rest=rest) if rest else _("%(hours)s giờ", hours=hours)
    )


def say_unit(unit: TourUnit) -> Text:
    """Name a price type."""
    if unit.kind is UnitType.FAMILY:
        return _("Gia đình %(heads)s người", heads=unit.pax_count)
    return _("Người lớn") if unit.kind is UnitType.ADULT else _("Trẻ em")


def say_decision(hours: int) -> Text:
    """Say how long before the start it is decided whether a day goes."""
    days, rest = divmod(hours, 24)
    return _("trước %(hours)s giờ", hours=hours) if rest else _("trước %(days)s ngày", days=days)


def say_needs(tour: Tour) -> Text | None:
    """Say how many guests every day of a tour needs; None when it goes in any case."""
    if not tour.minimum_heads:
        return None
    return _(
        "Đủ %(least)s người mới đi, chốt %(before)s.",
        least=tour.minimum_heads,
        before=say_decision(tour.decide_hours),
    )


def say_free(steps: Steps, tour: Tour, departure: Departure) -> Text:
    """Say until when a party of a day may cancel, and what comes back."""
    if is_unsure(tour, departure):
        return _("Hủy không mất tiền cho đến khi nhà vườn báo chắc chắn đi.")
    return say_steps(steps)


def say_steps(steps: Steps) -> Text:
    """Say what comes back to who cancels when: the first step gives everything, each further one less."""
    said = say_cutoff(steps[0].hours)
    for step in steps[1:]:
        said = _("%(first)s %(then)s", first=said, then=_say_step(step))
    if len(steps) > 1 and steps[-1].percent:
        return _("%(first)s %(then)s", first=said, then=_("Sau đó không hủy được nữa."))
    return said


def _say_step(step: Step) -> Text:
    if not step.percent:
        if not step.hours:
            return _("Sau đó hủy thì không lấy lại được tiền.")
        return _("Sau đó, đến %(when)s, hủy thì không lấy lại được tiền.", when=say_before(step.hours))
    return _(
        "Sau đó, đến %(when)s: lấy lại %(percent)s.", when=say_before(step.hours), percent=f"{step.percent}%"
    )


def say_before(hours: int) -> Text:
    """Say how long before the start."""
    if not hours:
        return _("giờ đi")
    days, rest = divmod(hours, 24)
    return (
        _("trước giờ đi %(hours)s giờ", hours=hours) if rest else _("trước giờ đi %(days)s ngày", days=days)
    )


def say_cutoff(hours: int) -> Text:
    """Say until when a visitor may cancel and get everything back."""
    if hours == 0:
        return _("Hủy không mất tiền cho đến giờ đi.")
    days, rest = divmod(hours, 24)
    if rest == 0:
        return _("Hủy trước giờ đi ít nhất %(days)s ngày thì không mất tiền.", days=days)
    return _("Hủy trước giờ đi ít nhất %(hours)s giờ thì không mất tiền.", hours=hours)


def say_deposit(tour: Tour) -> Text | None:
    """Say what is paid at booking and what later; None when all of it is paid at once."""
    if not tour.deposit_percent:
        return None
    percent = f"{tour.deposit_percent}%"
    if tour.balance_rule is BalanceRule.GATE:
        return _(
            "Đặt cọc %(percent)s, phần còn lại trả tiền mặt khi đến hoặc chuyển khoản trước.", percent=percent
        )
    return _(
        "Đặt cọc %(percent)s, phần còn lại chuyển khoản %(when)s. Đặt sát ngày thì trả đủ.",
        percent=percent,
        when=say_before(tour.balance_hours),
    )


def say_rest(rule: BalanceRule, due_at: datetime) -> Text:
    """Say until when the rest is paid, and how."""
    if rule is BalanceRule.GATE:
        return _("trả tiền mặt khi đến, hoặc chuyển khoản trước")
    return _("chuyển khoản trước %(due)s, quá hạn thì chỗ bị hủy theo hạn hủy", due=say_instant(due_at))


def say_rest_over(due_at: datetime, *, is_settled: bool) -> Text:
    """Say that the time for the rest is over."""
    if is_settled:
        return _("chuyến đã qua, không phải trả nữa")
    return _("đã hết hạn chuyển khoản từ %(due)s", due=say_instant(due_at))


def say_until(tour: Tour) -> Text | None:
    """Say until when one may book; None when it is until the start, as everybody expects."""
    eve = f"{tour.booking_until:%H:%M}" if tour.booking_until else ""
    hours = tour.booking_lead_hours
    if hours and eve:
        return _("Đặt trước ít nhất %(hours)s giờ, chậm nhất %(eve)s hôm trước.", hours=hours, eve=eve)
    if eve:
        return _("Đặt chậm nhất %(eve)s hôm trước.", eve=eve)
    return _("Đặt trước ít nhất %(hours)s giờ.", hours=hours) if hours else None


def say_called_off(departure: Departure) -> Text:
    """Say to guests why they cannot come, with what the host added."""
    why = REASON_WORDS[departure.cancel_reason or CallOffReason.OTHER]
    if departure.cancel_note:
        return _("Nhà vườn báo nghỉ chuyến này vì %(why)s: %(note)s.", why=why, note=departure.cancel_note)
    return _("Nhà vườn báo nghỉ chuyến này vì %(why)s.", why=why)


def say_price_days(price: SeasonPrice) -> Text:
    """Say on which days a price list holds."""
    first, last = (f"{day.day}/{day.month}/{day.year}" for day in (price.from_on, price.until_on))
    if not price.weekdays:
        return _("từ %(first)s đến %(last)s", first=first, last=last)
    days: Text = WEEKDAYS[min(price.weekdays)]
    for number in sorted(price.weekdays)[1:]:
        days = _("%(days)s, %(day)s", days=days, day=WEEKDAYS[number])
    return _("%(days)s, từ %(first)s đến %(last)s", days=days, first=first, last=last)


def say_lead(hours: int) -> Text:
    """Say how long before the start one must have booked."""
    if hours == 0:
        return _("Đặt đến tận giờ đi")
    days, rest = divmod(hours, 24)
    if rest == 0:
        return _("Trước giờ đi %(days)s ngày", days=days)
    return _("Trước giờ đi %(hours)s giờ", hours=hours)


def say_season(tour: Tour, rule: SeasonRule) -> Text:
    """Say from when until when a season goes, and at which hours."""
    hours = ", ".join(rule.starts)
    first, last = (f"{day.day}/{day.month}/{day.year}" for day in (rule.from_on, rule.until_on))
    if tour.availability_type is AvailabilityType.OPENING_HOURS and rule.closes:
        return _(
            "từ %(first)s đến %(last)s, mở cổng %(hours)s đến %(closes)s",
            first=first,
            last=last,
            hours=hours,
            closes=f"{rule.closes:%H:%M}",
        )
    return _("từ %(first)s đến %(last)s, lúc %(hours)s", first=first, last=last, hours=hours)
