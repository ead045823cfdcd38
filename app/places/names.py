"""Names of places as people type them: the word for the level is left off, old names keep their parents."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from app.core.text import fold

# Longest first, so that "thành phố" comes off whole.
_LEVELS = ("thành phố", "thị trấn", "đặc khu", "thị xã", "phường", "huyện", "quận", "tỉnh", "xã", "tp", "tt")
_ALL_LEVELS = "|".join([*_LEVELS, *(fold(word) for word in _LEVELS)])
_LEVEL = re.compile(rf"(?:(?:{_ALL_LEVELS}) |(?:tp|tt|h|q|p|x|t)\. ?)(?=\S)", re.IGNORECASE)
_MOST_REMEMBERED = 20_000  # more than there are names in the data


def bare(name: str) -> str:
    """Take the word for the level off: "Xã La Bằng" -> "La Bằng"; with or without marks, "TP." as well."""
    typed = " ".join(unicodedata.normalize("NFC", name).split())
    level = _LEVEL.match(typed)
    return typed[level.end() :] if level else typed


@lru_cache(_MOST_REMEMBERED)
def words_of(name: str) -> str:
    """The folded form that search compares, part by part: "Xã La Bằng, Tỉnh Thái Nguyên" -> "la bang, thai nguyen"."""
    parts = (fold(bare(part)) for part in name.split(","))
    return ", ".join(part for part in parts if part)


def said_inside(name: str) -> str:
    """A name in the middle of a sentence: "Thành Phố Bắc Kạn" -> "thành phố Bắc Kạn"."""
    proper = bare(name)
    return name[: len(name) - len(proper)].lower() + proper
