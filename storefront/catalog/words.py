"""Words of the search: what was written and what is typed, brought to one form."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from app.core.text import fold, strip_marks
from producers.farms.models import Crop

SYNONYMS = (("chè", "trà"), ("htx", "hợp tác xã"))
"""Groups of words that mean the same to a buyer."""
CROP_WORDS = {Crop.TEA: "chè", Crop.STURGEON: "cá tầm", Crop.SALMON: "cá hồi"}
_NOT_WORD = re.compile(r"[\W_]+")
MAX_WORDS = 8


@dataclass(frozen=True)
class Query:
    """What somebody typed: words with their marks, and the same without."""

    exact: tuple[str, ...]
    folded: tuple[str, ...]

    @property
    def tsquery(self) -> str:
        """Every word as the beginning of a word (PostgreSQL, text search type tsquery)."""
        return " & ".join(f"{word}:*" for word in self.folded)


def spell(text: str) -> str:
    """Reduce text to words in lower case with marks, composed (NFC), single blanks."""
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFC", text).casefold()).strip()


def read_query(text: str) -> Query:
    """Read what was typed, at most MAX_WORDS words; no words at all is an empty query."""
    exact = tuple(spell(text).split()[:MAX_WORDS])
    return Query(exact, tuple(word for part in exact for word in fold(part).split()))


def index_exact(*lines: str) -> str:
    """Spell lines for the search with marks, each with the synonyms of what it says."""
    return "\n".join(_with_synonyms(spell(line), SYNONYMS) for line in lines)


def index_folded(*lines: str) -> str:
    """Spell lines for the search without marks, each with the synonyms of what it says."""
    groups = tuple(tuple(strip_marks(word) for word in group) for group in SYNONYMS)
    return "\n".join(_with_synonyms(fold(spell(line)), groups) for line in lines)


def _with_synonyms(line: str, groups: tuple[tuple[str, ...], ...]) -> str:
    padded = f" {line} "
    added = [
        word
        for group in groups
        if any(f" {word} " in padded for word in group)
        for word in group
        if f" {word} " not in padded
    ]
    return " ".join([line, *added])
