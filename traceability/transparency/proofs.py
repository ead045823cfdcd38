"""Proofs that stand by themselves (C2SP tlog-proof): an entry, its place, the path, the signed head; checked offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from traceability.transparency.merkle import HASH, verifies_inclusion
from traceability.transparency.notes import (
    Checkpoint,
    NoteError,
    VerifierKey,
    decode,
    encode,
    read_checkpoint,
)

HEAD = "c2sp.org/tlog-proof@v1"
_MOST_PATH = 64
_MOST_EXTRA = 100_000


@dataclass(frozen=True)
class Proof:
    """That an entry stands at a place of a log. `extra` is the entry itself, so that the file needs nothing beside it."""

    extra: bytes
    index: int
    path: Sequence[bytes]
    checkpoint: Checkpoint

    def spell(self) -> str:
        """The text of the file."""
        lines = [
            HEAD,
            f"extra {encode(self.extra)}",
            f"index {self.index}",
            *(encode(step) for step in self.path),
        ]
        return "\n".join(lines) + "\n\n" + self.checkpoint.spell()

    def proves(self, entry: bytes, key: VerifierKey) -> bool:
        """Whether the head is signed by this key and the path leads from the entry to it."""
        head = self.checkpoint
        return (
            head.origin == key.name
            and head.is_signed_by(key)
            and verifies_inclusion(entry, self.index, head.size, self.path, head.root)
        )


def read_proof(text: str) -> Proof:
    """Read a proof file; raises `NoteError`."""
    top, empty, note = text.partition("\n\n")
    lines = top.split("\n")
    if not empty or lines[0] != HEAD or len(lines) > _MOST_PATH + 3:
        raise NoteError("this is no proof of a log")
    rest = lines[1:]
    extra = b""
    if rest and rest[0].startswith("extra "):
        extra = _read(rest.pop(0).removeprefix("extra "))
    if not rest or not rest[0].startswith("index "):
        raise NoteError("the proof says no index")
    said = rest[0].removeprefix("index ")
    if not (said.isascii() and said.isdecimal()) or str(int(said[:20])) != said:
        raise NoteError("the index is no number")
    path = [_read(line) for line in rest[1:]]
    if any(len(step) != HASH for step in path) or len(extra) > _MOST_EXTRA:
        raise NoteError("the path is not made of hashes")
    return Proof(extra, int(said), path, read_checkpoint(note))


def _read(text: str) -> bytes:
    try:
        return decode(text)
    except ValueError as error:
        raise NoteError("a line is not base64") from error
