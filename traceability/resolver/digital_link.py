"""Digital Links of products: the address on a label, read strictly (GS1 Digital Link URI Syntax 1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from app.core.i18n import _
from traceability.links.keys import Anchor, LinkSyntaxError, check_digit, read_anchor

KEY = "01"
_GTIN_DIGITS = 14


@dataclass(frozen=True)
class Link:
    """What a label's address names: a product, perhaps its lot, perhaps one unit of it."""

    gtin: str
    lot_code: str | None = None
    serial: str | None = None

    @property
    def path(self) -> str:
        """The address in its plain form, without the trailing slash."""
        return self.anchor.path

    @property
    def anchor(self) -> Anchor:
        """The same as any other key with its qualifiers."""
        given = (("10", self.lot_code), ("21", self.serial))
        return Anchor(KEY, self.gtin, tuple((ai, value) for ai, value in given if value is not None))

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


def read_link(path: str, query: str = "") -> Link:
    """Read the raw (still encoded) path and query of a request; one trailing slash is tolerated.

    Raises `LinkSyntaxError`.
    """
    parts = path.removesuffix("/").split("/")[1:]
    if parts[0] != KEY or len(parts) % 2:
        raise LinkSyntaxError(_("Đường dẫn này bị thiếu một đoạn. Bạn quét lại mã giúp nhé."))
    _check_gtin(parts[1])
    anchor = read_anchor(path, query)
    return Link(anchor.value, anchor.find("10"), anchor.find("21"))


def _check_gtin(gtin: str) -> None:
    if not (gtin.isascii() and gtin.isdecimal()):
        raise LinkSyntaxError(_("Mã sản phẩm chỉ gồm chữ số."))
    if len(gtin) != _GTIN_DIGITS:
        raise LinkSyntaxError(
            _("Mã sản phẩm phải đủ 14 chữ số, mã này có %(count)s chữ số.", count=len(gtin))
        )
    if check_digit(gtin[:-1]) != int(gtin[-1]):
        raise LinkSyntaxError(_("Mã sản phẩm này sai một chữ số. Bạn xem lại trên nhãn giúp nhé."))
