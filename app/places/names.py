"""Names of places as people type them: the word for the level is left off, old names keep their parents."""

from __future__ import annotations

import unicodedata

from app.core.text import fold

# Longest first, so that "thị xã" is not read as "thị ..." and "thành phố" comes off whole.
_LEVELS = (
    "thành phố", "thị trấn", "đặc khu", "thị xã", "phường", "huyện", "quận", "tỉnh", "xã",
)  # fmt: skip
_FOLDED_LEVELS = (*(fold(word) for word in _LEVELS), "tp.", "tp", "tt.", "h.", "q.", "p.", "x.", "t.")


def bare(name: str) -> str:
    """Take the word for the level off: "Xã La Bằng" -> "La Bằng"; with or without marks, "tp" as well."""
    typed = " ".join(unicodedata.normalize("NFC", name).split())
    for level in (*_LEVELS, *_FOLDED_LEVELS):
        head, rest = typed[: len(level)], typed[len(level) :]
        if head.casefold() == level and (rest.startswith(" ") or (level.endswith(".") and rest)):
            return rest.strip()
    return typed


def words_of(name: str) -> str:
    """The folded form that search compares, part by part: "Xã La Bằng, Tỉnh Thái Nguyên" -> "la bang, thai nguyen"."""
    parts = (fold(bare(part)) for part in name.split(","))
    return ", ".join(part for part in parts if part)


def said_inside(name: str) -> str:
    """A name in the middle of a sentence: "Thành Phố Bắc Kạn" -> "thành phố Bắc Kạn"."""
    proper = bare(name)
    return name[: len(name) - len(proper)].lower() + proper
