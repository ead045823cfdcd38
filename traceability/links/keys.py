"""GS1 keys in an address: which there are, what they look like, and what may stand behind them.

GS1 Digital Link URI Syntax 1.4 (primary keys, key qualifiers and their order) and GS1 General Specifications (formats in
section 3, check digit in 7.9.1, check character pair of a GMN in 7.9.5).
`biip` parses; what it leaves open is added here: check digits, lengths, the zero of a GRAI, no qualifier in the query,
and a signature (AI 8030) on serialised keys alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, unquote

from biip import ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI

from app.core.i18n import Text, _

ANY_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""GS1 AI encodable character set 82, in its order (General Specifications 7.11)."""
_X = f"[{re.escape(ANY_82)}]"
_Y = r"[#\-/0-9A-Z]"
_PAIR_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PAIR_MODULUS = 1021
_SIGNATURE = "8030"
MOST_PATH = 400
"""Characters of a longest address: every key with its qualifiers fits in, encoded."""


class LinkSyntaxError(ValueError):
    """This is not a Digital Link; `reason` says why in plain words."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.msgid)
        self.reason = reason


def check_digit(digits: str) -> int:
    """The last digit of a key whose other digits are `digits` (GS1 General Specifications 7.9.1)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -total % 10


def check_pair(body: str) -> str:
    """The two last characters of a GMN whose others are `body` (GS1 General Specifications 7.9.5)."""
    total = sum(
        ANY_82.index(character) * prime for character, prime in zip(reversed(body), _primes(), strict=False)
    )
    rest = total % _PAIR_MODULUS
    return _PAIR_32[rest // 32] + _PAIR_32[rest % 32]


def _primes() -> Sequence[int]:
    return (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def _digits(first: int, last: int) -> Callable[[str], bool]:
    """The digits from `first` up to `last` (places counted from 0) end in their check digit."""
    return lambda value: check_digit(value[first:last]) == int(value[last])


def _is_piece(value: str) -> bool:
    """An ITIP: the GTIN's check digit, and a piece number within the total."""
    piece, total = int(value[14:16]), int(value[16:18])
    return check_digit(value[:13]) == int(value[13]) and 0 < piece <= total


@dataclass(frozen=True)
class Key:
    """A primary key: its name, form and check, which qualifiers may follow, and where the company prefix begins."""

    ai: str
    name: str
    form: re.Pattern[str]
    is_right: Callable[[str], bool]
    qualifiers: tuple[tuple[str, ...], ...] = ((),)
    prefix_at: int = 0
    signed_with: str | None = ""
    """The qualifier that a signature needs; "" for none, None when this key never carries one."""


def _key(ai: str, name: str, form: str, is_right: Callable[[str], bool], **more: object) -> tuple[str, Key]:
    return ai, Key(ai, name, re.compile(form, re.ASCII), is_right, **more)  # type: ignore[arg-type]  # keywords of Key, below


def _always(_value: str) -> bool:
    return True


_PACK = (("22", "10", "21"),)
KEYS: Mapping[str, Key] = MappingProxyType(
    dict(
        (
            _key(
                "01",
                "GTIN",
                r"\d{14}",
                _digits(0, 13),
                qualifiers=(*_PACK, ("235",)),
                prefix_at=1,
                signed_with="21",
            ),
            _key("8006", "ITIP", r"\d{18}", _is_piece, qualifiers=_PACK, prefix_at=1, signed_with="21"),
            _key(
                "8013",
                "GMN",
                rf"\d{{4}}{_X}{{1,21}}",
                lambda value: check_pair(value[:-2]) == value[-2:],
                signed_with=None,
            ),
            _key(
                "8010", "CPID", rf"\d{{4}}{_Y}{{0,26}}", _always, qualifiers=(("8011",),), signed_with="8011"
            ),
            _key(
                "414",
                "GLN",
                r"\d{13}",
                _digits(0, 12),
                qualifiers=(("254",), ("7040",)),
                signed_with=None,
            ),
            _key("417", "PGLN", r"\d{13}", _digits(0, 12), qualifiers=(("7040",),), signed_with=None),
            _key("8017", "GSRN-P", r"\d{18}", _digits(0, 17), qualifiers=(("8019",),)),
            _key("8018", "GSRN", r"\d{18}", _digits(0, 17), qualifiers=(("8019",),)),
            _key("255", "GCN", r"\d{13,25}", _digits(0, 12)),
            _key("00", "SSCC", r"\d{18}", _digits(0, 17), prefix_at=1),
            _key("253", "GDTI", rf"\d{{13}}{_X}{{0,17}}", _digits(0, 12)),
            _key("401", "GINC", rf"\d{{4}}{_X}{{0,26}}", _always, signed_with=None),
            _key("402", "GSIN", r"\d{17}", _digits(0, 16), signed_with=None),
            _key("8003", "GRAI", rf"0\d{{13}}{_X}{{0,16}}", _digits(1, 13), prefix_at=1),
            _key("8004", "GIAI", rf"\d{{4}}{_X}{{0,26}}", _always, qualifiers=(("7040",),)),
        )
    )
)
"""Every primary key of the standard by its application identifier."""
QUALIFIERS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        ai: re.compile(form, re.ASCII)
        for ai, form in {
            "22": rf"{_X}{{1,20}}",
            "10": rf"{_X}{{1,20}}",
            "21": rf"{_X}{{1,20}}",
            "235": rf"{_X}{{1,28}}",
            "254": rf"{_X}{{1,20}}",
            "7040": rf"\d{_X}{{3}}",
            "8011": r"0|[1-9]\d{0,11}",
            "8019": r"\d{1,10}",
        }.items()
    }
)


