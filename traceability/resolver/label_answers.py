"""What is said of one label, or of a lot that is not in the books: honestly, and never that a thing is genuine.

Paper can be copied. So an answer says what we know: whether we printed the label, and who looked at it before, when and
in which province.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import Text, _
from app.places import provinces
from traceability.labels import service as labels
from traceability.labels.models import SerialState
from traceability.labels.press import message_of
from traceability.lots.models import Lot
from traceability.resolver.digital_link import Link
from traceability.resolver.service import Answer, Mood
from traceability.scans import service as scans
from traceability.scans.history import History, Looks
from traceability.scans.own import cut_to_hour

if TYPE_CHECKING:
    from app.core.signing import Signer
    from traceability.scans.service import ScanBuffer


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

    `own_hour` is the hour in which this same browser looked before: that look is its own and is not held against it.
    """

    now: datetime
    device_class: str
    province_code: str | None
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


WRONG_SIGNATURE = Checked(
    Answer(
        Mood.BAD,
        _("Chữ ký trên nhãn không đúng"),
        _("Mã này đã bị sửa, hoặc không phải do chợ in. Bạn đừng tin chữ trên gói, hãy hỏi lại nơi bán."),
    ),
    is_issued=False,
)
"""What a label hears whose signature is not ours, whatever else is right."""


async def check_label(
    session: AsyncSession, *, link: Link, lot: Lot | None, buffer: ScanBuffer, visit: Visit
) -> Checked:
    """Say what is known of one label, or of a lot that is not in the books."""
    if link.serial is None:
        return _check_lot(link, lot)
    serial = await labels.find_serial(session, gtin=link.gtin, serial=link.serial)
    if serial is None or lot is None or serial.lot_id != lot.id:
        answer = Answer(
            Mood.BAD,
            _("Nhãn này chưa từng được in ra"),
            _("Mã %(serial)s không có trong sổ nhãn của lô. Có thể là nhãn giả.", serial=link.serial),
        )
        return Checked(answer, is_issued=False)
    if serial.state is SerialState.VOID:
        answer = Answer(
            Mood.BAD,
            _("Nhãn này đã bị hủy"),
            _("Nhãn in hỏng và đã được gạch khỏi sổ, lẽ ra không còn trên gói hàng nào."),
        )
        return Checked(answer, is_issued=True)
    before = await _read_before(session, link.gtin, link.serial, buffer, visit)
    return Checked(_say_before(before), is_issued=True)


def _check_lot(link: Link, lot: Lot | None) -> Checked:
    if link.lot_code is None or lot is not None:
        return Checked(None, is_issued=True)
    answer = Answer(
        Mood.BAD,
        _("Số lô này không có trong sổ"),
        _("Chúng tôi chưa từng in nhãn có số lô %(lot)s cho sản phẩm này.", lot=link.lot_code),
    )
    return Checked(answer, is_issued=False)


async def _read_before(
    session: AsyncSession, gtin: str, serial: str, buffer: ScanBuffer, visit: Visit
) -> History:
    """The looks before this one, written or not."""
    history = await scans.read_history(session, gtin=gtin, serial=serial, now=visit.now)
    history = history.with_looks(buffer.list_waiting(gtin=gtin, serial=serial))
    return history.without(visit.own) if visit.own else history


def _say_before(before: History) -> Answer:
    first, latest = before.first, before.latest
    if first is None or latest is None:
        return Answer(Mood.GOOD, _("Nhãn này đã được in cho lô này"), _("Bạn là người quét đầu tiên."))
    count = _("hơn %(count)s", count=before.count) if before.is_cut else before.count
    lines = [_("Lần đầu: %(when)s.", when=say_when(first))]
    if latest.hour_at != first.hour_at or latest.province_code != first.province_code:
        lines.append(_("Lần gần đây nhất: %(when)s.", when=say_when(latest)))
    lines.append(_("Nếu bạn vừa mua và tự bóc gói mà thấy lạ, hãy hỏi lại nơi bán."))
    return Answer(
        Mood.WAIT,
        _("Nhãn này đã được in, và đã có người quét"),
        _("Trước bạn, nhãn đã được quét %(count)s lần.", count=count),
        tuple(lines),
    )


def say_when(look: Looks) -> Text:
    """The day of a look and its province: "ngày 12/11/2026, ở Thái Nguyên"."""
    day = f"{today(look.hour_at):%d/%m/%Y}"
    province = provinces.find_province(look.province_code)
    if province is None:
        return _("ngày %(day)s, không rõ ở đâu", day=day)
    return _("ngày %(day)s, ở %(province)s", day=day, province=province.name)


def look_of(visit: Visit) -> Looks:
    """The look that is happening now."""
    return Looks(cut_to_hour(visit.now), visit.device_class, visit.province_code)
