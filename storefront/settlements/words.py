"""What a settlement says: what was sold by grade, what was corrected, what was taken off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.clock import in_vietnam
from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.quantity import format_grams
from producers.intake.models import Grade, IntakeSlip
from producers.intake.words import GRADE_WORDS
from storefront.settlements.models import Advance, AdvanceKind, SetOff, Settlement, SettlementLine
from storefront.settlements.service import OpenLine

ADVANCE_WORDS: Mapping[AdvanceKind, Text] = {
    AdvanceKind.CASH: _("Tiền mặt, chuyển khoản"),
    AdvanceKind.INPUT: _("Phân, thuốc, giống, vật tư"),
}


@dataclass(frozen=True)
class Sold:
    """What one grade weighed (grams) and came to (đồng)."""

    grade: Grade
    weight_g: int
    amount_minor: int


def sum_grades(lines: Sequence[tuple[SettlementLine, IntakeSlip]]) -> list[Sold]:
    """Sum the slips that count for the first time, by grade; differences stand apart."""
    first = [slip for line, slip in lines if line.before_minor == 0]
    return [
        Sold(
            grade,
            sum(slip.weight_g for slip in first if slip.grade is grade),
            sum(slip.amount_minor for slip in first if slip.grade is grade),
        )
        for grade in Grade
        if any(slip.grade is grade for slip in first)
    ]


def tell_sums(lines: Sequence[tuple[SettlementLine, IntakeSlip]]) -> list[tuple[Text, int]]:
    """Say what a household sold as money lines (words, đồng): each grade, then each difference. They make the goods."""
    said = [
        (
            _(
                "%(grade)s, %(weight)s",
                grade=GRADE_WORDS[sold.grade],
                weight=format_grams(sold.weight_g),
            ),
            sold.amount_minor,
        )
        for sold in sum_grades(lines)
    ]
    said += [
        (
            say_difference(slip, takes_back=line.takes_back),
            line.amount_minor,
        )
        for line, slip in lines
        if line.before_minor
    ]
    return said


def say_difference(slip: IntakeSlip, *, takes_back: bool) -> Text:
    """Say why a slip counts by less than it says."""
    day = f"{in_vietnam(slip.weighed_at):%d/%m/%Y}"
    if takes_back:
        return _("Phiếu ngày %(day)s là của hộ khác, trừ lại", day=day)
    return _("Phiếu ngày %(day)s đã sửa, phần chênh", day=day)


def tell_set_offs(taken: Sequence[tuple[SetOff, Advance]]) -> list[tuple[Text, int]]:
    """Say what was taken off as money lines below zero (words, đồng)."""
    return [
        (
            _(
                "Trừ khoản ứng: %(what)s, ngày %(day)s",
                what=advance.what,
                day=f"{advance.given_on:%d/%m/%Y}",
            ),
            -one.amount_minor,
        )
        for one, advance in taken
    ]


def say_settlement(
    settlement: Settlement, name: str, lines: Sequence[tuple[SettlementLine, IntakeSlip]]
) -> Text:
    """Say a settlement in one breath, as one would at the scale."""
    weight = sum(sold.weight_g for sold in sum_grades(lines))
    if settlement.set_off_minor:
        return _(
            "Nhà %(name)s bán %(weight)s, được %(goods)s. Trừ khoản ứng trước %(set_off)s, còn nhận %(due)s.",
            name=name,
            weight=format_grams(weight),
            goods=format_dong(settlement.goods_minor),
            set_off=format_dong(settlement.set_off_minor),
            due=format_dong(settlement.due_minor),
        )
    return _(
        "Nhà %(name)s bán %(weight)s, được nhận %(due)s.",
        name=name,
        weight=format_grams(weight),
        due=format_dong(settlement.due_minor),
    )


def say_open(line: OpenLine) -> Text:
    """Say an open slip: what was weighed, or why it counts by the difference."""
    if line.before_minor:
        return say_difference(line.slip, takes_back=line.takes_back)
    return _(
        "%(grade)s, %(weight)s",
        grade=GRADE_WORDS[line.slip.grade],
        weight=format_grams(line.slip.weight_g),
    )
