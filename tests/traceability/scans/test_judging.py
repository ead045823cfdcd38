"""Judging a label by the looks at it: each rule, its edge, and its words."""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.places import provinces
from traceability import scans
from traceability.labels.models import SerialState
from traceability.scans import judging
from traceability.scans.history import Looks
from traceability.scans.judging import Issued, judge
from traceability.scans.reasons import Reason, ReasonKind, pack, say, unpack

PRINTED = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)
HOUR = datetime(2026, 11, 12, 2, tzinfo=UTC)
ISSUED = Issued(SerialState.ISSUED, PRINTED, None)
SOLD = Issued(SerialState.SOLD, PRINTED, PRINTED + timedelta(days=3))
HANOI, HOA_BINH, CAN_THO, CA_MAU = "01", "25", "92", "96"
CODES = [province.code for province in provinces.list_provinces()]


def look(hours: float = 0, province: str | None = None, device: str = "phone", count: int = 1) -> Looks:
    return Looks(HOUR + timedelta(hours=hours), device, province, count)


def kinds(looks: list[Looks], label: Issued = ISSUED, **more: int) -> dict[str, int]:
    return {reason.kind.value: reason.points for reason in judge(looks, label, **more).reasons}


def test_nobody_looked_nothing_is_suspected() -> None:
    """Without looks there is no reason, whatever the label's state."""
    for label in (ISSUED, SOLD, Issued(SerialState.VOID, PRINTED, None)):
        assert judge([], label) == judging.Verdict(0, ())


def test_a_pack_in_two_places_at_once_is_suspicious() -> None:
    """Hà Nội and Cà Mau within the same hour: one pack cannot, and the words say where and when."""
    verdict = judge([look(province=HANOI), look(province=CA_MAU)], ISSUED)
    assert verdict.is_suspicious
    [reason] = verdict.reasons
    assert str(say(reason)) == (
        "Ngày 12/11/2026, trong cùng một giờ, nhãn được quét cả ở Hà Nội lẫn ở Cà Mau. "
        "Một gói hàng không thể ở hai nơi."
    )
    later = judge([look(3, CA_MAU), look(0, HANOI)], ISSUED).reasons[0]
    assert "ở Hà Nội rồi chừng 3 giờ sau ở Cà Mau" in str(say(later))


@pytest.mark.parametrize(
    ("hours", "to"), [(0, HOA_BINH), (0, HANOI), (5, CA_MAU), (0, None), (0, "00"), (4, "38")]
)
def test_what_a_pack_can_do_is_no_travel(hours: int, to: str | None) -> None:
    """To a neighbour, at home, by plane in half a day, to somewhere unknown: never a reason."""
    assert kinds([look(0, HANOI), look(hours, to)]) == {}


@given(st.sampled_from(CODES), st.sampled_from(CODES), st.integers(0, 48))
def test_travel_needs_known_provinces_far_apart(one: str, other: str, hours: int) -> None:
    """Whatever two provinces: neighbours never, the more hours the less, and nothing after half a day."""
    pair = [look(0, one), look(hours, other)]
    is_told = "travel" in kinds(pair)
    found = provinces.find_province(one)
    assert found is not None
    if is_told:
        assert other not in found.neighbours | {one}
        assert hours <= 6
        assert "travel" in kinds([look(0, one), look(0, other)])
    assert "travel" not in kinds([look(0, one), look(hours, None)])


def test_one_wrong_word_among_many_is_only_a_hint() -> None:
    """Somebody who flew in and did not say so contradicts all the others: that alone convinces nobody."""
    fair = [look(hour, "15", count=2) for hour in range(4)]
    stray = [*fair, look(2, "79")]
    assert kinds(stray) == {"travel": judging.TRAVEL_HINT_POINTS}
    assert not judge(stray, ISSUED).is_suspicious
    assert judge([*stray, look(1, "96")], ISSUED).is_suspicious
    assert judge([*fair, look(2, "79", count=2)], ISSUED).is_suspicious


def test_each_further_day_weighs_more() -> None:
    """Two places at once on another day is another copy's buyer, not a mistake; three days are enough."""
    days = [look(24 * day, province) for day in range(5) for province in (HANOI, CA_MAU)]
    assert [kinds(days[: 2 * count])["travel"] for count in (1, 2, 3, 4)] == [60, 80, 100, 100]


def test_where_a_proxy_saw_people_is_only_a_hint() -> None:
    """Who reads a link that was sent on sits anywhere: their own place says little about the pack's."""
    readers = [Looks(HOUR, "phone", code, 1, is_located=True) for code in CODES]
    assert kinds(readers) == {"travel": judging.TRAVEL_HINT_POINTS, "burst": judging.BURST_POINTS}
    assert not judge(readers, ISSUED).is_suspicious


def test_a_sold_pack_is_scanned_by_a_household() -> None:
    """After the sale so many visits are plausible, more are a reason, a crowd convinces; before the sale none count."""
    daily = [look(24 * day) for day in range(60)]
    assert kinds(daily[:20], SOLD) == {}
    assert kinds(daily[:21], SOLD) == {"after_sale": judging.AFTER_SALE_POINTS}
    assert kinds(daily[:41], SOLD) == {"after_sale": judging.CROWD_POINTS}
    assert kinds(daily, ISSUED) == {}
    unsold = Issued(SerialState.SOLD, PRINTED, HOUR + timedelta(days=90))
    assert kinds(daily, unsold) == {}
    words = str(say(judge(daily, SOLD).reasons[0]))
    assert "đã bán ngày 04/11/2026, từ đó nhãn còn được quét 60 lượt" in words


