"""Work after commit: the code that grants a mandate, and the evening's message to farmers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.accounts import service as accounts
from app.core.clock import today
from app.core.i18n import Text, _
from app.notices import service as notices
from producers.mandates import repository, service
from producers.mandates.words import join, say_scopes

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.db import Database
    from app.core.i18n import Catalogue
    from app.core.sms import SmsSender
    from producers.mandates.helped import Act, HelpedActs

MOST_SAID = 3
MOST_COUNTED = 500


async def send_code(
    database: Database, *, now: datetime, request_id: str, sms: SmsSender, secret: bytes, catalogue: Catalogue
) -> None:
    """Send the code of a request that is still open; no connection is held while the carrier answers."""
    async with database.transaction() as session:
        request = await repository.find_request(session, UUID(request_id))
        if request is None:
            return
        challenge = await accounts.find_open_challenge(session, request.challenge_id, now=now)
        people = await accounts.get_people(session, {request.farmer_id, request.helper_id})
    if challenge is None:
        return
    text = _(
        "Chợ Phiên: %(helper)s xin bạn cho %(work)s giúp bạn tới %(end)s. Đồng ý thì đọc mã %(code)s cho người ấy. "
        "Không thì đừng đưa mã.",
        helper=people[request.helper_id].name,
        work=say_scopes(request.scopes),
        end=today(request.ends_at).strftime("%d/%m/%Y"),
        code=accounts.code_of(secret, challenge.id, purpose=service.CODE_PURPOSE),
    )
    await sms.send(challenge.phone, catalogue.translate(text, people[request.farmer_id].language))


async def tell_day(session: AsyncSession, *, now: datetime, acts: HelpedActs) -> None:
    """Tell each farmer what each helper did since the last telling; once a day, and not on a day without help."""
    for farmer_id, helper_id in await repository.list_pairs(session):
        since = await repository.find_told_until(session, farmer_id=farmer_id, helper_id=helper_id)
        done = await acts.list_acts(
            session, farmer_id=farmer_id, helper_id=helper_id, since=since, limit=MOST_COUNTED
        )
        if not done or not await repository.insert_telling(
            session, farmer_id=farmer_id, helper_id=helper_id, on=today(now), now=now
        ):
            continue
        helper = await accounts.get_person(session, helper_id)
        await notices.notify(
            session,
            person_id=farmer_id,
            kind="helped",
            text=say_day(helper.name, done, now),
            href=service.HELPED_PATH,
            now=now,
            by_sms=True,
        )


def say_day(helper: str, done: list[Act], now: datetime) -> Text:
    """Say what was done, the first first: three by name, the others by number; no link, as in all our messages."""
    in_order = done[::-1]
    named = join([act.said for act in in_order[:MOST_SAID]])
    is_today = today(in_order[0].received_at) == today(now)
    what = _(
        "%(helper)s đã ghi giúp bạn %(count)s việc: %(what)s",
        helper=helper,
        count=len(done),
        what=named
        if len(done) <= MOST_SAID
        else _("%(named)s và %(more)s việc nữa", named=named, more=len(done) - MOST_SAID),
    )
    return _("Hôm nay %(told)s.", told=what) if is_today else _("Mấy ngày qua %(told)s.", told=what)
