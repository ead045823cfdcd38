"""Rows of one kind by one statement."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.bulk import insert_all
from app.core.db import Database
from app.core.ids import uuid7
from app.notices.models import Notice
from tests.factories.people import NOW, make_person
from tests.queries import count_queries


async def test_however_many_they_are_one_statement_writes_them(db: Database) -> None:
    """Texts with quotes, JSON and what nobody set arrive as they were; nothing is no statement."""
    async with db.transaction() as session:
        person = await make_person(session)
        facts = {"person_id": person.id, "kind": "k", "href": "/me", "created_at": NOW}
        made = [
            Notice(id=uuid7(), msgid=word, params={"a": [word, 1, None]}, **facts)
            for word in ("chè", 'a "quoted" \\ {word}', "")
        ]
        asked = count_queries(db.engine)
        await insert_all(session, made)
        await insert_all(session, [])
        assert len(asked) == 1
        assert made[0] not in session
        kept = (await session.scalars(select(Notice).order_by(Notice.id))).all()
    assert [(one.id, one.msgid, one.params, one.read_at, one.created_at) for one in kept] == [
        (one.id, one.msgid, one.params, None, NOW) for one in made
    ]


async def test_what_the_table_refuses_is_refused(db: Database) -> None:
    """As a flush would say it."""
    with pytest.raises(IntegrityError):
        async with db.transaction() as session:
            nobody = Notice(id=uuid7(), person_id=uuid7(), kind="k", msgid="m", params={}, href="/me")
            nobody.created_at = NOW
            await insert_all(session, [nobody])
