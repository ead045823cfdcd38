"""The transparency log: entries in, places given out, tiles and signed heads kept, proofs made.

Names and shapes follow C2SP (tlog-tiles, tlog-checkpoint, tlog-proof, tlog-cosignature); an entry is opaque bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.signing import signer_for
from traceability.transparency import merkle, repository
from traceability.transparency.errors import CosignatureError
from traceability.transparency.events import HeadWitnessed, LogGrown
from traceability.transparency.merkle import TILE, Get, Node
from traceability.transparency.notes import (
    COSIGNATURE,
    ED25519,
    Checkpoint,
    NoteError,
    VerifierKey,
    key_of,
    read_checkpoint,
    read_signature,
    sign_checkpoint,
)
from traceability.transparency.proofs import Proof

if TYPE_CHECKING:
    from app.core.signing import Signer

MOST_ENTRY = 65_535
BATCH = 5_000
"""Entries that get their place in one transaction."""
_PURPOSE = "log/1"
_WITNESS_PURPOSE = "witness/1"


@dataclass(frozen=True)
class LogKeeper:
    """Who keeps a log: its name (an address without scheme), its key, and the witnesses whose lines it shows."""

    origin: str
    signer: Signer
    witnesses: Sequence[VerifierKey] = ()

    @property
    def key(self) -> VerifierKey:
        """The key under which heads are signed."""
        return key_of(self.signer, self.origin, ED25519)


def open_log(public_url: str, secret: bytes, witnesses: Sequence[VerifierKey] = ()) -> LogKeeper:
    """The log of a house."""
    return LogKeeper(f"{_host_of(public_url)}/log", signer_for(secret, _PURPOSE), witnesses)


@dataclass(frozen=True)
class Witness:
    """A house as the witness of others' logs."""

    name: str
    signer: Signer

    @property
    def key(self) -> VerifierKey:
        """The key that the others are told."""
        return key_of(self.signer, self.name, COSIGNATURE)


def open_witness(public_url: str, secret: bytes) -> Witness:
    """This house as a witness; its key is another than the log's."""
    return Witness(f"{_host_of(public_url)}/witness", signer_for(secret, _WITNESS_PURPOSE))


def _host_of(public_url: str) -> str:
    parts = urlsplit(public_url)
    return (parts.netloc + parts.path).rstrip("/")


# ---------------------------------------------------------------- in


async def append(session: AsyncSession, entries: Sequence[bytes], *, now: datetime) -> None:
    """Put entries in the queue, in the caller's transaction; they get their places after it (see `integrate`).

    ValueError for an entry that is longer than a bundle can hold.
    """
    del now  # an entry's time is its own
    if any(len(entry) > MOST_ENTRY for entry in entries):
        raise ValueError("an entry is too long for the log")
    if entries:
        await repository.copy_to_queue(session, entries)


async def integrate(session: AsyncSession, *, keeper: LogKeeper, now: datetime) -> int:
    """Give up to `BATCH` waiting entries their places and sign the new head; answers how many.

    All in the caller's transaction, one at a time: either an entry is in the tree under a signed head, or it waits.
    """
    if not await repository.lock_log(session):
        return 0
    waiting = await repository.list_queue(session, BATCH)
    if not waiting:
        return 0
    head = await repository.find_checkpoint(session)
    size = head.size if head else 0
    unfinished = {(level, number) for level, number, _width in merkle.partial_tiles(size)}
    tiles = await repository.list_tiles(session, unfinished)
    if head is not None and merkle.root_of_range(0, size, merkle.reader_of(tiles)) != head.root:
        raise RuntimeError("the tiles do not lead to the head that was signed last")
    entries = [row.entry for row in waiting]
    grown_size, grown = merkle.grow(size, map(merkle.leaf_hash, entries), tiles)
    root = merkle.root_of_range(0, grown_size, merkle.reader_of(grown))
    await repository.copy_entries(session, size, entries)
    await repository.keep_tiles(session, grown)
    await repository.delete_queue(session, [row.id for row in waiting])
    note = sign_checkpoint(keeper.signer, keeper.origin, grown_size, root).spell()
    await repository.insert_checkpoint(session, size=grown_size, root=root, note=note, now=now)
    await emit(session, LogGrown(size=grown_size))
    return len(entries)


