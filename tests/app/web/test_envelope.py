"""The envelope: by how many days a phone's calendar is off, and what a refusal carries."""

from datetime import date, timedelta
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import FIRST_YEAR, LAST_YEAR
from app.core.i18n import Text
from app.core.ids import uuid7
from app.web.envelope import Envelope, SubmissionRefusedError
from tests.factories.producers import NOW


@pytest.mark.parametrize(
    ("skew", "days"),
    [
        (timedelta(0), 0),
        (timedelta(hours=12), 0),
        (timedelta(hours=-12), 0),
        (timedelta(hours=13), 1),
        (timedelta(hours=-13), -1),
        (timedelta(days=365, hours=3), 365),
        (timedelta(days=-40, hours=2), -40),
    ],
)
def test_half_a_day_moves_no_calendar(skew, days):
    """Twelve hours either way are a wrong hour on the right day; beyond that whole days count."""
    envelope = Envelope(uuid7(), "", "/", uuid7(), None, uuid7(), 1, NOW, NOW, skew, NOW)
    assert envelope.days_off == days


@given(
    st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)),
    st.timedeltas(timedelta(days=-2_900_000), timedelta(days=740_000)),
)
def test_no_clock_moves_a_day_out_of_the_calendar(day, skew):
    """However mad a clock is, a day stays one that somebody may mean: moved by the clock's days, or as it was typed."""
    envelope = Envelope(uuid7(), "", "/", uuid7(), None, uuid7(), 1, NOW, NOW, skew, NOW)
    wished = day.toordinal() + envelope.days_off
    is_a_day = date(FIRST_YEAR, 1, 1).toordinal() <= wished <= date(LAST_YEAR, 12, 31).toordinal()
    assert envelope.move_day(day).toordinal() == (wished if is_a_day else day.toordinal())


def test_a_refusal_says_the_most_general_words():
    """What stands above the form is its sentence; else the first field's; else the house's own."""

    def say(errors):
        error = SubmissionRefusedError(HTTPStatus.CONFLICT, errors, {})
        return error.message.msgid, set(error.fields)

    assert say({"": Text("chung"), "a": Text("riêng")}) == ("chung", {"a"})
    assert say({"a": Text("riêng")}) == ("riêng", {"a"})
    assert say({}) == ("Còn chỗ chưa đúng.", set())
