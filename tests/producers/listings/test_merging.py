"""The rule by which two edits of one listing meet."""

from __future__ import annotations

import itertools

from producers.listings.merging import merge


def test_every_way_in_which_one_field_can_stand():
    """Over all values of base, mine and theirs: only a field that both changed to different values is asked about."""
    for base, mine, theirs in itertools.product("abc", repeat=3):
        typed, conflicts = merge({"title": mine}, {"title": base}, {"title": theirs}, is_current=False)
        assert bool(conflicts) == (len({base, mine, theirs}) == 3)
        kept = mine if typed else theirs
        assert conflicts or kept == (mine if theirs == base else theirs if mine == base else mine)


def test_a_field_without_a_base_is_judged_by_the_version():
    """A form that carries no base: nobody saved meanwhile is mine, somebody did is asked."""
    assert merge({"title": "a"}, {}, {"title": "b"}, is_current=True) == ({"title"}, [])
    assert merge({"title": "a"}, {}, {"title": "b"}, is_current=False) == (set(), ["title"])
    assert merge({"title": "a"}, {}, {"title": "a"}, is_current=False) == (set(), [])


def test_spelling_is_no_change():
    """Line ends and the dots of a price are not somebody's edit."""
    mine = {"description": "a\r\nb", "pack_1_price_minor": "350000"}
    base = {"description": "a\nb", "pack_1_price_minor": "350.000"}
    assert merge(mine, base, {"description": "c", "pack_1_price_minor": "1"}, is_current=False) == (set(), [])
