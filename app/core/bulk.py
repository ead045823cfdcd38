"""New rows of one kind, however many, by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import cast

from sqlalchemy import ARRAY, Table, bindparam, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.driver import Prepared
from app.core.orm import Base


async def insert_all(session: AsyncSession, made: Sequence[Base]) -> None:
    """Insert new objects of one kind; a session's flush sends each row by itself.

    They stay outside of the session: what is read afterwards are other objects. Columns that nobody set are NULL, those of
    JSON its null. Raises what the session would raise.
    """
    if made:
        names = _names(type(made[0]))
        values = {name: [getattr(one, name) for one in made] for name in names}
        await _inserting(type(made[0])).fetch(session, values)


@cache
def _names(kind: type[Base]) -> list[str]:
    return [column.key for column in cast("Table", kind.__table__).columns]


@cache
def _inserting(kind: type[Base]) -> Prepared:
    table = cast("Table", kind.__table__)
    names = _names(kind)
    columns = func.unnest(*(bindparam(name, type_=ARRAY(table.c[name].type)) for name in names))
    row = columns.table_valued(*names).render_derived("made")
    return Prepared(
        insert(table).from_select(names, select(*(row.c[name] for name in names))).returning(table.c.id)
    )
