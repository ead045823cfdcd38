"""A settlement on paper, as it is handed to the household: every slip, what was set off, what was paid (BM9)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.core import typeset
from app.core.clock import in_vietnam
from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.phone import format_phone
from app.core.quantity import format_grams
from producers.cooperatives.models import Producer
from producers.intake.models import Grade, IntakeSlip
from producers.intake.words import GRADE_WORDS
from storefront.ledger.periods import Period, say_period
from storefront.payments import banks
from storefront.settlements import words
from storefront.settlements.models import Advance, SetOff, Settlement, SettlementLine

Speak = Callable[[Text], str]
_TEMPLATE = Path(__file__).parent / "settlement.typ"
HEADS = (_("Ngày cân"), _("Loại"), _("Cân nặng"), _("Giá một kg"), _("Thành tiền"))


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A settlement with all that its household wants to hold against it.

    `prices` is what a kilo of each grade cost on those days, `advances_left_minor` what is still to be set off (đồng).
    """

    producer: Producer
    household_name: str
    settlement: Settlement
    lines: Sequence[tuple[SettlementLine, IntakeSlip]]
    set_offs: Sequence[tuple[SetOff, Advance]]
    prices: Mapping[Grade, Sequence[tuple[date, int]]]
    advances_left_minor: int
    printed_at: datetime


async def make_pdf(paper: Paper, speak: Speak, lang: str) -> bytes:
    """Set the pages: told in a thread, set in a process of its own."""
    return await typeset.set_pdf(_TEMPLATE, await asyncio.to_thread(_tell, paper, speak, lang))


def _tell(paper: Paper, speak: Speak, lang: str) -> dict[str, Any]:
    settlement, printed = paper.settlement, in_vietnam(paper.printed_at)
    sums = words.tell_sums(paper.lines)
    if paper.set_offs:
        sums.append((_("Cộng"), settlement.goods_minor))
    sums += words.tell_set_offs(paper.set_offs)
    return {
        "lang": lang,
        "title": speak(_("Bảng kê tiền cân")),
        "producer": f"{paper.producer.name}, {format_phone(paper.producer.phone)}",
        "household": [speak(_("Nhà")), paper.household_name],
        "code": [speak(_("Mã")), settlement.code],
        "period": speak(say_period(Period(since=settlement.since, until=settlement.until))),
        "slips_title": speak(_("Từng phiếu cân")),
        "heads": [speak(head) for head in HEADS],
        "rows": [_tell_slip(line, slip, speak) for line, slip in paper.lines],
        "prices_title": speak(_("Giá hợp tác xã mua những ngày này")),
        "prices": _tell_prices(paper, speak),
        "sums_title": speak(_("Tính tiền")),
        "sums": [[speak(said), format_dong(amount)] for said, amount in sums],
        "due": [speak(_("Còn nhận")), format_dong(settlement.due_minor)],
        "paid": [speak(said) for said in _say_paid(settlement)],
        "left": speak(
            _(
                "Ứng trước còn chưa trừ, tính đến ngày in: %(amount)s",
                amount=format_dong(paper.advances_left_minor),
            )
        )
        if paper.advances_left_minor
        else "",
        "signs": [speak(_("Người trả tiền")), speak(_("Người nhận tiền"))],
        "sign_hint": speak(_("(ký, ghi rõ họ tên)")),
        "printed": speak(_("In lúc %(at)s", at=f"{printed:%H:%M %d/%m/%Y}")),
        "printed_on": [printed.year, printed.month, printed.day],
        "page": speak(_("Trang")),
    }


def _tell_slip(line: SettlementLine, slip: IntakeSlip, speak: Speak) -> list[str]:
    said = speak(GRADE_WORDS[slip.grade])
    if line.before_minor:
        said = f"{said}. {speak(words.say_difference(slip, takes_back=line.takes_back))}"
    # What went to another household is none of this one's kilos.
    weight = "" if line.takes_back else format_grams(slip.weight_g)
    price = "" if line.takes_back else format_dong(slip.price_per_kg_minor)
    return [f"{in_vietnam(slip.weighed_at):%d/%m/%Y}", said, weight, price, format_dong(line.amount_minor)]


def _tell_prices(paper: Paper, speak: Speak) -> list[list[str]]:
    """The prices of the grades that were sold: what held on the first day, and each change after."""
    sold = {slip.grade for _line, slip in paper.lines}
    return [
        [
            speak(GRADE_WORDS[grade]),
            speak(_("từ %(day)s", day=f"{day:%d/%m/%Y}")),
            format_dong(price),
        ]
        for grade in Grade
        if grade in sold
        for day, price in paper.prices.get(grade, ())
    ]


def _say_paid(settlement: Settlement) -> list[Text]:
    if settlement.paid_at is None:
        if settlement.due_minor:
            return [_("Chưa trả.")]
        return [_("Tiền cân đã trừ hết vào khoản ứng trước, không phải trả thêm.")]
    said = [
        _(
            "Đã trả %(amount)s lúc %(at)s.",
            amount=format_dong(settlement.due_minor),
            at=f"{in_vietnam(settlement.paid_at):%H:%M %d/%m/%Y}",
        ),
        _("Mã giao dịch: %(reference)s", reference=settlement.reference),
    ]
    if settlement.paid_to:
        bank_bin, _colon, account = settlement.paid_to.partition(":")
        said.append(_("Vào tài khoản %(account)s", account=f"{banks.name_of(bank_bin)} {account}"))
    return said
