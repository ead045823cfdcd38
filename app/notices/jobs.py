"""Work after commit: short messages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

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
