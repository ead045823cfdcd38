"""Two people edit one listing: what only one of them changed is kept, what both changed differently is asked.

All values are words, as a form holds them: `title`, `shelf_life_days`, `pack_<id>_price_minor` and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from producers.listings.models import Listing, Variant
    from producers.listings.schemas import ListingFields, PackChange

WORDS = (
    "title",
    "crop",
    "description",
    "storage",
    "temperature",
    "tax_kind",
    "shelf_life_days",
    "sold_from",
    "sold_until",
)
_NOT_ALWAYS_ASKED = {"temperature", "tax_kind"}
BASE = "was_"
"""In front of the name of a field that carries what the form showed when it was opened."""


def say_listing(listing: Listing, packs: Iterable[Variant]) -> dict[str, str]:
    """A listing as it stands."""
    said = {name: say_value(getattr(listing, name)) for name in WORDS}
    for pack in packs:
        said |= _say_pack(f"pack_{pack.id}_", pack)
    return said


def say_edit(fields: ListingFields, changes: Iterable[PackChange]) -> dict[str, str]:
    """An edit as it was typed, once it could be read; what an older form does not ask it says nothing of."""
    asked = [name for name in WORDS if name not in _NOT_ALWAYS_ASKED or getattr(fields, name) is not None]
    said = {name: say_value(getattr(fields, name)) for name in asked}
    for change in changes:
        said |= _say_pack(f"pack_{change.variant_id}_", change)
    return said


def say_value(value: object) -> str:
    """A value as its field holds it; one that is not known is an empty field."""
    return "" if value is None else str(value)


def _say_pack(prefix: str, pack: Variant | PackChange) -> dict[str, str]:
    return {
        f"{prefix}name": pack.name,
        f"{prefix}price_minor": str(pack.price_minor),
        f"{prefix}is_active": "1" if pack.is_active else "",
    }


def read_base(data: Mapping[str, str]) -> dict[str, str]:
    """What the form showed when it was opened, out of its `was_` fields; nothing for a form without them."""
    return {name.removeprefix(BASE): value for name, value in data.items() if name.startswith(BASE)}


def merge(
    mine: Mapping[str, str], base: Mapping[str, str], theirs: Mapping[str, str], *, is_current: bool
) -> tuple[set[str], list[str]]:
    """Which fields take what was typed (all others stay as they stand), and which both sides changed differently.

    `is_current`: nobody saved since the form was opened; that alone decides for a field whose base is not known.
    """
    typed = set()
    conflicts = []
    for name, value in mine.items():
        stands = _plain(name, theirs[name])
        if _plain(name, value) == stands:
            continue
        if name not in base:
            changed_here, changed_there = True, not is_current
        else:
            before = _plain(name, base[name])
            changed_here, changed_there = _plain(name, value) != before, stands != before
        if changed_here and changed_there:
            conflicts.append(name)
        elif changed_here:
            typed.add(name)
    return typed, conflicts


def _plain(name: str, value: str) -> str:
    """The same words however a browser or a person writes them: line ends, and dots in a price."""
    plain = value.replace("\r\n", "\n").strip()
    return plain.replace(".", "") if name.endswith("_price_minor") else plain
