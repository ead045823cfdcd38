"""Messages from outside, each seen once: webhooks and submissions from phones share this table."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import Table, UniqueConstraint, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped

from app.core.driver import Prepared
from app.core.ids import uuid7
from app.core.orm import Base, UuidPk

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


class InboxMessage(Base):
    """One message; `(source, external_id)` is unique, so a repeat finds the first."""

    __tablename__ = "inbox_messages"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    id: Mapped[UuidPk]
    source: Mapped[str]
    external_id: Mapped[str]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]


def _receiving() -> Prepared:
    table = cast("Table", InboxMessage.__table__)
    new = insert(table).values({column.name: bindparam(column.name) for column in table.columns})
    once = new.on_conflict_do_nothing(index_elements=["source", "external_id"])
    return Prepared(once.returning(table.c.id))


_RECEIVE = _receiving()


async def receive(
    session: AsyncSession,
    *,
    source: str,
    external_id: str,
    kind: str,
    payload: dict[str, Any],
    now: datetime,
    is_handled: bool = False,
) -> UUID | None:
    """Store a message; answers its id the first time and None for a repeat.

    `is_handled` when its effect goes into the books in the same transaction; any other waits for a human. Two deliveries
    at once: the second waits for the first one's transaction and then finds the row.
    """
    row = {
        "id": uuid7(),
        "source": source,
        "external_id": external_id,
        "kind": kind,
        "payload": payload,
        "received_at": now,
        "handled_at": now if is_handled else None,
    }
    new: UUID | None = await _RECEIVE.scalar(session, row)
    return new
