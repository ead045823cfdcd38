"""Compressed Digital Links: reading them back into their plain form (GS1 Digital Link: Compression, 1.0).

A compressed link is one path segment of 64 URI-safe characters, six bits each. The bits hold, one after another, the
digits of an application identifier (four bits each) and its value; a pair of digits with a letter stands for a usual
sequence of identifiers, and F begins a pair that is not GS1's. A partly compressed link keeps its key in the open.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from urllib.parse import quote, unquote, urlencode

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

from traceability.links.keys import KEYS, Anchor, LinkSyntaxError, read_anchor

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
HEX = "0123456789ABCDEF"
MOST_CHARACTERS = 300
_SEGMENT = re.compile(rf"[A-Za-z0-9_-]{{5,{MOST_CHARACTERS}}}", re.ASCII)
_FOREIGN = "F"
_PADDING = 6


def _usual_sequences() -> dict[str, tuple[str, ...]]:
    """The pairs of digits that stand for several identifiers at once."""
    found = {
        "0A": ("01", "22"),
        "0B": ("01", "10"),
        "0C": ("01", "21"),
        "0D": ("01", "17"),
        "0E": ("01", "7003"),
        "0F": ("01", "30"),
        "1A": ("01", "10", "21", "17"),
        "1B": ("01", "15"),
        "1C": ("01", "11"),
        "1D": ("01", "16"),
        "1E": ("01", "91"),
        "1F": ("01", "10", "15"),
        "9A": ("8010", "8011"),
        "9B": ("8017", "8019"),
        "9C": ("8018", "8019"),
        "9D": ("414", "254"),
    }
    for number in range(6):
        found[f"2{HEX[10 + number]}"] = ("01", f"310{number}")
        found[f"3{HEX[10 + number]}"] = ("01", f"320{number}")
    for number in range(10):
        found[f"A{number}"] = ("01", f"392{number}")
        found[f"C{number}"] = ("255", f"390{number}")
    for number in range(4):
        found[f"C{HEX[10 + number]}"] = ("255", f"394{number}")
    return found


SEQUENCES: Mapping[str, tuple[str, ...]] = MappingProxyType(_usual_sequences())
ORDERED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {code: tuple(sorted(sequence)) for code, sequence in SEQUENCES.items()}
)
"""The same, as the widespread toolkit writes them: it sorts each sequence by its digits."""


class CompressionError(ValueError):
    """These bits are no compressed link."""


@dataclass(frozen=True)
class Component:
    """A part of a value: digits or characters, so many or up to so many."""

    is_numeric: bool
    length: int
    is_variable: bool


@dataclass
class _Bits:
    """The bits of a segment, read from the left."""

    text: str
    at: int = 0

    @property
    def left(self) -> int:
        return len(self.text) - self.at

    def take(self, count: int) -> int:
        """The next `count` bits as a number; CompressionError when there are fewer."""
        if count > self.left:
            raise CompressionError
        taken = self.text[self.at : self.at + count]
        self.at += count
        return int(taken, 2) if taken else 0

    def is_over(self) -> bool:
        """Whether only the padding is left."""
        return self.left < _PADDING and "1" not in self.text[self.at :]


@dataclass
class _Found:
    """What was read: GS1's pairs, and others."""

    pairs: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)


def expand_path(path: str) -> tuple[str, str] | None:
    """The plain (path, query) of a compressed or partly compressed path; None when it is none, or not a valid link."""
    parts = path.removesuffix("/").split("/")[1:]
    if len(parts) % 2 == 0 or not _SEGMENT.fullmatch(parts[-1]):
        return None
    given = [(unquote(ai), unquote(value)) for ai, value in zip(parts[:-1:2], parts[1:-1:2], strict=True)]
    for sequences in (SEQUENCES, ORDERED):
        try:
            found = _decompress(parts[-1], sequences)
            return _spell([*given, *found.pairs.items()], found.others)
        except (CompressionError, LinkSyntaxError):
            continue
    return None


def digit_bits(digits: int) -> int:
    """How many bits a number of so many digits takes."""
    return math.ceil(digits * math.log2(10) + 0.01)


def length_bits(most: int) -> int:
    """How many bits say a length of at most so many characters."""
    return math.ceil(math.log2(most) + 0.01)