@dataclass(frozen=True)
class Anchor:
    """What a link hangs on: a key, perhaps with qualifiers, in their order; values as they are said, not encoded."""

    ai: str
    value: str
    qualifiers: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        """The address in its plain form, without the trailing slash."""
        parts = [part for pair in ((self.ai, self.value), *self.qualifiers) for part in pair]
        return "/" + "/".join(quote(part, safe="") for part in parts)

    @property
    def levels(self) -> list[Anchor]:
        """The key, and each longer form up to this one; the widest first."""
        return [
            Anchor(self.ai, self.value, self.qualifiers[:count]) for count in range(len(self.qualifiers) + 1)
        ]

    def find(self, ai: str) -> str | None:
        """The value of one of its qualifiers."""
        return dict(self.qualifiers).get(ai)

    @property
    def prefixed(self) -> str:
        """The key from where the GS1 company prefix begins."""
        return self.value[KEYS[self.ai].prefix_at :]


def read_anchor(path: str, query: str = "") -> Anchor:
    """Read the raw (still encoded) path and query of a request; one trailing slash is tolerated.

    Raises `LinkSyntaxError`.
    """
    path = path.removesuffix("/")
    parts = path.split("/")[1:]
    key = KEYS.get(parts[0]) if parts else None
    if key is None or len(parts) % 2:
        raise LinkSyntaxError(_("Đường dẫn này bị thiếu một đoạn. Bạn quét lại mã giúp nhé."))
    if len(path) > MOST_PATH:
        raise LinkSyntaxError(_("Đường dẫn này dài quá."))
    value = unquote(parts[1])
    if not value.isascii() or not key.form.fullmatch(value):
        raise LinkSyntaxError(_("Mã này không đúng dạng của mã %(name)s.", name=key.name))
    if not key.is_right(value):
        raise LinkSyntaxError(_("Mã này sai số kiểm tra. Bạn xem lại trên nhãn giúp nhé."))
    anchor = Anchor(key.ai, value, tuple(_read_qualifiers(key, parts[2:])))
    _check_query(key, anchor, query)
    try:
        GS1DigitalLinkURI.parse(f"https://id.gs1.org{path}?{query}")
    except (ParseError, ValueError) as error:
        raise LinkSyntaxError(
            _("Đường dẫn này có ký tự hay con số không đúng quy ước của mã vạch.")
        ) from error
    return anchor


def _read_qualifiers(key: Key, parts: Sequence[str]) -> list[tuple[str, str]]:
    names = list(parts[::2])
    known = {name for chain in key.qualifiers for name in chain}
    if any(name not in known for name in names):
        raise LinkSyntaxError(_("Đường dẫn này có đoạn không đúng quy ước của mã vạch."))
    if not any(names == [name for name in chain if name in names] for chain in key.qualifiers):
        raise LinkSyntaxError(
            _("Các đoạn của đường dẫn này sai thứ tự: số lô đứng trước, số của từng gói đứng sau.")
        )
    values = [unquote(value) for value in parts[1::2]]
    if not all(QUALIFIERS[name].fullmatch(value) for name, value in zip(names, values, strict=True)):
        raise LinkSyntaxError(_("Đường dẫn này có ký tự hay con số không đúng quy ước của mã vạch."))
    return list(zip(names, values, strict=True))


def _check_query(key: Key, anchor: Anchor, query: str) -> None:
    asked = {name for name, _value in parse_qsl(query, keep_blank_values=True)}
    if asked & QUALIFIERS.keys():
        raise LinkSyntaxError(_("Số lô và số của từng gói phải nằm trong đường dẫn, không nằm sau dấu hỏi."))
    if _SIGNATURE not in asked:
        return
    if key.signed_with is None or (key.signed_with and anchor.find(key.signed_with) is None):
        raise LinkSyntaxError(_("Chữ ký chỉ đi cùng mã của từng gói, mà đường dẫn này không có."))
