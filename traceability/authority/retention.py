"""How long the papers of a lot are kept (Circular 17/2021/TT-BNNPTNT, art. 6). Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from app.core.i18n import Text, _

FRESH_MONTHS = 6
PROCESSED_MONTHS = 24
AFTER_EXPIRY_MONTHS = 12


@dataclass(frozen=True)
class Retention:
    """Until which day (included) the papers are kept, and which of the rules says so."""

    until: date
    rule: Text


def keep_until(*, produced_on: date, expires_on: date | None, is_processed: bool) -> Retention:
    """The day until which a lot's papers are kept; where two rules hold, the later day counts.

    Months are counted on the calendar; a day that the last month does not have becomes its last day.
    """
    if is_processed:
        first = Retention(
            add_months(produced_on, PROCESSED_MONTHS), _("24 tháng từ ngày sản xuất, vì là hàng chế biến")
        )
    else:
        first = Retention(
            add_months(produced_on, FRESH_MONTHS), _("6 tháng từ ngày sản xuất, vì là hàng tươi")
        )
    if expires_on is None:
        return first
    second = Retention(add_months(expires_on, AFTER_EXPIRY_MONTHS), _("12 tháng sau hạn dùng"))
    return max(first, second, key=lambda one: one.until)


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
