"""How often care comes round, per crop: data to begin with, until a site's own diary shows its rhythm.

The figures are what growers reckon with, no rule of any standard. A learned rhythm is the median of the site's own last
gaps, held between half and twice the figure, so that one odd gap does not carry it away.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING

from producers.diaries.models import EntryKind
from producers.farms.models import Crop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

LEAST_GAPS = 3
"""So many gaps make a rhythm."""
FISH_GONE_AFTER_DAYS = 30
"""Water in which nobody worked for so long holds no fish that one would feed today."""


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Work that comes round every `days`; only in `months`, when it has a season."""

    kind: EntryKind
    days: int
    months: frozenset[int] = frozenset(range(1, 13))
    is_daily: bool = False


_GROWING = frozenset(range(3, 12))
_FISH = (
    Rhythm(kind=EntryKind.FEED, days=1, is_daily=True),
    Rhythm(kind=EntryKind.WATER, days=1, is_daily=True),
    Rhythm(kind=EntryKind.GRADE, days=30),
)
RHYTHMS: dict[Crop, tuple[Rhythm, ...]] = {
    Crop.TEA: (
        Rhythm(kind=EntryKind.PICK, days=35, months=_GROWING),
        Rhythm(kind=EntryKind.WEED, days=45),
        Rhythm(kind=EntryKind.FERTILISE, days=75, months=_GROWING),
    ),
    Crop.STURGEON: _FISH,
    Crop.SALMON: _FISH,
}
FISH_AT_HOME = (EntryKind.FEED, EntryKind.WATER, EntryKind.STOCK, EntryKind.GRADE, EntryKind.MORTALITY)
"""Work that nobody does in empty water."""


def usual_gap(rhythm: Rhythm, days: Sequence[date]) -> int:
    """The usual days between two works of this kind, from the different days on which it was done, the oldest first."""
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    if len(gaps) < LEAST_GAPS:
        return rhythm.days
    return min(max(median_low(gaps), -(-rhythm.days // 2)), 2 * rhythm.days)
