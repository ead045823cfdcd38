"""Looking a log over from outside: everything computed anew from its own files, nothing taken on trust."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from traceability.transparency import merkle
from traceability.transparency.merkle import TILE, Frontier, tile_path
from traceability.transparency.notes import Checkpoint, NoteError, VerifierKey, read_checkpoint
from traceability.transparency.service import read_bundle

Fetch = Callable[[str], Awaitable[bytes | None]]
"""Fetches a file of a log by its path below the prefix; None when there is none."""


class LogFaultError(Exception):
    """The log is not what it says; the text names the file."""


@dataclass(frozen=True)
class Seen:
    """A head that was seen before."""

    size: int
    root: bytes


async def fetch_checkpoint(fetch: Fetch, key: VerifierKey) -> Checkpoint:
    """The log's head, if its own key signed it; raises `LogFaultError`."""
    raw = await fetch("checkpoint")
    if raw is None:
        raise LogFaultError("checkpoint: there is none")
    try:
        head = read_checkpoint(raw.decode())
    except (NoteError, UnicodeDecodeError) as error:
        raise LogFaultError(f"checkpoint: {error}") from error
    if head.origin != key.name or not head.is_signed_by(key):
        raise LogFaultError("checkpoint: not signed by the key of this log")
    return head


async def inspect(fetch: Fetch, key: VerifierKey, seen: Seen | None = None) -> Checkpoint:
    """Compute a log anew from its entries and compare every tile, the head, and the head that was seen before.

    Memory is bounded: one bundle, and one hash for each full tile. Raises `LogFaultError`.
    """
    head = await fetch_checkpoint(fetch, key)
    if seen is not None and seen.size > head.size:
        raise LogFaultError(f"checkpoint: the log was longer before ({seen.size} entries, now {head.size})")
    frontier = Frontier()
    above: list[bytes] = []
    if seen is not None and seen.size == 0:
        seen = None
    for number in range(-(-head.size // TILE)):
        width = min(TILE, head.size - number * TILE)
        hashes = await _read_entries(fetch, number, width)
        await _compare(fetch, 0, number, b"".join(hashes))
        for hashed in hashes:
            frontier.add(hashed)
            if seen is not None and frontier.size == seen.size and frontier.root != seen.root:
                raise LogFaultError(f"the first {seen.size} entries are not those that were seen before")
        if width == TILE:
            above.append(merkle.tile_root(b"".join(hashes)))
    await _compare_above(fetch, above)
    if frontier.root != head.root:
        raise LogFaultError("checkpoint: the entries lead to another root")
    return head


async def _compare_above(fetch: Fetch, hashes: list[bytes]) -> None:
    """Compare the tiles of every level above the entries; `hashes` are the roots of the full tiles below."""
    level = 1
    while hashes:
        upper: list[bytes] = []
        for start in range(0, len(hashes), TILE):
            part = hashes[start : start + TILE]
            await _compare(fetch, level, start // TILE, b"".join(part))
            if len(part) == TILE:
                upper.append(merkle.tile_root(b"".join(part)))
        hashes = upper
        level += 1


async def _read_entries(fetch: Fetch, number: int, width: int) -> list[bytes]:
    path = tile_path("entries", number, width)
    data = await fetch(path)
    if data is None:
        raise LogFaultError(f"{path}: there is none")
    try:
        entries = read_bundle(data)
    except ValueError as error:
        raise LogFaultError(f"{path}: {error}") from error
    if len(entries) != width:
        raise LogFaultError(f"{path}: holds {len(entries)} entries, not {width}")
    return [merkle.leaf_hash(entry) for entry in entries]


async def _compare(fetch: Fetch, level: int, number: int, expected: bytes) -> None:
    path = tile_path(level, number, len(expected) // merkle.HASH)
    if await fetch(path) != expected:
        raise LogFaultError(f"{path}: is not what the entries make")


async def prove_consistency(fetch: Fetch, seen: Seen, head: Checkpoint) -> bool:
    """Whether a log's head goes on from one seen before, by its tiles (what a witness asks); raises `LogFaultError`."""
    if seen.size > head.size:
        return False
    if seen.size in {0, head.size}:
        return seen.size == 0 or seen.root == head.root
    nodes = merkle.nodes_needed(lambda get: merkle.consistency_path(seen.size, head.size, get))
    tiles: dict[tuple[int, int], bytes] = {}
    for level, number in {merkle.tile_of(node) for node in nodes}:
        width = min(TILE, (head.size >> (merkle.HEIGHT * level)) - number * TILE)
        path = tile_path(level, number, width)
        data = await fetch(path)
        if data is None or len(data) != width * merkle.HASH:
            raise LogFaultError(f"{path}: there is none")
        tiles[level, number] = data
    steps = merkle.consistency_path(seen.size, head.size, merkle.reader_of(tiles))
    return merkle.verifies_consistency(seen.size, seen.root, head.size, head.root, steps)
