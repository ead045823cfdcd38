"""Vietnamese text: folded for search, spelled for addresses and bank memos, ordered as in the dictionary."""

from __future__ import annotations

import re
import unicodedata

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {
    "\u0300": 2,
    "\u0309": 3,
    "\u0303": 4,
    "\u0301": 5,
    "\u0323": 6,
}  # huyền hỏi ngã sắc nặng; 1 is ngang
_LETTER_MARKS = {"\u0302", "\u0306", "\u031b"}  # circumflex, breve, horn make letters of their own
_DIGIT_RANK, _LETTER_RANK, _FOREIGN = 0x10, 0x20, 0xF0
_BLANK = (" ", 1)


def strip_marks(text: str) -> str:
    """Take the marks off letters, keeping case: "Đặng Thị Hoà" -> "Dang Thi Hoa"."""
    bare = "".join(
        char for char in unicodedata.normalize("NFD", text) if not unicodedata.category(char).startswith("M")
    )
    return unicodedata.normalize("NFC", bare).replace("đ", "d").replace("Đ", "D")


def fold(text: str) -> str:
    """Reduce text to the form that search compares: no case, no marks, đ as d, single blanks."""
    return " ".join(strip_marks(unicodedata.normalize("NFC", text).casefold()).split())


def slugify(text: str, max_length: int = 80) -> str:
    """Spell a name for a web address: "Chè Shan tuyết" -> "che-shan-tuyet"; empty when no letter or digit is left."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")
    return slug[:max_length].rstrip("-")


def to_ascii_memo(text: str, max_length: int) -> str:
    """Spell a bank memo with A-Z, a-z, 0-9 and blanks alone: banks mangle or refuse all else."""
    return " ".join(re.sub(r"[^A-Za-z0-9]+", " ", strip_marks(text)).split())[:max_length].rstrip()


def sort_key(text: str) -> bytes:
    """Order as in a Vietnamese dictionary: letters a ă â b ... y first, tones only between equal letters.

    Blanks and punctuation come before digits, digits before letters, letters of other scripts last. Case is no matter.
    The bytes may be kept in a column and compared there.
    """
    letters, tones = bytearray(), bytearray()
    for char, tone in _letters(text):
        if char == " ":
            letters.append(1)
        elif char in _ALPHABET:
            letters.append(_LETTER_RANK + _ALPHABET.index(char))
        elif char in "0123456789":
            letters.append(_DIGIT_RANK + int(char))
        else:
            letters += bytes([_FOREIGN]) + ord(char).to_bytes(3, "big")
        tones.append(tone)
    return bytes(letters) + b"\x00" + bytes(tones)


def _letters(text: str) -> list[tuple[str, int]]:
    """Split into (letter without its tone, tone 1-6); a run of blanks and punctuation is one blank, none at the ends."""
    found: list[tuple[str, int]] = []
    for char in unicodedata.normalize("NFC", text.casefold()):
        base, *marks = list(unicodedata.normalize("NFD", char))
        if base.isalnum():
            letter = unicodedata.normalize(
                "NFC", base + "".join(mark for mark in marks if mark in _LETTER_MARKS)
            )
            tone = max((_TONES.get(mark, 1) for mark in marks), default=1)
            found.append((letter if letter in _ALPHABET else base, tone))
        elif found and found[-1] != _BLANK and not unicodedata.category(base).startswith("M"):
            found.append(_BLANK)
    return found[:-1] if found and found[-1] == _BLANK else found
