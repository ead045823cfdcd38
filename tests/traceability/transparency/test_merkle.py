"""The tree: the published vectors of RFC 6962, proofs of every size, tiles as tlog-tiles lays them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.transparency import merkle
from traceability.transparency.merkle import Frontier, Get, Node

VECTOR = [
    bytes.fromhex(word)
    for word in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""Roots of the first n entries of the example tree that certificate logs are tested with."""


def tree_of(entries: list[bytes]) -> Get:
    """The nodes of a tree, computed the slow way."""

    def get(node: Node) -> bytes:
        height, place = node
        if height == 0:
            return merkle.leaf_hash(entries[place])
        return merkle.node_hash(get((height - 1, place * 2)), get((height - 1, place * 2 + 1)))

    return get


def slow_root(entries: list[bytes]) -> bytes:
    """The root as RFC 6962, 2.1 defines it."""
    if not entries:
        return merkle.EMPTY_ROOT
    if len(entries) == 1:
        return merkle.leaf_hash(entries[0])
    middle = 1
    while middle * 2 < len(entries):
        middle *= 2
    return merkle.node_hash(slow_root(entries[:middle]), slow_root(entries[middle:]))


@pytest.mark.parametrize(("size", "root"), list(ROOTS.items()))
def test_roots_are_the_published_ones(size: int, root: str) -> None:
    """Range, frontier and tiles lead to the published roots."""
    entries = VECTOR[:size]
    assert slow_root(entries).hex() == root
    assert merkle.root_of_range(0, size, tree_of(entries)).hex() == root
    frontier = Frontier()
    for entry in entries:
        frontier.add(merkle.leaf_hash(entry))
    assert (frontier.root.hex(), frontier.size) == (root, size)
    grown_size, tiles = merkle.grow(0, map(merkle.leaf_hash, entries), {})
    assert grown_size == size and merkle.root_of_range(0, size, merkle.reader_of(tiles)).hex() == root


def test_an_empty_tree_has_a_root() -> None:
    """The root of nothing is the hash of nothing."""
    assert Frontier().root == merkle.root_of_range(0, 0, tree_of([])) == merkle.EMPTY_ROOT


@given(st.integers(1, 70), st.data())
def test_every_entry_is_proved(size: int, data: st.DataObject) -> None:
    """An audit path leads to the root, for its own entry, place, size and root only."""
    entries = [bytes([place]) for place in range(size)]
    get, root = tree_of(entries), slow_root(entries)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(index, size, get)
    assert merkle.verifies_inclusion(entries[index], index, size, path, root)
    assert not merkle.verifies_inclusion(b"other", index, size, path, root)
    assert not merkle.verifies_inclusion(entries[index], index, size, path, bytes(32))
    assert not merkle.verifies_inclusion(entries[index], size, size, path, root)
    assert not merkle.verifies_inclusion(entries[index], index, size, [*path, bytes(32)], root)
    if path:
        assert not merkle.verifies_inclusion(entries[index], index, size, path[:-1], root)
        step = data.draw(st.integers(0, len(path) - 1))
        wrong = [bytes(32) if place == step else found for place, found in enumerate(path)]
        assert not merkle.verifies_inclusion(entries[index], index, size, wrong, root)


@given(st.integers(0, 70), st.integers(0, 70), st.data())
def test_every_tree_goes_on_from_its_beginnings(one: int, other: int, data: st.DataObject) -> None:
    """A consistency proof holds between any two sizes of one tree, and not for another root."""
    old, new = sorted((one, other))
    entries = [bytes([place]) for place in range(new)]
    path = merkle.consistency_path(old, new, tree_of(entries))
    old_root, new_root = slow_root(entries[:old]), slow_root(entries)
    assert merkle.verifies_consistency(old, old_root, new, new_root, path)
    assert not merkle.verifies_consistency(new + 1, old_root, new, new_root, path)
    assert not merkle.verifies_consistency(-1, old_root, new, new_root, path)
    assert not merkle.verifies_consistency(old, old_root, new, new_root, [*path, bytes(32)])
    if 0 < old < new:
        assert not merkle.verifies_consistency(old, bytes(32), new, new_root, path)
        assert not merkle.verifies_consistency(old, old_root, new, bytes(32), path)
        assert not merkle.verifies_consistency(old, old_root, new, new_root, path[:-1])
        assert not merkle.verifies_consistency(old, old_root, new, new_root, [])
        step = data.draw(st.integers(0, len(path) - 1))
        wrong = [bytes(32) if place == step else found for place, found in enumerate(path)]
        assert not merkle.verifies_consistency(old, old_root, new, new_root, wrong)


def test_seventy_thousand_entries_lie_in_tiles_as_the_standard_says() -> None:
    """273 full tiles and one of 112 hashes; above them one full and one of 17; on top one of 1."""
    hashes = [merkle.leaf_hash(place.to_bytes(4, "big")) for place in range(70_000)]
    size, tiles = 0, {}
    for start in range(0, len(hashes), 7_001):
        unfinished = {
            (level, number): tiles[level, number] for level, number, _w in merkle.partial_tiles(size)
        }
        size, grown = merkle.grow(size, hashes[start : start + 7_001], unfinished)
        tiles |= grown
    widths = {key: len(data) // merkle.HASH for key, data in tiles.items()}
    assert [widths.pop((0, number)) for number in range(274)] == [256] * 273 + [112]
    assert widths == {(1, 0): 256, (1, 1): 17, (2, 0): 1}
    assert list(merkle.partial_tiles(70_000)) == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    frontier = Frontier()
    for hashed in hashes:
        frontier.add(hashed)
    assert merkle.root_of_range(0, size, merkle.reader_of(tiles)) == frontier.root


def test_tiles_have_addresses() -> None:
    """Numbers are written in groups of three digits, partial tiles with their width."""
    assert merkle.tile_path(0, 1234067, 256) == "tile/0/x001/x234/067"
    assert merkle.tile_path("entries", 5, 112) == "tile/entries/005.p/112"


def test_a_short_tile_gives_no_node() -> None:
    """A node beyond the end of a tile is an error, not a guess."""
    with pytest.raises(ValueError, match="too short"):
        merkle.node_in_tile(bytes(32), (0, 1))
