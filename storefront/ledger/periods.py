"""Stretches of the books: days in Vietnam, from the first to the last, both counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from app.core.clock import VN
from app.core.i18n import Text, _


@dataclass(frozen=True, kw_only=True)
class Period:
    """Days in Vietnam, both counted."""

    since: date
    until: date

    @classmethod
    def of_day(cls, day: date) -> Self:
        """One day."""
        return cls(since=day, until=day)

    @classmethod
    def of_month(cls, day: date) -> Self:
        """The whole month of a day."""
        first = day.replace(day=1)
        return cls(since=first, until=(first + timedelta(days=31)).replace(day=1) - timedelta(days=1))

    @classmethod
    def month_until(cls, day: date) -> Self:
        """The month of a day as far as that day."""
        return cls(since=day.replace(day=1), until=day)

    @classmethod
    def month_before(cls, day: date) -> Self:
        """The whole month before that of a day."""
        return cls.of_month(day.replace(day=1) - timedelta(days=1))

    @classmethod
    def of_quarter(cls, day: date) -> Self:
        """The whole quarter of a day."""
        first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        return cls(since=first, until=cls.of_month(first + timedelta(days=62)).until)

    @classmethod
    def quarter_until(cls, day: date) -> Self:
        """The quarter of a day as far as that day."""
        return cls(since=cls.of_quarter(day).since, until=day)

    @classmethod
    def quarter_before(cls, day: date) -> Self:
        """The whole quarter before that of a day."""
        return cls.of_quarter(cls.of_quarter(day).since - timedelta(days=1))

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.until - self.since).days + 1

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """The first instant of it, and the first one after it."""
        return (
            datetime.combine(self.since, time(), VN),
            datetime.combine(self.until + timedelta(days=1), time(), VN),
        )


def say_period(period: Period) -> Text:
    """Say the days of a period."""
    return _("Từ %(since)s đến %(until)s", since=f"{period.since:%d/%m/%Y}", until=f"{period.until:%d/%m/%Y}")
