"""Packing: what was compressed in pieces reads as the whole."""

from __future__ import annotations

import gzip

from hypothesis import given
from hypothesis import strategies as st

from app.web.packing import Piece, pack


@given(st.lists(st.tuples(st.binary(max_size=400) | st.just(b"abc" * 20_000), st.booleans()), max_size=5))
def test_pieces_read_as_one_page(given_parts: list[tuple[bytes, bool]]) -> None:
    """Whatever the pieces, short or not, and however often they are used: any reader of gzip gets them in order, the check sum good."""
    parts = [part for part, _short in given_parts]
    pieces = [Piece(part, short=short) for part, short in given_parts]
    assert gzip.decompress(pack(pieces)) == b"".join(parts)
    assert gzip.decompress(pack([*pieces, *pieces])) == b"".join(parts) * 2
