"""How often care comes round: the growers' figure, until a site shows its own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from producers.diaries.models import EntryKind
from producers.diaries.schemas import KINDS
from producers.farms.models import Crop
from producers.seasons.rhythms import FISH_AT_HOME, RHYTHMS, Rhythm, usual_gap

WEEDING = Rhythm(kind=EntryKind.WEED, days=45)
DAY = date(2026, 1, 1)


def days_apart(*gaps):
    """The first of January, and then a day after each gap."""
    days = [DAY]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    return days


@pytest.mark.parametrize(
    ("gaps", "usual"),
    [
        ((), 45),
        ((30, 30), 45),
        ((30, 30, 30), 30),
        ((30, 90, 32), 32),
        ((30, 32, 34, 200), 32),
        ((5, 5, 5), 23),
        ((200, 200, 200), 90),
    ],
)
def test_a_rhythm_is_learned_from_three_gaps(gaps, usual):
    """Fewer gaps leave the figure as it is; one odd gap is passed over, and a rhythm stays within half and twice."""
    assert usual_gap(WEEDING, days_apart(*gaps)) == usual


def test_nothing_done_has_the_growers_figure():
    """A site without any such work is reckoned by the figure."""
    assert usual_gap(WEEDING, []) == 45


def test_care_is_work_of_its_own_crop():
    """Nobody is told to weed a raceway: each rhythm, and what shows that fish are there, is offered for the crop."""
    assert set(RHYTHMS) == set(Crop)
    for crop, rhythms in RHYTHMS.items():
        assert {rhythm.kind for rhythm in rhythms} <= set(KINDS[crop])
    assert set(FISH_AT_HOME) <= set(KINDS[Crop.SALMON])
