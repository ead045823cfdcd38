"""Places: search a commune by its new or old name, say where something is, keep addresses."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.i18n import Text, _
from app.core.text import fold
from app.places import names, repository
from app.places.errors import not_a_commune, unknown_unit
from app.places.models import Address, AdminUnit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncSession

DATA = Path(__file__).parent / "data"
MAX_TYPED = 120
MOST_CHOICES = 20


@dataclass(frozen=True)
class CommuneChoice:
    """A commune to choose: `label` as it is called now, `alias` the old name under which it was found."""

    code: str
    label: str
    alias: str | None

    @property
    def note(self) -> Text | None:
        """What to say beside the label, when it was found by an old name."""
        return _("trước đây: %(alias)s", alias=self.alias) if self.alias else None


@dataclass(frozen=True)
class Resolution:
    """What a typed commune stands for: its code, or else the choices among which to ask."""

    code: str | None
    choices: list[CommuneChoice]

    @property
    def problem(self) -> Text | None:
        """What to say beside the field when there is no answer yet."""
        if self.code:
            return None
        if self.choices:
            return _("Có mấy nơi cùng tên. Bạn chọn đúng xã, phường ở bên dưới nhé.")
        return _("Chưa tìm thấy xã, phường này. Bạn thử gõ tên xã kèm tên huyện cũ hoặc tỉnh.")


async def load_units(session: AsyncSession) -> int:
    """Load the administrative units since 2025-07-01 and the names before, with codes of the Statistics Office.

    Doing it again changes nothing; units that left the file stay, for addresses point to them. Answers how many rows
    were written.
    """
    units, aliases = await asyncio.to_thread(_read_data)
    written = await repository.write_units(session, units)
    return written + await repository.write_aliases(session, aliases)


def _read_data() -> tuple[list[dict[str, str | None]], list[dict[str, str]]]:
    with (DATA / "admin_units.csv").open(encoding="utf-8", newline="") as file:
        units: list[dict[str, str | None]] = [
            {
                "code": row["code"],
                "level": row["level"],
                "name": row["name"],
                "name_folded": names.words_of(row["name"]),
                "province_code": row["province_code"] or None,
            }
            for row in csv.DictReader(file)
        ]
    provinces = {unit["code"]: unit["name"] for unit in units if not unit["province_code"]}
    parents = {unit["code"]: provinces.get(unit["province_code"]) or "" for unit in units}
    packed = gzip.decompress((DATA / "admin_units_legacy.csv.gz").read_bytes()).decode()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in csv.DictReader(io.StringIO(packed)):
        for parts in ([row["ward"], row["district"]], [row["district"]]):
            alias = _alias(row["code"], parts, row["province"], parents[row["code"]])
            found[alias["unit_code"], alias["name"]] = alias
    return units, list(found.values())


def _alias(code: str, parts: list[str], old_province: str, province: str) -> dict[str, str]:
    """An old name with its parents; the old province is said only where it is no longer the same."""
    said = parts if names.words_of(old_province) == names.words_of(province) else [*parts, old_province]
    return {
        "unit_code": code,
        "name": ", ".join(names.said_inside(part) for part in said),
        "name_folded": ", ".join(names.words_of(part) for part in [*parts, old_province]),
    }


async def search_communes(session: AsyncSession, text: str, limit: int = 8) -> list[CommuneChoice]:
    """Search communes by what people type, with or without marks, by new and old names ("định hóa", "la bang").

    Whole names come first (those with the typed marks before the others), then beginnings, then the rest.
    """
    return [CommuneChoice(one.code, one.label, one.alias) for one in await _search(session, text, limit)]


async def _search(session: AsyncSession, text: str, limit: int) -> list[repository.Found]:
    typed = _clean(text)
    words = names.words_of(typed)
    if not words.strip(" ,"):
        return []
    spelled = names.bare(typed.split(",")[0]).lower()
    found = await repository.search(session, words=words, spelled=spelled, most=limit)
    # "Phường Ba Đình" is that before "Xã Ba Đình": the kind is no part of a name's words, but it was said.
    return sorted(found, key=lambda one: one.alias is not None or not _is_kind_said(one.label, typed))


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text[:MAX_TYPED]).replace("\x00", "")


def _is_kind_said(label: str, typed: str) -> bool:
    """Whether a unit's name was typed with its kind."""
    return fold(label.partition(",")[0]).strip() == fold(typed.partition(",")[0]).strip()


