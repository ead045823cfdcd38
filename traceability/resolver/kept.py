"""What is kept ready: stories with the place for one label open, and the words about labels, with places for each one's own.

A story and the words about a label are compressed once and put together anew for each answer (see `app/web/packing.py`).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.core.clock import today
from app.web.packing import Filled, Piece
from traceability.lots.models import Lot

MARK = "\x02label\x03"
"""Where the answer about one label stands in a stored story."""
SERIAL, SIGNATURE = secrets.token_hex(16), secrets.token_hex(16)
"""What stands for a label's serial and signature in words that are kept; no page holds them by chance."""
_MARK = MARK.encode()
_OWN = re.compile(f"({SERIAL}|{SIGNATURE})".encode())


def story_key(path: str, now: datetime, lang: str) -> tuple[str, str, str]:
    """The key of a story in the page cache; `path` is the plain one of its product or lot."""
    return (path, f"day={today(now)}", lang)


class _Plain(Filled):
    """A page that is the same for all: it is compressed once."""

    def __init__(self, body: bytes, etag: str) -> None:
        super().__init__([Piece(body)], etag)
        self._packed = super().pack()

    def pack(self) -> bytes:
        return self._packed


class KeptWords:
    """The words about a label, for every label of a lot of which the same is known."""

    def __init__(self, said: bytes) -> None:
        """`said` has SERIAL and SIGNATURE where a label has its own."""
        self._parts = [part if _OWN.fullmatch(part) else Piece(part) for part in _OWN.split(said)]

    def fill(self, serial: str, signature: str) -> list[Piece]:
        """The words about one label."""
        own = {
            SERIAL.encode(): Piece(serial.encode(), short=True),
            SIGNATURE.encode(): Piece(signature.encode(), short=True),
        }
        return [part if isinstance(part, Piece) else own[part] for part in self._parts]


class KeptStory:
    """A stored story of a product or of a lot."""

    def __init__(self, body: bytes, gtin: str, lot: Lot | None) -> None:
        place = body.index(_MARK)
        view = memoryview(body)  # the page is kept once, whatever is made of it
        self._before, self._after = Piece(view[:place]), Piece(view[place + len(_MARK) :])
        self.gtin = gtin
        self.lot_code: str | None = lot.code if lot else None
        self.lot_id: UUID | None = lot.id if lot else None
        self.producer_id: UUID | None = lot.producer_id if lot else None
        self._tag = hashlib.blake2b(body, digest_size=16).digest()
        self.plain: Filled = _Plain(body.replace(_MARK, b""), self.tag_with(b""))
        """The page that says nothing of any label."""

    def tag_with(self, said: bytes) -> str:
        """The tag of the page with these words about a label: the story, which is long, is not read again for it."""
        return f'"{hashlib.blake2b(said, key=self._tag, digest_size=12).hexdigest()}"'

    def fill(self, words: Sequence[Piece]) -> Filled:
        """The page with the words about one label."""
        tag = self.tag_with(b"".join(piece.data for piece in words))
        return Filled([self._before, *words, self._after], tag)
