"""Judging: how likely a label was copied, from the looks at it alone; a score of 0 to 100, with the reasons in words.

A label on paper can be copied, and then one serial is scanned by the buyers of many packs. Nothing here knows a person:
a look is an hour, a kind of device, and a province if somebody said it. So each rule asks what one pack, carried about
by people, cannot do, and leaves everything alone that shops, fairs, gifts and families do every day. The figures behind
the thresholds are in decision 0021; they are measured by `tests/traceability/scans/test_simulation.py`. Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from app.core.clock import today
from app.places import provinces
from traceability.labels.models import SerialState
from traceability.scans.history import Looks
from traceability.scans.own import cut_to_hour
from traceability.scans.reasons import Reason, ReasonKind

MOST_SCORE = 100
SUSPICIOUS = 60
"""From this score on a label is called suspicious. A rule that alone convinces gives as much; hints must come together."""

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

ROAD_KMH = 90
"""Faster than the expressways' average, from the nearest corner of one province to that of the other."""
AIR_KMH = 800
AIR_HOURS = 3
"""To the airport, into the air, and from the airport."""
TRAVEL_POINTS, TRAVEL_MORE_POINTS = 60, 20
"""Two places at once, said by those who held the pack, convinces. Each further day adds."""
TRAVEL_HINT_POINTS = 20
"""One wrong word may explain it, or the link went round and the readers sat far apart."""
AGREEING_LOOKS = 3
"""So many others of the day make one look that contradicts them a wrong word: somebody travelled and did not say so."""
MOST_TRAVEL_DAYS = 3

HOUSEHOLD_VISITS = 20
"""Visits (an hour, a kind of device, a province) to a pack that was sold: a household over months has 3 to 6, a box
that is given away and opened among colleagues up to 15."""
AFTER_SALE_POINTS = 40
CROWD_VISITS = 40
"""No household and no office does that with one pack."""
CROWD_POINTS = 60

BURST_VISITS = 24
"""Visits within 24 hours. An open pack at a fair has 10 to 18: its people come in the hours of one day, to one place."""
BURST_POINTS = 35

SPREAD_PROVINCES = 4
"""Provinces within seven days. From grower to shop to buyer to whoever is given it: three."""
SPREAD_DAYS = 7
SPREAD_POINTS = 40

BEFORE_PRINT_POINTS = 100
"""Impossible: serials are random and made when they are printed."""
VOID_VISITS = 3
"""Whoever strikes out a spoilt label may have looked at it before and once more after."""
VOID_POINTS = 80
"""It was to be destroyed, and goes about all the same."""

GUESSED_CODES = 5
"""Different codes of one product that were never issued, within two hours. Typing a code wrong is told by its check
character, so that honest people hardly ever make one."""
GUESSING_POINTS = 20
"""It says nothing of this very label: never enough alone."""


@dataclass(frozen=True)
class Verdict:
    """The score of a label, 0 to 100, and the reasons, the weightiest first."""

    score: int
    reasons: tuple[Reason, ...]

    @property
    def is_suspicious(self) -> bool:
        """Whether people are told to be careful."""
        return self.score >= SUSPICIOUS


@dataclass(frozen=True)
class Issued:
    """What we know of the label itself."""

    state: SerialState
    printed_at: datetime
    sold_at: datetime | None


def judge(looks: Iterable[Looks], label: Issued, *, unknown_codes: int = 0) -> Verdict:
    """Judge a label by people's looks at it (robots left out, hours in UTC), in whatever order they come.

    `unknown_codes`: how many codes of the same product, never issued, were tried of late.
    """
    told = sorted(looks, key=lambda look: look.hour_at)
    found = [
        _before_print(told, label),
        _travel(told),
        _after_sale(told, label),
        _burst(told),
        _spread(told),
        _void(told, label),
        _guessing(unknown_codes),
    ]
    reasons = sorted((reason for reason in found if reason), key=lambda reason: -reason.points)
    return Verdict(min(sum(reason.points for reason in reasons), MOST_SCORE), tuple(reasons))


def _before_print(looks: Sequence[Looks], label: Issued) -> Reason | None:
    if not looks or looks[0].hour_at >= cut_to_hour(label.printed_at):
        return None
    return Reason(ReasonKind.BEFORE_PRINT, BEFORE_PRINT_POINTS, {"day": _day(looks[0].hour_at)})


@cache
def _fastest_hours(one: str, other: str) -> float:
    """The hours that a pack needs at the very least from one province to another, by road or by air."""
    km = provinces.least_km(one, other)
    return min(km / ROAD_KMH, AIR_HOURS + km / AIR_KMH)


_LONGEST = timedelta(hours=6)
"""After so long every place in the country can be reached."""


_WAY = 2
"""A way has two ends."""


@dataclass(frozen=True)
class _Cell:
    """Looks of one hour in one province."""

    look: Looks
    province_code: str
    count: int

    def excludes(self, later: _Cell) -> bool:
        """Whether one pack cannot have been here and there; each look was somewhere within its hour."""
        most_hours = (later.look.hour_at - self.look.hour_at).total_seconds() / 3600 + 1
        return most_hours < _fastest_hours(self.province_code, later.province_code)


def _cells(looks: Iterable[Looks]) -> list[_Cell]:
    """The looks whose province is known, gathered by hour and province; in the order of hours."""
    counts: Counter[tuple[datetime, str]] = Counter()
    firsts: dict[tuple[datetime, str], Looks] = {}
    for look in looks:
        if look.province_code is not None and provinces.find_province(look.province_code):
            key = (look.hour_at, look.province_code)
            counts[key] += look.count
            firsts.setdefault(key, look)
    return [_Cell(look, key[1], counts[key]) for key, look in firsts.items()]


