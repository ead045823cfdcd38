"""How stays are said: beds, nights, hours and states."""

from __future__ import annotations

from datetime import date, datetime

from app.core.clock import in_vietnam
from app.core.i18n import WEEKDAYS, Text, _
from storefront.stays.models import (
    OffReason,
    PlaceKind,
    SleepingPlace,
    Stay,
    StayBooking,
    StayState,
)

STATE_WORDS: dict[StayState, tuple[Text, str]] = {
    StayState.ON_HOLD: (_("Đang giữ chỗ ngủ, chờ chuyển tiền"), "wait"),
    StayState.CONFIRMED: (_("Đã có chỗ ngủ"), "good"),
    StayState.HERE: (_("Đã nhận chỗ"), "good"),
    StayState.LEFT: (_("Đã về"), "plain"),
    StayState.CANCELLED: (_("Đã hủy"), "bad"),
    StayState.EXPIRED: (_("Hết giờ giữ chỗ"), "bad"),
}
OFF_WORDS: dict[OffReason, Text] = {
    OffReason.WEATHER: _("mưa bão, trời xấu"),
    OffReason.ROAD: _("đường hỏng, không vào được"),
    OffReason.HOUSE: _("nhà có việc"),
    OffReason.OTHER: _("có việc đột xuất"),
}


_SHORT = (_("T2"), _("T3"), _("T4"), _("T5"), _("T6"), _("T7"), _("CN"))


def say_date(day: date) -> Text:
    """Say a day: "thứ Bảy 14/11/2026"; the same words on whatever day they are read."""
    return _(
        "%(weekday)s %(date)s", weekday=WEEKDAYS[day.weekday()], date=f"{day.day}/{day.month}/{day.year}"
    )


def say_night(day: date) -> Text:
    """Say a night in a narrow table: "T7 14/11"."""
    return _("%(weekday)s %(date)s", weekday=_SHORT[day.weekday()], date=f"{day.day}/{day.month}")


def say_nights(booking: StayBooking) -> Text:
    """Say how many nights a booking is."""
    return _("%(nights)s đêm", nights=(booking.leaves_on - booking.arrives_on).days)


def say_span(booking: StayBooking) -> Text:
    """Say from when until when: "2 đêm, từ thứ Bảy 14/11 đến thứ Hai 16/11"."""
    return _(
        "%(nights)s, từ %(arrives)s đến %(leaves)s",
        nights=say_nights(booking),
        arrives=say_date(booking.arrives_on),
        leaves=say_date(booking.leaves_on),
    )


def say_what(place: SleepingPlace, units: int) -> Text:
    """Say what was booked: "2 chỗ ngủ, Nhà sàn", "1 phòng, Buồng nhỏ"."""
    if place.kind is PlaceKind.ROOM:
        return _("%(units)s phòng (%(name)s)", units=units, name=place.name)
    return _("%(units)s chỗ ngủ (%(name)s)", units=units, name=place.name)


def say_unit(place: SleepingPlace) -> Text:
    """Say what one of a place is, and for how many."""
    if place.kind is PlaceKind.ROOM:
        return _("Phòng riêng %(heads)s người", heads=place.heads_each)
    if place.heads_each > 1:
        return _("Đệm chung sàn, mỗi đệm %(heads)s người", heads=place.heads_each)
    return _("Chỗ ngủ chung sàn")


def say_free(place: SleepingPlace, free: int) -> Text:
    """Say how many are free in a night, in a narrow table."""
    if free <= 0:
        return _("hết")
    if place.kind is PlaceKind.ROOM:
        return _("%(free)s phòng", free=free)
    return _("%(free)s chỗ", free=free)


def say_hours(stay: Stay) -> Text:
    """Say when one may come and must go."""
    return _(
        "Nhận chỗ từ %(check_in)s, trả chỗ trước %(check_out)s",
        check_in=f"{stay.check_in:%H:%M}",
        check_out=f"{stay.check_out:%H:%M}",
    )


def say_cutoff(hours: int) -> Text:
    """Say until when a guest may cancel and get everything back."""
    if hours == 0:
        return _("Hủy không mất tiền cho đến giờ nhận chỗ.")
    days, rest = divmod(hours, 24)
    if rest == 0:
        return _("Hủy trước giờ nhận chỗ ít nhất %(days)s ngày thì không mất tiền.", days=days)
    return _("Hủy trước giờ nhận chỗ ít nhất %(hours)s giờ thì không mất tiền.", hours=hours)


def say_instant(instant: datetime) -> Text:
    """Say an instant on Vietnam's clock: "10:45 ngày 14/11"; the same words whenever they are read."""
    there = in_vietnam(instant)
    return _("%(time)s ngày %(date)s", time=f"{there:%H:%M}", date=f"{there.day}/{there.month}")


def say_off(booking: StayBooking) -> Text | None:
    """Say why the host could not receive them; None where it did not say no."""
    if booking.off_reason is None:
        return None
    why = OFF_WORDS[booking.off_reason]
    if booking.off_note:
        return _("Chủ nhà không đón được vì %(why)s: %(note)s.", why=why, note=booking.off_note)
    return _("Chủ nhà không đón được vì %(why)s.", why=why)