@cache
def components_of(ai: str) -> Sequence[Component]:
    """The parts of an identifier's value; CompressionError for an identifier that there is not."""
    try:
        known = GS1ApplicationIdentifier.extract(ai)
    except ParseError as error:
        raise CompressionError from error
    if known.ai != ai:
        raise CompressionError
    parts = re.findall(r"([NXYZ])(\.\.)?(\d+)", known.format)[1:]  # the first is the identifier itself
    found: list[Component] = []
    for kind, dots, length in parts:
        part = Component(kind == "N", int(length), bool(dots))
        before = found[-1] if found else None
        if before and part.is_numeric and before.is_numeric and not (part.is_variable or before.is_variable):
            is_optional = f"[+{kind}{length}]" in known.format
            if not is_optional:
                found[-1] = Component(is_numeric=True, length=before.length + part.length, is_variable=False)
                continue
            part = Component(is_numeric=True, length=part.length, is_variable=True)
        found.append(part)
    return found


def _decompress(segment: str, sequences: Mapping[str, Sequence[str]]) -> _Found:
    bits = _Bits("".join(f"{ALPHABET.index(character):06b}" for character in segment))
    found = _Found()
    while not bits.is_over():
        first, second = HEX[bits.take(4)], bits.take(4)
        if first == _FOREIGN:
            _read_foreign(bits, second, found.others)
        elif (first + HEX[second]) in sequences:
            for ai in sequences[first + HEX[second]]:
                _read_pair(bits, ai, found.pairs)
        else:
            _read_pair(bits, _read_identifier(bits, first + HEX[second]), found.pairs)
    return found


def _read_identifier(bits: _Bits, digits: str) -> str:
    """The whole identifier that begins with two digits: no identifier is the beginning of another."""
    for _more in range(3):
        if not digits.isdecimal():
            break
        try:
            components_of(digits)
        except CompressionError:
            digits += HEX[bits.take(4)]
        else:
            return digits
    raise CompressionError


def _read_pair(bits: _Bits, ai: str, pairs: dict[str, str]) -> None:
    if ai in pairs:
        raise CompressionError
    pairs[ai] = "".join(_read_component(bits, component) for component in components_of(ai))


def _read_component(bits: _Bits, component: Component) -> str:
    if component.is_numeric:
        digits = bits.take(length_bits(component.length)) if component.is_variable else component.length
        if digits > component.length:
            raise CompressionError
        return _read_digits(bits, digits)
    encoding = bits.take(3)
    length = bits.take(length_bits(component.length)) if component.is_variable else component.length
    if length > component.length:
        raise CompressionError
    return _read_characters(bits, encoding, length)


def _read_digits(bits: _Bits, digits: int) -> str:
    """So many digits; what is too large for them is no number of this length. No digit at all takes one bit."""
    number = bits.take(digit_bits(digits))
    if number >= 10**digits:
        raise CompressionError
    return f"{number:0{digits}d}" if digits else ""


def _read_characters(bits: _Bits, encoding: int, length: int) -> str:
    """Digits, hexadecimal in small or capital letters, URI-safe characters, or seven-bit ASCII."""
    match encoding:
        case 0:
            return _read_digits(bits, length)
        case 1:
            return "".join(HEX[bits.take(4)] for _place in range(length)).lower()
        case 2:
            return "".join(HEX[bits.take(4)] for _place in range(length))
        case 3:
            return "".join(ALPHABET[bits.take(6)] for _place in range(length))
        case 4:
            return "".join(chr(bits.take(7)) for _place in range(length))
        case _:
            raise CompressionError


def _read_foreign(bits: _Bits, begun: int, others: dict[str, str]) -> None:
    """A pair of the query that is not GS1's: the key's length in seven bits (four are read), the key, the value."""
    key = "".join(ALPHABET[bits.take(6)] for _place in range(begun * 8 + bits.take(3)))
    encoding = bits.take(3)
    others[key] = _read_characters(bits, encoding, bits.take(7))


def _spell(given: Sequence[tuple[str, str]], others: Mapping[str, str]) -> tuple[str, str]:
    """The plain form: the one key, its qualifiers in their order, everything else in the query.

    Raises `CompressionError`, `LinkSyntaxError`.
    """
    pairs = dict(given)
    keys = [ai for ai in pairs if ai in KEYS]
    if len(keys) != 1 or len(pairs) != len(given):
        raise CompressionError
    chains = KEYS[keys[0]].qualifiers
    qualifiers = max(([ai for ai in chain if ai in pairs] for chain in chains), key=len)
    anchor = Anchor(keys[0], pairs[keys[0]], tuple((ai, pairs[ai]) for ai in qualifiers))
    rest = {ai: value for ai, value in pairs.items() if ai not in {keys[0], *qualifiers}}
    query = urlencode({**rest, **others}, quote_via=quote)
    read_anchor(anchor.path, query)
    return anchor.path, query
