"""Notices: kept as a sentence with its values, spoken in the reader's language when read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.accounts import service as accounts
from app.core import jobs
from app.core.errors import NotFoundError
from app.core.i18n import Text, _
from app.notices import repository
from app.notices.models import Notice

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MOST_SHOWN = 50


async def notify(
    session: AsyncSession,
    *,
    person_id: UUID,
    kind: str,
    text: Text,
    href: str,
    now: datetime,
    by_sms: bool,
) -> Notice:
    """Tell a person something: on the page of notices, and by short message too when `by_sms` and there is a number.

    `href` is a path of this site (ValueError for any other address). NotFoundError for an unknown person.
    """
    if not href.startswith("/") or href.startswith("//"):
        raise ValueError(f"a notice leads to a path of this site, not to {href}")
    person = await accounts.get_person(session, person_id)
    notice = Notice(
        person_id=person.id, kind=kind, msgid=text.msgid, params=_pack(text), href=href, created_at=now
    )
    session.add(notice)
    await session.flush()
    if by_sms and person.phone:
        await send_message(session, phone=person.phone, text=text, lang=person.language)
    return notice


async def send_message(session: AsyncSession, *, phone: str, text: Text, lang: str) -> None:
    """Send a short message to a number (E.164) after commit, with or without an account behind it."""
    await jobs.defer(
        session, "notices.send_sms", phone=phone, msgid=text.msgid, params=_pack(text), lang=lang
    )


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
