"""Packing: what was compressed in pieces reads as the whole."""

from __future__ import annotations

import gzip

from hypothesis import given
from hypothesis import strategies as st

from app.web.packing import Piece, pack


@given(st.lists(st.binary(max_size=400) | st.just(b"abc" * 20_000), max_size=5))
def test_pieces_read_as_one_page(parts: list[bytes]) -> None:
    """Whatever the pieces, and however often they are used: any reader of gzip gets them in order, the check sum good."""
    pieces = [Piece(part) for part in parts]
    assert gzip.decompress(pack(pieces)) == b"".join(parts)
    assert gzip.decompress(pack([*pieces, *pieces])) == b"".join(parts) * 2
