"""Units of UN/ECE Recommendation 20 that sensors of farms, ponds and transport use, and what they are in each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class _Unit(NamedTuple):
    """A unit: what it measures, and how it becomes the base unit (value x factor + offset)."""

    dimension: str
    factor: float
    offset: float = 0.0


_UNITS: Mapping[str, _Unit] = {
    "CEL": _Unit("temperature", 1.0, 273.15),
    "KEL": _Unit("temperature", 1.0),
    "FAH": _Unit("temperature", 5 / 9, 459.67 * 5 / 9),
    "KGM": _Unit("mass", 1.0),
    "GRM": _Unit("mass", 0.001),
    "MGM": _Unit("mass", 1e-6),
    "TNE": _Unit("mass", 1000.0),
    "DTN": _Unit("mass", 100.0),
    "LBR": _Unit("mass", 0.45359237),
    "ONZ": _Unit("mass", 0.028349523125),
    "MTR": _Unit("length", 1.0),
    "CMT": _Unit("length", 0.01),
    "MMT": _Unit("length", 0.001),
    "KMT": _Unit("length", 1000.0),
    "MTK": _Unit("area", 1.0),
    "HAR": _Unit("area", 10_000.0),
    "LTR": _Unit("volume", 0.001),
    "MLT": _Unit("volume", 1e-6),
    "MTQ": _Unit("volume", 1.0),
    "SEC": _Unit("time", 1.0),
    "MIN": _Unit("time", 60.0),
    "HUR": _Unit("time", 3600.0),
    "DAY": _Unit("time", 86_400.0),
    "PAL": _Unit("pressure", 1.0),
    "KPA": _Unit("pressure", 1000.0),
    "BAR": _Unit("pressure", 100_000.0),
    "MBR": _Unit("pressure", 100.0),
    "KMH": _Unit("speed", 1 / 3.6),
    "MTS": _Unit("speed", 1.0),
    "M1": _Unit("concentration", 1.0),  # milligram per litre
    "GL": _Unit("concentration", 1000.0),  # gram per litre
    "A93": _Unit("concentration", 1.0),  # gram per cubic metre
    "P1": _Unit("fraction", 0.01),  # per cent
    "59": _Unit("fraction", 1e-6),  # parts per million
}


def convert(value: float, uom: str | None, to: str) -> float | None:
    """A value in another unit; None when the two do not measure the same."""
    if uom == to:
        return value
    one, other = _UNITS.get(uom or ""), _UNITS.get(to)
    if one is None or other is None or one.dimension != other.dimension:
        return None
    return (value * one.factor + one.offset - other.offset) / other.factor
