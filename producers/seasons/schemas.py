"""What comes out of seasons: what was done on a day, and what is due on one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from producers.certificates.models import Certificate
from producers.diaries.models import EntryKind
from producers.diaries.schemas import DoneDay
from producers.diaries.waits import Hold
from producers.farms.models import Site


class DueKind(StrEnum):
    """Why something stands in the calendar, the most urgent first."""

    CARE = "care"
    WAIT = "wait"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, kw_only=True)
class Due:
    """Something due on a day: care of a site, the end of a wait, the end of a certificate."""

    kind: DueKind
    on: date
    site: Site | None = None
    work: EntryKind | None = None
    last_on: date | None = None
    """When this work was done last on the site."""
    hold: Hold | None = None
    certificate: Certificate | None = None


@dataclass(frozen=True, kw_only=True)
class Month:
    """One month of a producer's sites, with how often each kind was done in each month of its year."""

    first: date
    sites: Sequence[Site]
    done: Sequence[DoneDay]
    due: Sequence[Due]
    of_year: dict[EntryKind, dict[int, int]]
