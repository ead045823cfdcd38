"""Work after commit: short messages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.core import jobs
from app.notices import service

if TYPE_CHECKING:
    from app.core.db import Database
    from app.core.i18n import Catalogue
    from app.core.sms import SmsSender


async def send_sms(
    _database: Database,
    *,
    now: datetime,  # noqa: ARG001 - every job is told the instant
    phone: str,
    msgid: str,
    params: dict[str, Any],
    lang: str,
    sms: SmsSender,
    catalogue: Catalogue,
) -> None:
    """Speak a sentence and send it; when the carrier does not take it the queue tries again later."""
    await sms.send(phone, catalogue.translate(service.unpack(msgid, params), lang))


async def send_all(
    database: Database,
    *,
    now: datetime,
    messages: list[dict[str, Any]],
    sms: SmsSender,
    catalogue: Catalogue,
) -> None:
    """Send several messages in turn; from the first that is not sent on, whatever the reason, each becomes a job of its own.

    So those that were taken are not sent again.
    """
    for place, message in enumerate(messages):
        try:
            await send_sms(database, now=now, **message, sms=sms, catalogue=catalogue)
        except Exception:  # noqa: BLE001 - why it was not sent will be known when it is tried alone
            async with database.transaction() as session:
                await jobs.defer_all(session, service.SEND, messages[place:])
            return
