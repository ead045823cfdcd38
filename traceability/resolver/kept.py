"""Stored stories: the page of a product or of a lot, whole, with the place for what is said of one label open."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.core.clock import today
from app.web.packing import Piece, pack
from traceability.lots.models import Lot
from traceability.resolver import answers

MARK = "\x02label\x03"
"""Where the answer about one label stands in a stored story."""
_MARK = MARK.encode()


def story_key(path: str, now: datetime, lang: str) -> tuple[str, str, str]:
    """The key of a story in the page cache; `path` is the plain one of its product or lot."""
    return (path, f"day={today(now)}", lang)


class KeptStory:
    """A stored story, ready to be sent."""

    def __init__(self, body: bytes, gtin: str, lot: Lot | None) -> None:
        place = body.index(_MARK)
        view = memoryview(body)  # the page is kept once, whatever is made of it
        self._before, self._after = view[:place], view[place + len(_MARK) :]
        self.gtin = gtin
        self.lot_id: UUID | None = lot.id if lot else None
        self.lot_code: str | None = lot.code if lot else None
        self.plain = self.fill(b"")
        """The page that says nothing of any label."""
        self.etag = f'"{answers.etag_of(self.plain)}"'
        self.packed = pack([Piece(self.plain)])

    def fill(self, said: bytes) -> bytes:
        """The page with what is said of one label."""
        return b"".join((self._before, said, self._after))