# ---------------------------------------------------------------- out


async def show_checkpoint(session: AsyncSession, keeper: LogKeeper) -> str:
    """The latest head with the witnesses' lines; of an empty log when nothing was logged yet."""
    head = await repository.find_checkpoint(session)
    if head is None:
        return sign_checkpoint(keeper.signer, keeper.origin, 0, merkle.EMPTY_ROOT).spell()
    return head.note + "".join(await repository.list_cosignatures(session, head.size))


_PATH = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?")


async def read_tile(session: AsyncSession, path: str) -> bytes | None:
    """The bytes of `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`; None when the log has no such tile."""
    found = _PATH.fullmatch(path)
    if found is None or (found[3] and int(found[3]) >= TILE):
        return None
    number = int(found[2].replace("x", "").replace("/", ""))
    width = int(found[3]) if found[3] else TILE
    if merkle.tile_path(found[1], number, width) != path or number > _MOST_NUMBER:
        return None
    if found[1] == "entries":
        entries = await repository.list_entries(session, number * TILE, number * TILE + width)
        return write_bundle(entries) if len(entries) == width else None
    tiles = await repository.list_tiles(session, [(int(found[1]), number)])
    data = tiles.get((int(found[1]), number), b"")
    return data[: width * merkle.HASH] if len(data) >= width * merkle.HASH else None


_MOST_NUMBER = 2**40


def write_bundle(entries: Collection[bytes]) -> bytes:
    """Entries as a bundle: each behind its length in two bytes."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def read_bundle(data: bytes) -> list[bytes]:
    """Take a bundle apart; ValueError when it is cut."""
    entries = []
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("the bundle is cut")
        (length,) = struct.unpack_from(">H", data, at)
        at += 2 + length
        if at > len(data):
            raise ValueError("the bundle is cut")
        entries.append(data[at - length : at])
    return entries


async def find_proof(session: AsyncSession, entry: bytes) -> Proof | None:
    """The proof that an entry is in the log, under the latest head that a witness saw if there is one; None while it waits."""
    index = await repository.find_index(session, entry)
    if index is None:
        return None
    head = await repository.find_witnessed(session, at_least=index + 1)
    head = head or await repository.find_checkpoint(session)
    assert head is not None  # noqa: S101 - an entry gets its place together with a head over it
    size = head.size
    path = await _compute(session, lambda get: merkle.inclusion_path(index, size, get))
    note = head.note + "".join(await repository.list_cosignatures(session, size))
    return Proof(entry, index, path, read_checkpoint(note))


async def find_missing(session: AsyncSession, entries: Sequence[bytes]) -> list[bytes]:
    """Those of these entries that are neither in the tree nor waiting for their place."""
    known = await repository.list_known(session, entries)
    return [entry for entry in entries if entry not in known]


async def find_consistency(session: AsyncSession, old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` entries begins with that of `old`; KeyError when the log is shorter."""
    return await _compute(session, lambda get: merkle.consistency_path(old, new, get))


async def _compute(session: AsyncSession, walk: Callable[[Get], list[bytes]]) -> list[bytes]:
    """Run a computation on the tree: ask which nodes it needs, read their tiles at once, run it."""
    nodes: set[Node] = merkle.nodes_needed(walk)
    tiles = await repository.list_tiles(session, {merkle.tile_of(node) for node in nodes})
    return walk(merkle.reader_of(tiles))


# ---------------------------------------------------------------- witnesses


async def add_cosignature(
    session: AsyncSession, *, keeper: LogKeeper, size: int, line: str, now: datetime
) -> None:
    """Keep a witness's line under a head of ours; raises `CosignatureError` unless it is good and from a known witness."""
    head = await repository.find_checkpoint_of(session, size)
    if head is None:
        raise CosignatureError
    try:
        signature = read_signature(line.strip())
    except NoteError as error:
        raise CosignatureError from error
    known = Checkpoint(keeper.origin, head.size, head.root, [signature])
    if not any(known.stamp_of(key) is not None for key in keeper.witnesses):
        raise CosignatureError
    await repository.keep_cosignature(
        session, size=size, name=signature.name, line=signature.spell(), now=now
    )
    await emit(session, HeadWitnessed(size=size))
