"""Histories of looks, and what a browser knows of its own: pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from traceability.scans import own
from traceability.scans.history import History, Looks

HOUR = datetime(2026, 11, 12, 2, tzinfo=UTC)
SECRET = b"s" * 64
LABEL = {"gtin": "09521234000017", "serial": "S1"}
looks = st.builds(
    Looks,
    hour_at=st.integers(0, 5).map(lambda hours: HOUR + timedelta(hours=hours)),
    device_class=st.sampled_from(["phone", "computer"]),
    province_code=st.sampled_from([None, "01", "96"]),
    count=st.integers(1, 3),
)


@given(st.lists(looks), looks)
def test_ones_own_look_is_taken_off_once(others: list[Looks], mine: Looks) -> None:
    """Whoever looks again sees the looks of the others: one less than there are, never fewer."""
    single = Looks(mine.hour_at, mine.device_class, mine.province_code)
    with_mine = History().with_looks([*others, single])
    left = with_mine.without(single)
    assert left.count == sum(look.count for look in others)
    assert (left.first is None) == (not others)
    if left.first and left.latest:
        assert left.first.hour_at == min(look.hour_at for look in left.looks)
        assert left.latest.hour_at == max(look.hour_at for look in left.looks)


def test_a_look_that_was_never_written_takes_nothing_off() -> None:
    """When one's own look was dropped, the others' stay as many as they are."""
    history = History().with_looks([Looks(HOUR, "phone")])
    assert history.without(Looks(HOUR, "computer")) == history


def test_the_first_of_a_long_history_stays() -> None:
    """Where only the newest looks were read, the first is known all the same."""
    first = Looks(HOUR - timedelta(days=90), "phone", "01")
    history = History(first, (Looks(HOUR, "phone", None, 400),), is_cut=True)
    assert history.without(Looks(HOUR, "phone")).first == first


def test_a_browser_knows_its_own_looks_for_two_hours() -> None:
    """This hour's look and the last hour's are known again; another label, an older hour, another key are not."""
    now = HOUR + timedelta(minutes=59)
    cookie = own.remember("", SECRET, **LABEL, now=now)
    assert own.find_hour(cookie, SECRET, **LABEL, now=now) == HOUR
    assert own.find_hour(cookie, SECRET, **LABEL, now=now + timedelta(hours=1)) == HOUR
    assert own.find_hour(cookie, SECRET, **LABEL, now=now + timedelta(hours=2)) is None
    assert own.find_hour(cookie, SECRET, gtin=LABEL["gtin"], serial="S2", now=now) is None
    assert own.find_hour(cookie, b"t" * 64, **LABEL, now=now) is None
    assert LABEL["serial"] not in cookie


def test_a_browser_remembers_a_few_labels() -> None:
    """The newest eight stay, whatever stood in the cookie; nonsense falls off."""
    cookie = "nonsense; Path=/"
    for number in range(12):
        cookie = own.remember(cookie, SECRET, gtin=LABEL["gtin"], serial=f"S{number}", now=HOUR)
        cookie = own.remember(cookie, SECRET, gtin=LABEL["gtin"], serial=f"S{number}", now=HOUR)
    known = [own.find_hour(cookie, SECRET, gtin=LABEL["gtin"], serial=f"S{n}", now=HOUR) for n in range(12)]
    assert [hour is not None for hour in known] == [False] * 4 + [True] * 8
    assert len(cookie) < 200