def test_looking_again_and_again_is_one_visit() -> None:
    """Many looks from one kind of device in one hour and province are one visit: people reload."""
    assert kinds([look(count=300), look(1, count=300)], SOLD) == {}


def test_a_burst_is_many_visits_within_a_day() -> None:
    """Twenty-four visits within twenty-four hours are a reason; spread over two days they are none."""
    quick = [look(hour, None, device) for hour in range(12) for device in ("phone", "tablet")]
    assert kinds(quick) == {"burst": judging.BURST_POINTS}
    assert kinds(quick[:-1]) == {}
    assert kinds([look(4 * hour, None, device) for hour in range(12) for device in ("phone", "tablet")]) == {}
    assert "được quét 24 lượt" in str(say(judge(quick, ISSUED).reasons[0]))


def test_four_provinces_in_a_week_are_many() -> None:
    """From grower to shop to buyer to friend is three provinces; the fourth within seven days is a reason."""
    way = [look(40 * step, code) for step, code in enumerate(["15", "01", "31", "22"])]
    assert kinds(way) == {"spread": judging.SPREAD_POINTS}
    assert kinds(way[:3]) == {}
    assert kinds([look(60 * step, code) for step, code in enumerate(["15", "01", "31", "22"])]) == {}
    assert str(say(judge(way, ISSUED).reasons[0])) == (
        "Trong 7 ngày (đến 17/11/2026), nhãn được quét ở 4 tỉnh."
    )


def test_nobody_scans_what_is_not_printed() -> None:
    """A look before the hour of printing is impossible; one in that very hour is the printer trying it out."""
    early = look((PRINTED - HOUR) / timedelta(hours=1) - 2)
    early = Looks(early.hour_at.replace(minute=0), "phone")
    assert kinds([early]) == {"before_print": 100}
    assert "trước cả khi nhãn được in" in str(say(judge([early], ISSUED).reasons[0]))
    assert kinds([Looks(PRINTED.replace(minute=0), "phone")]) == {}


def test_a_spoilt_label_is_scanned_by_nobody() -> None:
    """A label that was taken back and is scanned again and again is suspicious; who struck it out may look twice."""
    void = Issued(SerialState.VOID, PRINTED, None)
    assert kinds([look(), look(1)], void) == {}
    verdict = judge([look(), look(1), look(2)], void)
    assert verdict.is_suspicious
    assert "ngày 12/11/2026 vẫn có người quét" in str(say(verdict.reasons[0]))


def test_guessing_alone_convinces_nobody() -> None:
    """Codes that were never issued say something of the product, nothing of this label."""
    assert kinds([look()], unknown_codes=4) == {}
    verdict = judge([look()], ISSUED, unknown_codes=5)
    assert (verdict.score, verdict.is_suspicious) == (judging.GUESSING_POINTS, False)
    assert "5 mã chưa từng in" in str(say(verdict.reasons[0]))


@given(
    st.lists(
        st.builds(
            look,
            hours=st.integers(-300, 300),
            province=st.sampled_from([None, *CODES]),
            device=st.sampled_from(["phone", "tablet", "computer", "unknown"]),
            count=st.integers(1, 5),
        ),
        max_size=60,
    ),
    st.sampled_from([ISSUED, SOLD, Issued(SerialState.VOID, PRINTED, None)]),
    st.integers(0, 200),
    st.randoms(use_true_random=False),
)
def test_a_verdict_does_not_depend_on_the_order(
    looks: list[Looks], label: Issued, unknown: int, dice: random.Random
) -> None:
    """A score is 0 to 100 and the capped sum of its reasons, each said in words, in whatever order looks arrive."""
    verdict = judge(looks, label, unknown_codes=unknown)
    assert 0 <= verdict.score == min(sum(reason.points for reason in verdict.reasons), 100)
    assert verdict.is_suspicious == (verdict.score >= judging.SUSPICIOUS)
    for reason in verdict.reasons:
        assert "%(" not in str(say(reason))
        assert unpack(pack(reason)) == reason
    dice.shuffle(looks)
    again = judge(looks, label, unknown_codes=unknown)
    assert (again.score, {one.kind for one in again.reasons}) == (
        verdict.score,
        {one.kind for one in verdict.reasons},
    )


def test_a_reason_that_nobody_knows_any_more_is_left_out() -> None:
    """Reasons are kept as data and said when read; what an older house wrote and this one cannot say is passed over."""
    kept = pack(Reason(ReasonKind.VOID, 80, {"day": "2026-11-12"}))
    assert unpack(kept | {"kind": "horoscope"}) is None
    assert unpack({"kind": "void"}) is None


ROOM = str(Path(scans.__file__).parent)


def calls_of(count: int) -> int:
    """How many calls it takes to judge so many looks, each in another hour or province.

    Those of the room alone: who measures what the tests cover takes its marks off again in the middle of anything.
    """
    looks = [look(number // 68, CODES[number % 34]) for number in range(count)]
    calls = 0

    def note(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"} and frame.f_code.co_filename.startswith(ROOM)

    sys.setprofile(note)
    try:
        verdict = judge(looks, SOLD)
    finally:
        sys.setprofile(None)
    assert verdict.score == 100
    return calls


def test_the_longest_history_is_judged_quickly() -> None:
    """Four hundred looks, as many as are read, cost hardly more than four times what two hundred cost."""
    assert calls_of(200) < calls_of(400) < 4.5 * calls_of(200)
