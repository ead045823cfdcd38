"""The 34 provinces and cities since 2025-07-01: their names, who borders on whom, and how far apart they lie at least.

The middle of each is a point by eye from the map (hundredths of a degree), and `reach_km` is rounded up to the farthest
corner of its mainland, so that a distance said here is never longer than the real one. Codes are those of the Statistics
Office, as in `admin_units.csv`; a test holds the two files together.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.text import sort_key

_DATA = Path(__file__).parent / "data" / "provinces.csv"
_EARTH_KM = 6_371


@dataclass(frozen=True)
class Province:
    """One province: its code (2 digits), the name without the word for its level, its middle in degrees (WGS 84)."""

    code: str
    name: str
    latitude: float
    longitude: float
    reach_km: int
    neighbours: frozenset[str]


@cache
def _by_code() -> dict[str, Province]:
    with _DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["code"]: Province(
            code=row["code"],
            name=row["name"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            reach_km=int(row["reach_km"]),
            neighbours=frozenset(row["neighbours"].split()),
        )
        for row in rows
    }


@cache
def list_provinces() -> tuple[Province, ...]:
    """List all provinces as a person looks for one in a list: by name, in the order of a Vietnamese dictionary."""
    return tuple(sorted(_by_code().values(), key=lambda province: sort_key(province.name)))


def find_province(code: str | None) -> Province | None:
    """Find a province by its code; None for anything else."""
    return _by_code().get(code or "")


@cache
def least_km(one: str, other: str) -> float:
    """How many kilometres lie at least between two provinces (codes); 0 for the same, for neighbours and when in doubt.

    The great circle between the two middles, less how far each of the two reaches towards the other.
    """
    here, there = _by_code()[one], _by_code()[other]
    if one == other or other in here.neighbours:
        return 0.0
    north, south = math.radians(here.latitude), math.radians(there.latitude)
    east = math.radians(there.longitude - here.longitude)
    half = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin(east / 2) ** 2
    return max(2 * _EARTH_KM * math.asin(math.sqrt(half)) - here.reach_km - there.reach_km, 0.0)
