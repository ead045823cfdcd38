"""Addresses with places to fill: which are safe to keep, and how they are filled from what was scanned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from app.core.i18n import Text, _
from traceability.links.keys import Anchor

MOST_HREF = 500
PLACES = ("gtin", "lot", "serial", "key")
_PLACE = re.compile(r"\{([^{}]*)\}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII)
_UNSAFE = re.compile(r"""[\s<>"'`\\^|\x00-\x1f\x7f]""")
_PRINTABLE = "".join(map(chr, range(33, 127)))


class TemplateError(ValueError):
    """This address may not be kept; `reason` says why in plain words."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.msgid)
        self.reason = reason


def read_template(typed: str) -> str:
    """Read an address as people paste it; raises `TemplateError`.

    Only `https` to a named host, without a name or password in it; places stand behind the host alone, and letters
    outside ASCII are encoded.
    """
    typed = typed.strip()
    if _UNSAFE.search(typed):
        raise TemplateError(_("Địa chỉ này có ký tự lạ hoặc khoảng trắng. Bạn chép lại giúp nhé."))
    if not typed.startswith("https://"):
        raise TemplateError(_("Địa chỉ phải bắt đầu bằng https:// để khách bấm vào được an toàn."))
    href = quote(typed, safe=_PRINTABLE)
    if len(href) > MOST_HREF:
        raise TemplateError(_("Địa chỉ này dài quá. Bạn dùng địa chỉ ngắn hơn giúp nhé."))
    try:
        parts = urlsplit(href)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise TemplateError(_("Địa chỉ này chưa đúng. Bạn mở trang đó rồi chép lại giúp nhé.")) from error
    if not _HOST.fullmatch(host) or parts.netloc.lower() not in {host, f"{host}:{port}"}:
        raise TemplateError(_("Địa chỉ này chưa đúng. Bạn mở trang đó rồi chép lại giúp nhé."))
    rest = href.partition(parts.netloc)[2]
    if set(_PLACE.findall(rest)) - set(PLACES) or re.search("[{}]", _PLACE.sub("", rest)):
        raise TemplateError(
            _("Trong ngoặc nhọn chỉ dùng được {gtin}, {lot}, {serial} hoặc {key}. Bạn xem lại giúp nhé.")
        )
    return href


def places_of(anchor: Anchor) -> Mapping[str, str]:
    """What an anchor fills places with; a place that it has no value for is left out."""
    found = {
        "key": anchor.value,
        "gtin": anchor.value if anchor.ai == "01" else None,
        "lot": anchor.find("10"),
        "serial": anchor.find("21"),
    }
    return {place: value for place, value in found.items() if value is not None}


def fill_template(href: str, values: Mapping[str, str]) -> str | None:
    """Fill the places with encoded values; None when one has no value, for then there is no such address."""
    if any(place not in values for place in _PLACE.findall(href)):
        return None
    return _PLACE.sub(lambda match: quote(values[match[1]], safe=""), href)
