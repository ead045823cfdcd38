"""Work after commit: sending a code, and forgetting what is over."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.accounts import service
from app.core.i18n import _

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.db import Database
    from app.core.i18n import Catalogue
    from app.core.sms import SmsSender


async def send_otp(
    database: Database,
    *,
    now: datetime,
    challenge_id: str,
    lang: str,
    sms: SmsSender,
    secret: bytes,
    catalogue: Catalogue,
) -> None:
    """Send the code of a challenge that is still open; no connection is held while the carrier answers."""
    async with database.transaction() as session:
        challenge = await service.find_open_challenge(session, UUID(challenge_id), now=now)
    if challenge is None:
        return
    code = service.code_of(secret, challenge.id)
    text = _("Chợ Phiên: mã đăng nhập của bạn là %(code)s. Không đưa mã này cho ai.", code=code)
    await sms.send(challenge.phone, catalogue.translate(text, lang))


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    """Nightly: drop old attempts, codes and devices."""
    await service.forget_old(session, now=now)
