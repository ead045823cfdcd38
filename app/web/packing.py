"""Packing: pages compressed once, in pieces, with what differs from visitor to visitor between them (gzip, RFC 1952).

DEFLATE (RFC 1951) may be cut at every whole byte: each piece is compressed by itself and ends on one, so that pieces are
put together without compressing the page again. Only the check sum is counted anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

_HEAD = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])
_END = bytes([0x03, 0x00])
"""An empty last block."""
_LEVEL = 6


def _deflate(data: bytes | memoryview) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def _store(data: bytes) -> bytes:
    """A block that is not compressed (RFC 1951, 3.2.4), at most 65,535 bytes."""
    size = len(data)
    return b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data


class Piece:
    """Some bytes as they are and compressed; a `short` one, for a single answer, is not worth the compressing."""

    __slots__ = ("data", "deflated")

    def __init__(self, data: bytes | memoryview, *, short: bool = False) -> None:
        self.data = data
        self.deflated = _store(bytes(data)) if short else _deflate(data)


def pack(pieces: Iterable[Piece]) -> bytes:
    """Pieces put together as one gzip."""
    out = [_HEAD]
    check = size = 0
    for piece in pieces:
        out.append(piece.deflated)
        check = zlib.crc32(piece.data, check)
        size += len(piece.data)
    out += [_END, check.to_bytes(4, "little"), (size & 0xFFFFFFFF).to_bytes(4, "little")]
    return b"".join(out)


class Filled:
    """A page put together for one visitor; `etag` is its tag for `If-None-Match`."""

    def __init__(self, pieces: Sequence[Piece], etag: str) -> None:
        self._pieces = pieces
        self.etag = etag

    @property
    def body(self) -> bytes:
        """The page as it is."""
        return b"".join(piece.data for piece in self._pieces)

    def pack(self) -> bytes:
        """The page as gzip."""
        return pack(self._pieces)