def _travel(looks: Sequence[Looks]) -> Reason | None:
    """Impossible ways of the pack itself, as those said who held it; else, as a hint, of those who looked."""
    first, strong = _impossible_days(_cells(look for look in looks if not look.is_located))
    if strong:
        points = TRAVEL_POINTS + TRAVEL_MORE_POINTS * (min(strong, MOST_TRAVEL_DAYS) - 1)
    else:
        first = first or _impossible_days(_cells(looks))[0]
        points = TRAVEL_HINT_POINTS
    if first is None:
        return None
    earlier, later = first
    values: dict[str, str | int] = {
        "from": earlier.province_code or "",
        "to": later.province_code or "",
        "hours": int((later.hour_at - earlier.hour_at) / _HOUR),
        "day": _day(later.hour_at),
    }
    return Reason(ReasonKind.TRAVEL, points, values)


class _Conflicts:
    """The impossible ways of one day: the first of them, and which looks alone could explain them all, being wrong."""

    def __init__(self) -> None:
        self.first: tuple[Looks, Looks] | None = None
        self.strays: set[int] = set()
        self.known = 0

    def add(self, cells: Sequence[_Cell], earlier: int, later: int) -> None:
        """Note one impossible way, between two cells by their numbers."""
        pair = {number for number in (earlier, later) if cells[number].count == 1}
        if self.first is None:
            self.first = (cells[earlier].look, cells[later].look)
            self.strays = pair
        self.strays &= pair

    @property
    def is_convincing(self) -> bool:
        """No single wrong word explains it: one look that contradicts several others which agree."""
        return self.first is not None and (not self.strays or self.known - 1 < AGREEING_LOOKS)


def _impossible_days(cells: Sequence[_Cell]) -> tuple[tuple[Looks, Looks] | None, int]:
    """The first impossible way (of a convincing day, if there is one), and how many days convince."""
    if len(cells) < _WAY:
        return None, 0
    days: dict[str, _Conflicts] = defaultdict(_Conflicts)
    names = [_day(cell.look.hour_at) for cell in cells]
    for name, cell in zip(names, cells, strict=True):
        days[name].known += cell.count
    start = 0
    for number, later in enumerate(cells):
        while later.look.hour_at - cells[start].look.hour_at > _LONGEST:
            start += 1
        day = days[names[number]]
        for place in range(start, number):
            if day.is_convincing:
                break
            if cells[place].excludes(later):
                day.add(cells, place, number)
    convincing = [day for day in days.values() if day.is_convincing]
    shown = next((day for day in (*convincing, *days.values()) if day.first), None)
    return (shown.first if shown else None), len(convincing)


def _visits(looks: Iterable[Looks]) -> int:
    """How many visits looks are: those of one hour, kind of device and province are one, for people look again."""
    return len({(look.hour_at, look.device_class, look.province_code) for look in looks})


def _after_sale(looks: Sequence[Looks], label: Issued) -> Reason | None:
    if label.sold_at is None or label.state is not SerialState.SOLD:
        return None
    sold = cut_to_hour(label.sold_at)
    visits = _visits(look for look in looks if look.hour_at > sold)
    if visits <= HOUSEHOLD_VISITS:
        return None
    points = CROWD_POINTS if visits > CROWD_VISITS else AFTER_SALE_POINTS
    return Reason(ReasonKind.AFTER_SALE, points, {"day": _day(label.sold_at), "count": visits})


def _burst(looks: Sequence[Looks]) -> Reason | None:
    most, last = _most_within(looks, _DAY, lambda look: (look.hour_at, look.device_class, look.province_code))
    if last is None or most < BURST_VISITS:
        return None
    return Reason(ReasonKind.BURST, BURST_POINTS, {"day": _day(last.hour_at), "count": most})


def _spread(looks: Sequence[Looks]) -> Reason | None:
    known = [cell.look for cell in _cells(look for look in looks if not look.is_located)]
    most, last = _most_within(known, SPREAD_DAYS * _DAY, lambda look: look.province_code)
    if last is None or most < SPREAD_PROVINCES:
        return None
    return Reason(
        ReasonKind.SPREAD, SPREAD_POINTS, {"day": _day(last.hour_at), "count": most, "days": SPREAD_DAYS}
    )


def _most_within(
    looks: Sequence[Looks], span: timedelta, key: Callable[[Looks], Hashable]
) -> tuple[int, Looks | None]:
    """The most different keys within any `span`, and the look that completed them."""
    window: Counter[Hashable] = Counter()
    most, last, start = 0, None, 0
    for look in looks:
        window[key(look)] += 1
        while look.hour_at - looks[start].hour_at >= span:
            gone = key(looks[start])
            window[gone] -= 1
            if not window[gone]:
                del window[gone]
            start += 1
        if len(window) > most:
            most, last = len(window), look
    return most, last


def _void(looks: Sequence[Looks], label: Issued) -> Reason | None:
    if label.state is not SerialState.VOID or _visits(looks) < VOID_VISITS:
        return None
    return Reason(ReasonKind.VOID, VOID_POINTS, {"day": _day(looks[-1].hour_at)})


def _guessing(unknown_codes: int) -> Reason | None:
    if unknown_codes < GUESSED_CODES:
        return None
    return Reason(ReasonKind.GUESSING, GUESSING_POINTS, {"count": unknown_codes})


def _day(instant: datetime) -> str:
    return today(instant).isoformat()
