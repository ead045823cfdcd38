"""What a typed PIN hears: first, not the first, or wrong; and how often it may be tried."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.accounts.attempts import Limit
from app.core.clock import in_vietnam
from app.core.i18n import Text, _
from app.places.provinces import find_province
from traceability.labels.pins import Checked, Outcome
from traceability.resolver.service import Answer, Mood

if TYPE_CHECKING:
    from app.accounts.attempts import Taken
    from traceability.resolver.digital_link import Link

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LONG = timedelta(hours=2)
NO_PIN = Answer(
    Mood.BAD,
    _("Nhãn này không có mã cào trong sổ"),
    _("Bạn xem lại mã dưới ô vuông. Nếu trên gói có ô cào thật, có thể là nhãn giả."),
)
"""What somebody hears who types a PIN for a label that was never printed with one, or is void."""

SIX_DIGITS = Answer(
    Mood.WAIT,
    _("Mã cào có đúng 6 số"),
    _("Bạn gõ lại đủ 6 số dưới lớp cào. Lần này chưa tính là một lần thử."),
)


def limits_of(link: Link, visitor: str) -> list[Limit]:
    """How often a PIN may be tried: by one visitor, for one label, and by all together; the widest last.

    Of a million PINs ten a day: who knows a label's code needs a year for one chance in 270.
    """
    label = f"{link.gtin}/{link.serial}"
    return [
        Limit("label_pin_visitor", visitor, 30, _HOUR),
        Limit("label_pin", label, 5, _HOUR),
        Limit("label_pin", label, 10, _DAY),
        Limit("label_pin_all", "", 1_000, _HOUR),
    ]


def answer_check(checked: Checked, taken: Taken, now: datetime) -> Answer:
    """Say what became of a PIN."""
    if checked.outcome is Outcome.WRONG:
        return _answer_wrong(taken, now)
    assert checked.used_at is not None  # noqa: S101 - every right PIN has its first hour
    when = _say_when(checked.used_at, checked.province_code)
    if checked.outcome is Outcome.FIRST:
        return Answer(
            Mood.GOOD,
            _("Đúng mã cào, và bạn là người đầu tiên"),
            _("Từ nay ai gõ lại mã này cũng được báo là mã đã dùng %(when)s.", when=when),
        )
    return Answer(
        Mood.WAIT,
        _("Đúng mã cào, nhưng mã này đã có người dùng"),
        _(
            "Lần đầu: %(when)s. Nếu người đó không phải là bạn thì nhãn có thể bị chép lại, hãy hỏi nơi bán.",
            when=when,
        ),
    )


def answer_too_often(again_at: datetime, now: datetime) -> Answer:
    """Say that this was tried too often, and how long to wait."""
    return Answer(Mood.WAIT, _("Mã cào được gõ thử nhiều lần quá"), _say_wait(again_at, now))


def _answer_wrong(taken: Taken, now: datetime) -> Answer:
    words = _("Mã cào chưa đúng")
    if taken.again_at is None:
        return Answer(
            Mood.BAD, words, _("Bạn xem lại 6 số rồi gõ lại. Còn %(left)s lần thử.", left=taken.left)
        )
    return Answer(Mood.BAD, words, _("Đã hết lượt thử. %(wait)s", wait=_say_wait(taken.again_at, now)))


def _say_wait(again_at: datetime, now: datetime) -> Text:
    wait = again_at - now
    if wait > _LONG:
        return _("Bạn thử lại sau %(hours)s giờ nữa nhé.", hours=-(-wait // _HOUR))
    return _("Bạn thử lại sau %(minutes)s phút nữa nhé.", minutes=-(-wait // timedelta(minutes=1)))


def _say_when(used_at: datetime, province_code: str | None) -> Text:
    there = in_vietnam(used_at)
    province = find_province(province_code)
    if province is None:
        return _("lúc %(hour)s giờ ngày %(day)s", hour=there.hour, day=f"{there:%d/%m/%Y}")
    return _(
        "lúc %(hour)s giờ ngày %(day)s, ở %(province)s",
        hour=there.hour,
        day=f"{there:%d/%m/%Y}",
        province=province.name,
    )
