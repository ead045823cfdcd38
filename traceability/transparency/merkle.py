"""Merkle trees (RFC 6962, 2.1) kept as tiles of 256 hashes (C2SP tlog-tiles)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

HASH = 32
TILE = 256
HEIGHT = 8
"""A tile stands for a subtree of this height."""

Node = tuple[int, int]
"""The root of a full subtree: its height, and its place among the subtrees of this height."""
Get = Callable[[Node], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


# ---------------------------------------------------------------- ranges and proofs


def _split(size: int) -> int:
    """The largest power of two that is smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def full_nodes(start: int, end: int) -> list[Node]:
    """The full subtrees that make up the entries from `start` (a multiple of the first one's size) to `end`, in order."""
    nodes: list[Node] = []
    while start < end:
        height = (end - start).bit_length() - 1
        nodes.append((height, start >> height))
        start += 1 << height
    return nodes


def root_of_range(start: int, end: int, get: Get) -> bytes:
    """The tree hash of a range of entries as proofs need it."""
    *rest, last = [get(node) for node in full_nodes(start, end)] or [EMPTY_ROOT]
    for left in reversed(rest):
        last = node_hash(left, last)
    return last


def inclusion_path(index: int, size: int, get: Get) -> list[bytes]:
    """The audit path of an entry, from its sibling to the child of the root (RFC 6962, 2.1.1)."""
    start, end = 0, size
    path: list[bytes] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(root_of_range(middle, end, get))
            end = middle
        else:
            path.append(root_of_range(start, middle, get))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int, get: Get) -> list[bytes]:
    """The proof that a tree of `new` entries begins with the tree of `old` (RFC 6962, 2.1.2)."""
    if not 0 < old < new:
        return []
    start, end = 0, new
    is_old_root = True
    path: list[bytes] = []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(root_of_range(middle, end, get))
            end = middle
        else:
            path.append(root_of_range(start, middle, get))
            start = middle
            is_old_root = False
    if not is_old_root:
        path.append(root_of_range(start, end, get))
    return path[::-1]


def verifies_inclusion(entry: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether an audit path leads from an entry to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last = index, size - 1
    found = leaf_hash(entry)
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            found = node_hash(found, sibling)
        place >>= 1
        last >>= 1
    return last == 0 and found == root


def verifies_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a proof shows that the old tree is the beginning of the new one (RFC 9162, 2.1.4.2)."""
    if old > new or old < 0:
        return False
    if old in {0, new}:
        return not path and (old == 0 or old_root == new_root)
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place >>= 1
        last >>= 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            second = node_hash(second, step)
        place >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root


# ---------------------------------------------------------------- tiles


def tile_of(node: Node) -> tuple[int, int]:
    """The tile (level, number) that a node's hash is made from."""
    height, place = node
    level, inner = divmod(height, HEIGHT)
    return level, (place << inner) // TILE


def node_in_tile(data: bytes, node: Node) -> bytes:
    """A node's hash from its tile; ValueError when the tile does not reach that far."""
    height, place = node
    inner = height % HEIGHT
    first = (place << inner) % TILE
    hashes = [data[at : at + HASH] for at in range(first * HASH, (first + (1 << inner)) * HASH, HASH)]
    if len(hashes[-1]) != HASH:
        raise ValueError("the tile is too short")
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def nodes_needed(walk: Callable[[Get], object]) -> set[Node]:
    """The nodes that a computation asks for; they do not depend on each other."""
    asked: set[Node] = set()

    def note(node: Node) -> bytes:
        asked.add(node)
        return bytes(HASH)

    walk(note)
    return asked


def reader_of(tiles: Mapping[tuple[int, int], bytes]) -> Get:
    """Read nodes from tiles that are at hand."""
    return lambda node: node_in_tile(tiles[tile_of(node)], node)


def partial_tiles(size: int) -> Iterator[tuple[int, int, int]]:
    """The unfinished tile of each level of a tree: level, number, width."""
    level = 0
    while size >> (HEIGHT * level):
        number, width = divmod(size >> (HEIGHT * level), TILE)
        if width:
            yield level, number, width
        level += 1


def grow(
    size: int, hashes: Iterable[bytes], tiles: Mapping[tuple[int, int], bytes]
) -> tuple[int, dict[tuple[int, int], bytes]]:
    """Add leaf hashes to a tree of `size` entries, of which `tiles` holds the unfinished ones.

    Answers the new size, and every tile that the unfinished ones became or that is new.
    """
    grown = {key: bytearray(data) for key, data in tiles.items()}
    for found in hashes:
        hashed, level, place = found, 0, size
        while True:
            tile = grown.setdefault((level, place // TILE), bytearray())
            tile += hashed
            if len(tile) < TILE * HASH:
                break
            hashed = tile_root(tile)
            place //= TILE
            level += 1
        size += 1
    return size, {key: bytes(data) for key, data in grown.items()}


def tile_root(data: bytes | bytearray) -> bytes:
    """The tree hash of a full tile."""
    hashes = [bytes(data[at : at + HASH]) for at in range(0, TILE * HASH, HASH)]
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def tile_path(level: int | str, number: int, width: int) -> str:
    """The address of a tile (`level` a number) or of a bundle of entries (`level` is "entries")."""
    parts = [f"{number % 1000:03}"]
    while number >= 1000:  # noqa: PLR2004 - three digits to a part
        number //= 1000
        parts.append(f"x{number % 1000:03}")
    path = f"tile/{level}/{'/'.join(reversed(parts))}"
    return path if width == TILE else f"{path}.p/{width}"


class Frontier:
    """The root of a tree that grows by one entry at a time, in a few hashes of memory."""

    def __init__(self) -> None:
        self.size = 0
        self._full: list[tuple[int, bytes]] = []

    def add(self, hashed: bytes) -> None:
        """Add a leaf hash."""
        height = 0
        while self._full and self._full[-1][0] == height:
            hashed = node_hash(self._full.pop()[1], hashed)
            height += 1
        self._full.append((height, hashed))
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root as it stands now."""
        if not self._full:
            return EMPTY_ROOT
        *rest, (_height, last) = self._full
        for _height, left in reversed(rest):
            last = node_hash(left, last)
        return last