async def resolve_commune(session: AsyncSession, *, text: str, code: str | None) -> Resolution:
    """Find which commune a form means, without a script: the typed name, and the chosen `code` if there was a choice.

    A chosen code counts only while it fits the text, so that a corrected name is not overruled by an old tick. An old
    name is taken without asking only when nothing else bears it. A place that is said in full, with its province, is
    no choice any more, whatever else its words are found in.
    """
    if code and not text.strip():
        unit = await _find_commune(session, code)
        return Resolution(unit.code if unit else None, [])
    found = await _search(session, text, MOST_CHOICES)
    choices = [CommuneChoice(one.code, one.label, one.alias) for one in found]
    spoken = [choice for choice in choices if fold(choice.label) == fold(text)]
    if len(spoken) == 1 and (not code or code == spoken[0].code):
        return Resolution(spoken[0].code, spoken)
    if code in {choice.code for choice in choices}:
        return Resolution(code, choices)
    named = [
        choice
        for choice in choices
        if choice.alias is None
        and _is_kind_said(choice.label, text)
        and names.words_of(choice.label) == names.words_of(text)
    ]
    whole = [choice for choice, one in zip(choices, found, strict=True) if one.is_whole]
    if len(whole) == 1 and whole[0].alias:
        whole = []
    for sure in (spoken, named, whole, choices):
        if len(sure) == 1:
            return Resolution(sure[0].code, choices)
    return Resolution(None, choices)


async def confirm_commune(session: AsyncSession, *, text: str, code: str | None) -> Resolution | None:
    """Take a chosen commune whose whole name, new or old, is what was typed; None where `resolve_commune` must look.

    Of a name without its province no other place is said in full, and the look through all names is spared; so the
    answer holds no choices.
    """
    words = names.words_of(_clean(text))
    if not code or not words.strip() or "," in text or not await repository.is_called(session, code, words):
        return None
    return Resolution(code, [])


async def _find_commune(session: AsyncSession, code: str) -> AdminUnit | None:
    units = await repository.list_units(session, [code])
    return next((unit for unit in units if unit.province_code), None)


async def describe(session: AsyncSession, code: str) -> str:
    """Say a unit from small to large: "Xã Tân Cương, Tỉnh Thái Nguyên"; NotFoundError."""
    described = await describe_many(session, [code])
    if code not in described:
        raise unknown_unit()
    return described[code]


async def describe_many(session: AsyncSession, codes: Iterable[str]) -> dict[str, str]:
    """Say many units by code; codes that we do not know are left out."""
    found = await repository.list_names(session, codes)
    return {code: ", ".join([name, *([province] if province else [])]) for code, name, province in found}


async def find_provinces(session: AsyncSession, codes: Iterable[str]) -> dict[str, str]:
    """Find in which province (code) communes lie; codes that are no commune's are left out."""
    units = await repository.list_units(session, codes)
    return {unit.code: unit.province_code for unit in units if unit.province_code}


async def create_address(
    session: AsyncSession,
    *,
    recipient_name: str,
    phone: str,
    commune_code: str,
    line: str,
    person_id: UUID | None,
    now: datetime,
) -> Address:
    """Keep where a parcel goes: `phone` in E.164, `line` is the hamlet and house; InvalidError for no commune's code."""
    address = await repository.insert_address(
        session,
        recipient_name=recipient_name.strip(),
        phone=phone,
        commune_code=commune_code,
        line=line.strip(),
        person_id=person_id,
        created_at=now,
    )
    if address is None:
        raise not_a_commune()
    return address


async def format_address(session: AsyncSession, address: Address) -> list[str]:
    """Write an address from small to large: hamlet and house (none where the goods are fetched), commune, province."""
    return _write(address, *(await describe(session, address.commune_code)).split(", "))


async def read_address(session: AsyncSession, address_id: UUID) -> tuple[Address, list[str]]:
    """Get an address that is kept, and as `format_address` writes it; one query."""
    address, *said = await repository.get_address(session, address_id)
    return address, _write(address, *said)


def _write(address: Address, *said: str) -> list[str]:
    return [address.line, *said] if address.line else [*said]
