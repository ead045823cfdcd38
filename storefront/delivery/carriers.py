"""Who carries parcels in Viet Nam (`data/carriers.csv`): another carrier is one more line there, and nothing else.

The addresses are those that many public programs open; where these disagree there is none, or the page on which the number
is typed. How a number looks is only ever asked about, for carriers change it without telling.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from app.core.text import fold

_LIST = Path(__file__).parent / "data" / "carriers.csv"
_PLACE = "{number}"


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """One carrier: its code in forms, the name on its sign and others that people write, how a number of its looks."""

    code: str
    name: str
    also: tuple[str, ...]
    number: re.Pattern[str]
    example: str
    page: str
    """Where a parcel is looked up: with `{number}` straight to it, without to where the number is typed; or empty."""

    def may_be(self, number: str) -> bool:
        """Whether a number, as `tidy_number` writes it, can be one of this carrier's."""
        return self.number.fullmatch(number.upper()) is not None

    def link_to(self, number: str) -> str | None:
        """The address at which this parcel is looked up; None when none is known."""
        return self.page.replace(_PLACE, quote(number, safe="")) or None

    @property
    def leads_straight(self) -> bool:
        """Whether its address shows the parcel without anything to be typed."""
        return _PLACE in self.page


@lru_cache(maxsize=1)
def load_carriers() -> dict[str, Carrier]:
    """Read the list once: {code: carrier}, in its order."""
    with _LIST.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Carrier(
                code=row["code"],
                name=row["name"],
                also=tuple(name for name in row["also"].split("|") if name),
                number=re.compile(row["number"]),
                example=row["example"],
                page=row["page"],
            )
            for row in csv.DictReader(file)
        }


def find_carrier(name: str | None) -> Carrier | None:
    """Find a carrier by its name, however it is written; None for a bus, a neighbour, or one that is not in the list."""
    wanted = fold(name or "")
    for carrier in load_carriers().values():
        if wanted in {fold(one) for one in (carrier.name, *carrier.also)}:
            return carrier
    return None


def find_link(name: str | None, number: str | None) -> str | None:
    """The address at which a parcel with this carrier and number is looked up; None when none is known."""
    carrier = find_carrier(name)
    return carrier.link_to(number) if carrier and number else None


def tidy_number(number: str) -> str:
    """A tracking number without the spaces that people write into it."""
    return re.sub(r"\s+", "", number)
