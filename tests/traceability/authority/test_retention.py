"""How long papers are kept (Circular 17/2021, art. 6)."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from traceability.authority.retention import add_months, keep_until

DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


def test_the_later_of_two_rules_holds() -> None:
    """Fresh goods by expiry once that is later; processed goods by production unless they keep very long."""
    made = date(2026, 8, 31)
    assert keep_until(produced_on=made, expires_on=None, is_processed=False).until == date(2027, 2, 28)
    assert keep_until(produced_on=made, expires_on=None, is_processed=True).until == date(2028, 8, 31)
    fresh = keep_until(produced_on=made, expires_on=date(2026, 9, 10), is_processed=False)
    assert fresh.until == date(2027, 9, 10) and str(fresh.rule) == "12 tháng sau hạn dùng"
    short = keep_until(produced_on=made, expires_on=date(2026, 10, 1), is_processed=True)
    assert short.until == date(2028, 8, 31) and "24 tháng" in str(short.rule)
    long = keep_until(produced_on=made, expires_on=date(2028, 2, 29), is_processed=True)
    assert long.until == date(2029, 2, 28)


@given(made=DAYS, lasts=st.integers(1, 2_000), is_processed=st.booleans())
def test_no_rule_is_undercut(made: date, lasts: int, *, is_processed: bool) -> None:
    """Whatever the days, the papers outlive both the rule of production and that of expiry."""
    expiry = made + timedelta(days=lasts)
    until = keep_until(produced_on=made, expires_on=expiry, is_processed=is_processed).until
    assert until >= add_months(expiry, 12) and until >= add_months(made, 24 if is_processed else 6)
    assert until in {add_months(expiry, 12), add_months(made, 24 if is_processed else 6)}


@given(day=DAYS, months=st.integers(0, 60))
def test_a_month_is_a_month_of_the_calendar(day: date, months: int) -> None:
    """The day of the month stays, or becomes the last that the month has."""
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
