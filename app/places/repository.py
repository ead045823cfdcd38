"""Selects of administrative units, their old names, and addresses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import (
    CursorResult,
    Executable,
    String,
    Table,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app.core.driver import Prepared
from app.core.ids import uuid7
from app.places.models import Address, AdminUnit, AdminUnitAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

_WRITE_UNITS = text("""
INSERT INTO admin_units (code, level, name, name_folded, province_code)
SELECT code, level, name, name_folded, province_code
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
    AS told(code text, level text, name text, name_folded text, province_code text)
ON CONFLICT (code) DO UPDATE SET
    level = EXCLUDED.level, name = EXCLUDED.name,
    name_folded = EXCLUDED.name_folded, province_code = EXCLUDED.province_code
WHERE (admin_units.level, admin_units.name, admin_units.name_folded, admin_units.province_code)
    IS DISTINCT FROM (EXCLUDED.level, EXCLUDED.name, EXCLUDED.name_folded, EXCLUDED.province_code)
""")
_DROP_ALIASES = text("""
DELETE FROM admin_unit_aliases AS kept WHERE NOT EXISTS (
    SELECT 1 FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told(unit_code text, name text, name_folded text)
    WHERE (told.unit_code, told.name, told.name_folded) = (kept.unit_code, kept.name, kept.name_folded)
)
""")
_ADD_ALIASES = text("""
INSERT INTO admin_unit_aliases (unit_code, name, name_folded)
SELECT unit_code, name, name_folded
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told(unit_code text, name text, name_folded text)
WHERE NOT EXISTS (
    SELECT 1 FROM admin_unit_aliases AS kept
    WHERE (told.unit_code, told.name, told.name_folded) = (kept.unit_code, kept.name, kept.name_folded)
)
""")
# Rank: 0 the whole name (or the whole name with its province), 1 its beginning, 2 the beginning of a word in it,
# 3 anywhere. Among equals a name with the typed marks comes first, then today's names before the old ones. Only names
# with the longest typed word in them are looked at closely: of thousands that is the cheap question.
_SEARCH = text("""
WITH told AS (
    SELECT unit.code, unit.name || ', ' || province.name AS label, lower(unit.name) AS spelled,
        unit.name_folded || ', ' || province.name_folded AS words, NULL AS alias
    FROM admin_units AS unit
    JOIN admin_units AS province ON province.code = unit.province_code AND province.province_code IS NULL
    WHERE unit.name_folded LIKE :longest OR province.name_folded LIKE :longest
    UNION ALL
    SELECT unit.code, unit.name || ', ' || province.name, lower(old.name), old.name_folded, old.name
    FROM admin_unit_aliases AS old
    JOIN admin_units AS unit ON unit.code = old.unit_code
    JOIN admin_units AS province ON province.code = unit.province_code
    WHERE old.name_folded LIKE :longest
), plain AS (
    SELECT *, replace(words, ',', '') AS said FROM told
), ranked AS (
    SELECT code, label, alias,
        CASE
            WHEN words = :words OR starts_with(words, :words || ',') OR said = :said THEN 0
            WHEN starts_with(said, :said) THEN 1
            WHEN strpos(said, ' ' || :said) > 0 THEN 2
            ELSE 3
        END AS rank,
        CASE WHEN strpos(spelled, :spelled) > 0 THEN 0 ELSE 1 END AS is_unmarked,
        CASE WHEN alias IS NULL THEN 0 ELSE 1 END AS is_old
    FROM plain WHERE strpos(said, :said) > 0
), best AS (
    SELECT DISTINCT ON (code) * FROM ranked
    ORDER BY code, rank, is_unmarked, is_old, length(alias), alias
)
SELECT code, label, alias, rank = 0 AS is_whole FROM best
ORDER BY rank, is_unmarked, is_old, length(label), code LIMIT :most
""")


_WORD = re.compile(r"[^\W_]+")
_PROVINCE = aliased(AdminUnit)
# Built once: building a statement anew costs a third of asking it, and these are asked for every order.
_UNITS = select(AdminUnit).where(AdminUnit.code.in_(bindparam("codes", expanding=True)))
_NAMES = (
    select(AdminUnit.code, AdminUnit.name, _PROVINCE.name)
    .outerjoin(_PROVINCE, _PROVINCE.code == AdminUnit.province_code)
    .where(AdminUnit.code.in_(bindparam("codes", expanding=True)))
)

_IS_CALLED = Prepared(
    select(
        exists().where(
            AdminUnit.code == bindparam("code"),
            AdminUnit.province_code.is_not(None),
            or_(
                AdminUnit.name_folded == bindparam("words"),
                exists().where(
                    AdminUnitAlias.unit_code == AdminUnit.code,
                    or_(
                        AdminUnitAlias.name_folded == bindparam("words"),
                        func.starts_with(AdminUnitAlias.name_folded, bindparam("begins", type_=String)),
                    ),
                ),
            ),
        )
    )
)
_ADDRESS = (
    select(Address, AdminUnit.name, _PROVINCE.name)
    .join(AdminUnit, AdminUnit.code == Address.commune_code)
    .join(_PROVINCE, _PROVINCE.code == AdminUnit.province_code)
    .where(Address.id == bindparam("address_id"))
)


def _adding() -> Executable:
    """Build once what keeps an address in a commune; it inserts nothing where the code is no commune's."""
    addresses = cast("Table", Address.__table__)
    told = [column for column in addresses.c if column is not addresses.c.commune_code]
    values = [bindparam(column.name, type_=column.type) for column in told]
    row = select(*values, AdminUnit.code).where(
        AdminUnit.code == bindparam("commune_code"), AdminUnit.province_code.is_not(None)
    )
    added = insert(addresses).from_select([*told, addresses.c.commune_code], row)
    return select(Address).from_statement(added.returning(*addresses.c))


