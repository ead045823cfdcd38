"""Digital Links: the address on a label, read strictly (GS1 Digital Link URI Syntax 1.4).

`biip` parses; the rules that it leaves open are added here: fourteen digits, the check digit, no qualifier in the
query, no old names of keys, and a signature (AI 8030) on serialised keys alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from biip import ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI

from app.core.i18n import Text, _

KEY = "01"
QUALIFIERS = ("22", "10", "21")
_QUALIFIER_KEYS = frozenset({*QUALIFIERS, "235"})
_GTIN_DIGITS = 14
_SIGNATURE = "8030"


class LinkSyntaxError(ValueError):
    """This is not a Digital Link; `reason` says why in plain words."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.msgid)
        self.reason = reason


@dataclass(frozen=True)
class Link:
    """What a label's address names: a product, perhaps its lot, perhaps one unit of it."""

    gtin: str
    lot_code: str | None = None
    serial: str | None = None

    @property
    def path(self) -> str:
        """The address in its plain form, without the trailing slash."""
        parts = [KEY, self.gtin]
        if self.lot_code is not None:
            parts += ["10", quote(self.lot_code, safe="")]
        if self.serial is not None:
            parts += ["21", quote(self.serial, safe="")]
        return "/" + "/".join(parts)

    @property
    def trace_path(self) -> str:
        """The address of the story that answers machines' redirects."""
        parts = [
            self.gtin,
            *(quote(part, safe="") for part in (self.lot_code, self.serial) if part is not None),
        ]
        return "/trace/" + "/".join(parts)

    @property
    def passport_path(self) -> str:
        """The address of the passport of the product, or of the lot."""
        parts = [self.gtin, *([quote(self.lot_code, safe="")] if self.lot_code is not None else [])]
        return "/passport/" + "/".join(parts)

    @property
    def levels(self) -> list[Link]:
        """The link itself and every level above it up to the key, the widest first."""
        levels = [Link(self.gtin)]
        if self.lot_code is not None:
            levels.append(Link(self.gtin, self.lot_code))
        if self.serial is not None:
            levels.append(self)
        return levels


def check_digit(digits: str) -> int:
    """The last digit of a GTIN whose other digits are `digits` (GS1 General Specifications 7.9.1)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -total % 10


def read_link(path: str, query: str = "") -> Link:
    """Read the raw (still encoded) path and query of a request; one trailing slash is tolerated.

    Raises `LinkSyntaxError`.
    """
    parts = path.removesuffix("/").split("/")[1:]
    if parts[0] != KEY or len(parts) % 2:
        raise LinkSyntaxError(_("Đường dẫn này bị thiếu một đoạn. Bạn quét lại mã giúp nhé."))
    gtin = parts[1]
    _check_gtin(gtin)
    qualifiers = _read_qualifiers(parts[2:])
    asked = {key for key, _value in parse_qsl(query, keep_blank_values=True)}
    if asked & _QUALIFIER_KEYS:
        raise LinkSyntaxError(_("Số lô và số của từng gói phải nằm trong đường dẫn, không nằm sau dấu hỏi."))
    if _SIGNATURE in asked and "21" not in qualifiers:
        raise LinkSyntaxError(_("Chữ ký chỉ đi cùng mã của từng gói, mà đường dẫn này không có."))
    try:
        GS1DigitalLinkURI.parse(f"https://id.gs1.org{path.removesuffix('/')}?{query}")
    except (ParseError, ValueError) as error:
        raise LinkSyntaxError(
            _("Đường dẫn này có ký tự hay con số không đúng quy ước của mã vạch.")
        ) from error
    return Link(gtin, qualifiers.get("10"), qualifiers.get("21"))


def _check_gtin(gtin: str) -> None:
    if not (gtin.isascii() and gtin.isdecimal()):
        raise LinkSyntaxError(_("Mã sản phẩm chỉ gồm chữ số."))
    if len(gtin) != _GTIN_DIGITS:
        raise LinkSyntaxError(
            _("Mã sản phẩm phải đủ 14 chữ số, mã này có %(count)s chữ số.", count=len(gtin))
        )
    if check_digit(gtin[:-1]) != int(gtin[-1]):
        raise LinkSyntaxError(_("Mã sản phẩm này sai một chữ số. Bạn xem lại trên nhãn giúp nhé."))


def _read_qualifiers(parts: Sequence[str]) -> dict[str, str]:
    keys = list(parts[::2])
    if any(key not in QUALIFIERS for key in keys):
        raise LinkSyntaxError(_("Đường dẫn này có đoạn không đúng quy ước của mã vạch."))
    if keys != [key for key in QUALIFIERS if key in keys]:
        raise LinkSyntaxError(
            _("Các đoạn của đường dẫn này sai thứ tự: số lô đứng trước, số của từng gói đứng sau.")
        )
    return {key: unquote(value) for key, value in zip(keys, parts[1::2], strict=True)}
