"""Signed notes (C2SP signed-note), checkpoints (tlog-checkpoint) and witnesses' cosignatures (tlog-cosignature)."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.core.signing import verifies

if TYPE_CHECKING:
    from app.core.signing import Signer

ED25519 = 0x01
COSIGNATURE = 0x04
_KEY_ID = 4
_PUBLIC = 32
_STAMP = 8
_SIGNATURE = 64
MOST_NOTE = 20_000
MOST_SIGNATURES = 32
_DECIMAL = re.compile(r"0|[1-9]\d{0,18}")
_NAME = re.compile(r"[^\s+]+")


class NoteError(ValueError):
    """This is no note, or no key; the text says why."""


@dataclass(frozen=True)
class VerifierKey:
    """A public key under a name: `kind` is the type of signature that it checks."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that, with the name, say which key it is."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[
            :_KEY_ID
        ]

    def spell(self) -> str:
        """The key as people hand it on: name, id and key divided by plus signs."""
        return f"{self.name}+{self.key_id.hex()}+{encode(bytes([self.kind]) + self.public)}"


def read_key(text: str) -> VerifierKey:
    """Read a key as `VerifierKey.spell` writes it; raises `NoteError`."""
    name, _plus, rest = text.strip().partition("+")
    said_id, _plus, said = rest.partition("+")
    try:
        raw = decode(said)
    except ValueError as error:
        raise NoteError("the key is not base64") from error
    if not _NAME.fullmatch(name) or len(raw) != _PUBLIC + 1 or raw[0] not in {ED25519, COSIGNATURE}:
        raise NoteError("this is no key of a log or a witness")
    key = VerifierKey(name, raw[0], raw[1:])
    if key.key_id.hex() != said_id:
        raise NoteError("the key does not fit its own id")
    return key


@dataclass(frozen=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    data: bytes

    def spell(self) -> str:
        """The line, with its end."""
        return f"— {self.name} {encode(self.key_id + self.data)}\n"


def read_signature(line: str) -> Signature:
    """Read one signature line; raises `NoteError`."""
    dash, _space, rest = line.partition(" ")
    name, _space, said = rest.partition(" ")
    if dash != "—" or not _NAME.fullmatch(name):
        raise NoteError("this is no signature line")
    try:
        raw = decode(said)
    except ValueError as error:
        raise NoteError("a signature is not base64") from error
    if len(raw) <= _KEY_ID:
        raise NoteError("a signature is too short")
    return Signature(name, raw[:_KEY_ID], raw[_KEY_ID:])


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: its name, how many entries, the root of the tree; and who signed that."""

    origin: str
    size: int
    root: bytes
    signatures: Sequence[Signature] = ()

    @property
    def body(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n"

    def spell(self) -> str:
        """The whole note."""
        return self.body + "\n" + "".join(signature.spell() for signature in self.signatures)

    def is_signed_by(self, key: VerifierKey) -> bool:
        """Whether this key's signature stands under the note; one that is wrong does not count."""
        return any(self._is_good(signature, key) for signature in self.signatures)

    def stamp_of(self, key: VerifierKey) -> int | None:
        """When a witness cosigned (seconds since 1970); None when it did not."""
        for signature in self.signatures:
            if key.kind == COSIGNATURE and self._is_good(signature, key):
                return int.from_bytes(signature.data[:_STAMP], "big")
        return None

    def _is_good(self, signature: Signature, key: VerifierKey) -> bool:
        if signature.name != key.name or signature.key_id != key.key_id:
            return False
        if key.kind == ED25519:
            return verifies(key.public, self.body.encode(), signature.data)
        stamp, signed = signature.data[:_STAMP], signature.data[_STAMP:]
        message = _cosigned(self.body, int.from_bytes(stamp, "big"))
        return len(signature.data) == _STAMP + _SIGNATURE and verifies(key.public, message, signed)


def read_checkpoint(text: str) -> Checkpoint:
    """Read a signed checkpoint; raises `NoteError`. Whether the signatures are good is another question."""
    if len(text) > MOST_NOTE or not text.endswith("\n"):
        raise NoteError("this is no checkpoint")
    body, empty, signed = text.rpartition("\n\n")
    lines = body.split("\n")
    if not empty or len(lines) != 3 or any(ord(char) < 32 for char in text if char != "\n"):  # noqa: PLR2004 - three lines of printable text
        raise NoteError("this is no checkpoint")
    origin, size, said_root = lines
    try:
        root = decode(said_root)
    except ValueError as error:
        raise NoteError("the root is not base64") from error
    if not _NAME.fullmatch(origin) or not _DECIMAL.fullmatch(size) or len(root) != _PUBLIC:
        raise NoteError("this is no checkpoint")
    signatures = [read_signature(line) for line in signed.rstrip("\n").split("\n")]
    if len(signatures) > MOST_SIGNATURES:
        raise NoteError("too many signatures")
    return Checkpoint(origin, int(size), root, signatures)


def key_of(signer: Signer, name: str, kind: int) -> VerifierKey:
    """The public half of a signer under a name."""
    return VerifierKey(name, kind, signer.public_bytes)


def sign_checkpoint(signer: Signer, origin: str, size: int, root: bytes) -> Checkpoint:
    """Sign a head as its log."""
    bare = Checkpoint(origin, size, root)
    key = key_of(signer, origin, ED25519)
    return Checkpoint(
        origin, size, root, [Signature(origin, key.key_id, signer.sign_raw(bare.body.encode()))]
    )


def cosign(signer: Signer, name: str, checkpoint: Checkpoint, stamp: int) -> Signature:
    """Sign another log's head as a witness, at an instant in seconds since 1970."""
    data = stamp.to_bytes(_STAMP, "big") + signer.sign_raw(_cosigned(checkpoint.body, stamp))
    return Signature(name, key_of(signer, name, COSIGNATURE).key_id, data)


def _cosigned(body: str, stamp: int) -> bytes:
    return f"cosignature/v1\ntime {stamp}\n{body}".encode()


def read_keys(texts: Iterable[str]) -> list[VerifierKey]:
    """Read several keys; raises `NoteError`."""
    return [read_key(text) for text in texts if text.strip()]


def encode(data: bytes) -> str:
    """Spell bytes as base64 (RFC 4648, 4)."""
    return b64encode(data).decode()


def decode(text: str) -> bytes:
    """Read base64 as `encode` writes it, and nothing that only looks like it; ValueError."""
    raw = b64decode(text.encode("ascii", "strict"), validate=True)
    if encode(raw) != text:
        raise ValueError("not the one spelling of these bytes")
    return raw