_ADD_ADDRESS = _adding()


class Found(NamedTuple):
    """A unit that search found: under an old name when `alias` is set, by its whole name when `is_whole`."""

    code: str
    label: str
    alias: str | None
    is_whole: bool


async def write_units(session: AsyncSession, units: Sequence[dict[str, str | None]]) -> int:
    """Add units and correct those that differ; answers how many rows were written."""
    result = await session.execute(_WRITE_UNITS, {"rows": json.dumps(units)})
    return cast("CursorResult[Any]", result).rowcount


async def write_aliases(session: AsyncSession, aliases: Sequence[dict[str, str]]) -> int:
    """Make the old names exactly these; answers how many rows were dropped or added."""
    rows = {"rows": json.dumps(aliases)}
    dropped = cast("CursorResult[Any]", await session.execute(_DROP_ALIASES, rows))
    added = cast("CursorResult[Any]", await session.execute(_ADD_ALIASES, rows))
    return dropped.rowcount + added.rowcount


async def search(session: AsyncSession, *, words: str, spelled: str, most: int) -> list[Found]:
    """Search communes by folded `words` (parts parted by ", "); `spelled` is the first part as typed, lower case."""
    longest = max(_WORD.findall(words), key=len, default="")
    told = {
        "words": words,
        "said": words.replace(",", ""),
        "longest": f"%{longest}%",
        "spelled": spelled,
        "most": most,
    }
    return [Found(*row) for row in (await session.execute(_SEARCH, told)).all()]


async def is_called(session: AsyncSession, code: str, words: str) -> bool:
    """Whether a commune's whole name, or one of its old names without its parents, is these folded words."""
    return bool(await _IS_CALLED.scalar(session, {"code": code, "words": words, "begins": f"{words},"}))


async def insert_address(session: AsyncSession, **values: Any) -> Address | None:
    """Insert an address; None when its code is no commune's."""
    return cast("Address | None", await session.scalar(_ADD_ADDRESS, {"id": uuid7(), **values}))


async def get_address(session: AsyncSession, address_id: UUID) -> tuple[Address, str, str]:
    """Select an address with the names of its commune and province."""
    row = (await session.execute(_ADDRESS, {"address_id": address_id})).one()
    return row[0], row[1], row[2]


async def list_units(session: AsyncSession, codes: Iterable[str]) -> Sequence[AdminUnit]:
    """The units among `codes` that there are."""
    return (await session.scalars(_UNITS, {"codes": list(set(codes))})).all()


async def list_names(session: AsyncSession, codes: Iterable[str]) -> list[tuple[str, str, str | None]]:
    """The units among `codes` that there are: (code, name, the name of the province in which a commune lies)."""
    found = await session.execute(_NAMES, {"codes": list(set(codes))})
    return [(code, name, province) for code, name, province in found]
