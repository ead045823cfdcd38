"""Notices: kept as a sentence with its values, spoken in the reader's language when read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts.models import Person
from app.core import jobs
from app.core.errors import NotFoundError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.notices import repository
from app.notices.models import Notice

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.accounts.models import Person

MOST_SHOWN = 50
SEND, SEND_ALL = "notices.send_sms", "notices.send_all"


async def notify(
    session: AsyncSession,
    *,
    person_id: UUID,
    kind: str,
    text: Text,
    href: str,
    now: datetime,
    by_sms: bool,
) -> None:
    """Tell a person something: on the page of notices, and by short message too when `by_sms` and there is a number.

    `href` is a path of this site (ValueError for any other address). NotFoundError for an unknown person.
    """
    person = await accounts.get_person(session, person_id)
    await notify_all(session, [person], kind=kind, text=text, href=href, now=now, by_sms=by_sms)


async def notify_all(
    session: AsyncSession,
    people: Collection[Person],
    *,
    kind: str,
    text: Text,
    href: str,
    now: datetime,
    by_sms: bool,
) -> None:
    """Tell several people the same, as `notify` does; two statements, however many they are."""
    if not href.startswith("/") or href.startswith("//"):
        raise ValueError(f"a notice leads to a path of this site, not to {href}")
    if not people:
        return
    facts = {"kind": kind, "msgid": text.msgid, "params": _pack(text), "href": href, "created_at": now}
    ids, person_ids = [uuid7() for _one in people], [one.id for one in people]
    await repository.insert_notices(session, ids, person_ids, facts)
    if by_sms:
        messages = [_message(one.phone, text, one.language) for one in people if one.phone]
        await _send(session, messages)


async def send_message(session: AsyncSession, *, phone: str, text: Text, lang: str) -> None:
    """Send a short message to a number (E.164) after commit, with or without an account behind it."""
    await _send(session, [_message(phone, text, lang)])


async def _send(session: AsyncSession, messages: list[dict[str, Any]]) -> None:
    """Put messages into the queue as one job: to fetch and to end a job costs more than to send."""
    if len(messages) > 1:
        await jobs.defer(session, SEND_ALL, messages=messages)
    elif messages:
        await jobs.defer(session, SEND, **messages[0])


def _message(phone: str, text: Text, lang: str) -> dict[str, Any]:
    return {"phone": phone, "msgid": text.msgid, "params": _pack(text), "lang": lang}


def _pack(text: Text) -> dict[str, Any]:
    """The values of a sentence as JSON: numbers stay, a sentence inside stays a sentence, all else is text."""
    return {name: _pack_value(value) for name, value in text.params.items()}


def _pack_value(value: object) -> object:
    if isinstance(value, Text):
        return {"msgid": value.msgid, "params": _pack(value)}
    return value if isinstance(value, int) else str(value)


def unpack(msgid: str, params: dict[str, Any]) -> Text:
    """The sentence that was packed, ready to be spoken in any language."""
    values = {
        name: unpack(value["msgid"], value["params"]) if isinstance(value, dict) else value
        for name, value in params.items()
    }
    return Text(msgid, values)


async def list_notices(session: AsyncSession, person_id: UUID) -> list[Notice]:
    """The newest notices of a person, at most fifty, the newest first."""
    return list(await repository.list_notices(session, person_id, most=MOST_SHOWN))


async def count_unread(session: AsyncSession, person_id: UUID) -> int:
    """How many notices a person has not read."""
    return await repository.count_unread(session, person_id)


async def mark_read(session: AsyncSession, *, person_id: UUID, notice_id: UUID, now: datetime) -> Notice:
    """Mark one notice of a person as read (the first time counts); NotFoundError for a stranger's."""
    notice = await repository.find_notice(session, person_id=person_id, notice_id=notice_id)
    if notice is None:
        raise NotFoundError(_("Không tìm thấy tin này."))
    notice.read_at = notice.read_at or now
    await session.flush()
    return notice


async def mark_all_read(session: AsyncSession, *, person_id: UUID, now: datetime) -> None:
    """Mark every notice of a person as read."""
    await repository.mark_all_read(session, person_id, now=now)
