"""Provinces: one list with the administrative units, neighbours that agree, distances that are never too long."""

from __future__ import annotations

import csv
import itertools

import pytest

from app.places import names, provinces
from app.places.service import DATA


def test_provinces_are_those_of_the_statistics_office() -> None:
    """The thirty-four codes and names are exactly the provinces and cities of the administrative units."""
    with (DATA / "admin_units.csv").open(encoding="utf-8", newline="") as file:
        told = {
            row["code"]: names.bare(row["name"]) for row in csv.DictReader(file) if not row["province_code"]
        }
    assert {one.code: one.name for one in provinces.list_provinces()} == told
    assert len(told) == 34


def test_provinces_stand_as_one_looks_for_them() -> None:
    """A list of provinces is in the order of a Vietnamese dictionary: Đ after D, and before G."""
    said = [one.name for one in provinces.list_provinces()]
    assert (said[0], said[-1]) == ("An Giang", "Vĩnh Long")
    assert said.index("Đồng Tháp") < said.index("Gia Lai") < said.index("Hà Nội")


def test_neighbours_agree() -> None:
    """Who borders on a province is bordered by it; nobody borders on themselves, and all hang together."""
    for one in provinces.list_provinces():
        assert one.code not in one.neighbours
        for code in one.neighbours:
            other = provinces.find_province(code)
            assert other is not None
            assert one.code in other.neighbours, (one.name, other.name)
    reached, todo = {"01"}, ["01"]
    while todo:
        found = provinces.find_province(todo.pop())
        assert found is not None
        todo += found.neighbours - reached
        reached |= found.neighbours
    assert len(reached) == 34


def test_distances_are_the_same_both_ways_and_nothing_at_home() -> None:
    """From one to the other is as far as back; at home and to a neighbour it is no way at all."""
    for one, other in itertools.product(provinces.list_provinces(), repeat=2):
        far = provinces.least_km(one.code, other.code)
        assert far == pytest.approx(provinces.least_km(other.code, one.code))
        assert far == 0 or other.code not in one.neighbours | {one.code}


@pytest.mark.parametrize(
    ("one", "other", "border_to_border_km"),
    [("01", "79", 1_020), ("11", "22", 250), ("04", "96", 1_400), ("46", "01", 430), ("92", "66", 310)],
)
def test_distances_are_never_too_long(one: str, other: str, border_to_border_km: int) -> None:
    """What is said is at most the way between the nearest points of two provinces, and not far less than half of it."""
    assert border_to_border_km * 0.4 < provinces.least_km(one, other) <= border_to_border_km


@pytest.mark.parametrize("code", [None, "", "00", "1", "05818", "HN"])
def test_no_other_word_is_a_province(code: str | None) -> None:
    """A code is one of thirty-four; a commune's, an old province's or any other word is none."""
    assert provinces.find_province(code) is None
