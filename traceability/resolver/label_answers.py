"""What is said of one label, or of a lot that is not in the books: honestly, and never that a thing is genuine.

Paper can be copied. So an answer says what we know: whether we printed the label, and who looked at it before, when and
in which province.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.clock import today
from app.core.i18n import Text, _
from app.places import provinces
from traceability.labels.models import SerialState
from traceability.labels.press import message_of
from traceability.lots.models import Lot
from traceability.resolver.digital_link import Link
from traceability.resolver.service import Answer, Mood
from traceability.scans import service as scans
from traceability.scans.history import ROBOT, History, KnownLabel, Looks, Scanned
from traceability.scans.judging import Verdict
from traceability.scans.own import cut_to_hour
from traceability.scans.reasons import say
from traceability.scans.service import Finding

if TYPE_CHECKING:
    from app.core.signing import Signer


@dataclass(frozen=True)
class Signature:
    """What stood in a label's address as its signature, and the key that would have made it."""

    said: str
    signer: Signer

    def is_good(self, link: Link, lot: Lot | None) -> bool:
        """Whether our key signed exactly this label; a link that leaves the lot out means the label's own."""
        lot_code = link.lot_code or (lot.code if lot else None)
        if lot_code is None or link.serial is None:
            return False
        message = message_of(gtin=link.gtin, lot_code=lot_code, serial=link.serial)
        return self.signer.has_signed(message, self.said)


@dataclass(frozen=True)
class Visit:
    """Who looks, as far as we know: the instant, the kind of device, the province if known.

    `is_located`: the operator's proxy named the province, not the visitor.
    `own_hour` is the hour in which this same browser looked before: that look is its own and is not held against it.
    """

    now: datetime
    device_class: str
    province_code: str | None
    is_located: bool
    own_hour: datetime | None

    @property
    def own(self) -> Looks | None:
        """The look that this browser left before."""
        return Looks(self.own_hour, self.device_class, self.province_code) if self.own_hour else None


@dataclass(frozen=True)
class Checked:
    """What is said of a label (None: nothing was asked), and whether its code is one that we issued."""

    answer: Answer | None
    is_issued: bool
    finding: Finding | None = None
    """That the label became suspicious, to be remembered."""
    has_pin: bool = False
    """There is a PIN under its scratch field."""


WRONG_SIGNATURE = Checked(
    Answer(
        Mood.BAD,
        _("Chữ ký trên nhãn không đúng"),
        _("Mã này đã bị sửa, hoặc không phải do chợ in. Bạn đừng tin chữ trên gói, hãy hỏi lại nơi bán."),
    ),
    is_issued=False,
)
"""What a label hears whose signature is not ours, whatever else is right."""


def check_label(link: Link, lot: Lot | None, found: Scanned | None, visit: Visit) -> Checked:
    """Say what is known of one label, or of a lot that is not in the books; `found` is None for links of no label."""
    if link.serial is None or found is None:
        return _check_lot(link, lot)
    label = found.label
    if label is None or lot is None or label.lot_id != lot.id:
        answer = Answer(
            Mood.BAD,
            _("Nhãn này chưa từng được in ra"),
            _("Mã %(serial)s không có trong sổ nhãn của lô. Có thể là nhãn giả.", serial=link.serial),
        )
        return Checked(answer, is_issued=False)
    return judge_printed(label, found.history, producer_id=lot.producer_id, visit=visit)


def judge_printed(label: KnownLabel, history: History, *, producer_id: UUID, visit: Visit) -> Checked:
    """Say what is known of a label that we printed for this very lot; `history` are all looks but the one that happens."""
    before = history.without(visit.own) if visit.own else history
    is_counted = visit.own is not None or visit.device_class == ROBOT
    verdict = scans.judge_label(history if is_counted else history.with_looks([look_of(visit)]), label)
    finding = Finding(label.id, producer_id, verdict, visit.now) if verdict.is_suspicious else None
    if label.state is SerialState.VOID:
        answer = Answer(
            Mood.BAD,
            _("Nhãn này đã bị hủy"),
            _("Nhãn in hỏng và đã được gạch khỏi sổ, lẽ ra không còn trên gói hàng nào."),
        )
        return Checked(answer, is_issued=True, finding=finding)
    answer = _say_doubts(verdict, before) if verdict.is_suspicious else _say_before(before)
    return Checked(answer, is_issued=True, finding=finding, has_pin=label.has_pin)


def _check_lot(link: Link, lot: Lot | None) -> Checked:
    if link.lot_code is None or lot is not None:
        return Checked(None, is_issued=True)
    answer = Answer(
        Mood.BAD,
        _("Số lô này không có trong sổ"),
        _("Chúng tôi chưa từng in nhãn có số lô %(lot)s cho sản phẩm này.", lot=link.lot_code),
    )
    return Checked(answer, is_issued=False)


def _say_before(before: History) -> Answer:
    """The first look, or who looked before; neither says that a thing is genuine."""
    if before.first is None:
        return Answer(Mood.GOOD, _("Nhãn này đã được in cho lô này"), _("Bạn là người quét đầu tiên."))
    advice = _("Nếu bạn vừa mua và tự bóc gói mà thấy lạ, hãy hỏi lại nơi bán.")
    return Answer(
        Mood.WAIT, _("Nhãn này đã được in, và đã có người quét"), _count(before), (*_when(before), advice)
    )


def _say_doubts(verdict: Verdict, before: History) -> Answer:
    """Why a label is suspicious, each reason by itself, and what is known of the looks before."""
    return Answer(
        Mood.BAD,
        _("Nhãn này có dấu hiệu đáng ngờ"),
        _(
            "Nhãn giấy có thể bị chép lại. Mức nghi ngờ là %(score)s trên 100. Bạn hỏi lại nơi bán trước khi dùng.",
            score=verdict.score,
        ),
        (
            *(say(reason) for reason in verdict.reasons),
            *([_count(before)] if before.first else []),
            *_when(before),
        ),
    )


def _count(before: History) -> Text:
    count = _("hơn %(count)s", count=before.count) if before.is_cut else before.count
    return _("Trước bạn, nhãn đã được quét %(count)s lần.", count=count)


def _when(before: History) -> list[Text]:
    first, latest = before.first, before.latest
    if first is None or latest is None:
        return []
    lines = [_("Lần đầu: %(when)s.", when=say_when(first))]
    if latest.hour_at != first.hour_at or latest.province_code != first.province_code:
        lines.append(_("Lần gần đây nhất: %(when)s.", when=say_when(latest)))
    return lines


def say_when(look: Looks) -> Text:
    """The day of a look and its province: "ngày 12/11/2026, ở Thái Nguyên"."""
    day = f"{today(look.hour_at):%d/%m/%Y}"
    province = provinces.find_province(look.province_code)
    if province is None:
        return _("ngày %(day)s, không rõ ở đâu", day=day)
    return _("ngày %(day)s, ở %(province)s", day=day, province=province.name)


def look_of(visit: Visit) -> Looks:
    """The look that is happening now."""
    return Looks(cut_to_hour(visit.now), visit.device_class, visit.province_code, 1, visit.is_located)
