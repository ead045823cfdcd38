"""The languages that prompts are spoken in, and how much a pack weighs, in words."""

from __future__ import annotations

from app.core.i18n import Text, _

LANGUAGES: dict[str, Text] = {
    "vi": _("Tiếng Việt"),
    "tyz": _("Tiếng Tày"),
    "nut": _("Tiếng Nùng"),
    "ium": _("Tiếng Dao"),
    "hmn": _("Tiếng Mông"),
}
"""By the code of ISO 639-3 (`vi` as browsers say it)."""
_KB, _MB = 1_000, 1_000_000


def say_bytes(count: int) -> str:
    """The weight of a download as people compare it: "340 KB", "1,2 MB"."""
    if count < _MB:
        return f"{max(count // _KB, 1)} KB"
    whole, tenths = divmod(count * 10 // _MB, 10)
    return f"{whole},{tenths} MB"
