"""Helping over HTTP: whom to help, begin and end; and the farmer's list with its buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from itertools import groupby
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.dependencies import CurrentPerson
from app.core.clock import today
from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import keep_help
from producers.cooperatives.help import HELP_COOKIE
from producers.mandates import service
from producers.mandates.helped import Act, HelpedActs
from producers.mandates.models import Mandate
from producers.mandates.pages import ActDay, ActLine, HelpedPage, HelpPage, MandateLine
from producers.mandates.words import PROOF_WORDS, say_scopes

router = APIRouter(prefix="/producer")
HELP_LASTS = 12 * 3600
"""Seconds: help that was forgotten ends by itself on the same day."""
MOST_SHOWN = 100


@router.get("/help", name="producers.mandates.help")
async def show_help(request: Request, session: DbSession, person: CurrentPerson, now: Now) -> Response:
    """Whom this person may help."""
    helped = await keep_help(request, session, person)
    lines = await read_lines(session, await service.list_of_helper(session, person.id, now=now), now)
    granted = request.query_params.get("granted", "")
    page = HelpPage(
        lines=lines,
        is_helping=helped is not None,
        granted_to=next((line.farmer for line in lines if str(line.id) == granted), None),
    )
    return await render(request, page)


@router.post("/help/end", name="producers.mandates.end")
async def end(request: Request, _person: CurrentPerson) -> Response:
    """Work for oneself again."""
    response = RedirectResponse(request.app.url_path_for("producers.mandates.help"), HTTPStatus.SEE_OTHER)
    response.delete_cookie(HELP_COOKIE)
    return response


@router.post("/help/{mandate_id}/begin", name="producers.mandates.begin")
async def begin(
    request: Request,
    mandate_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    person: CurrentPerson,
    now: Now,
) -> Response:
    """Work for a farmer from now on, under a mandate that stands."""
    mandate = await service.get_own(session, mandate_id=mandate_id, helper_id=person.id, now=now)
    response = RedirectResponse(
        request.app.url_path_for("producers.cooperatives.today"), HTTPStatus.SEE_OTHER
    )
    response.set_cookie(
        HELP_COOKIE,
        str(mandate.id),
        max_age=HELP_LASTS,
        httponly=True,
        samesite="lax",
        secure=house.settings.is_secure,
    )
    return response


@router.get("/helped", name="producers.mandates.helped")
async def show_helped(
    request: Request, session: DbSession, house: TheHouse, person: CurrentPerson, now: Now
) -> Response:
    """Who did what for me, day by day, and whom I let."""
    await keep_help(request, session, person)
    acts = await house.port(HelpedActs).list_acts(session, farmer_id=person.id, limit=MOST_SHOWN)
    page = HelpedPage(
        mine=await read_lines(session, await service.list_of_farmer(session, person.id), now),
        managed=await read_lines(session, await service.list_managed(session, person.id, now=now), now),
        days=await _read_days(session, acts, person.name),
        is_revoked="revoked" in request.query_params,
        is_welcome="welcome" in request.query_params,
    )
    return await render(request, page)


@router.post("/helped/{mandate_id}/revoke", name="producers.mandates.revoke")
async def revoke(
    request: Request, mandate_id: UUID, session: DbSession, person: CurrentPerson, now: Now
) -> Response:
    """Take a mandate back."""
    mandate = await service.revoke(session, mandate_id=mandate_id, person_id=person.id, now=now)
    is_helper = mandate.helper_id == person.id
    path = request.app.url_path_for("producers.mandates.help" if is_helper else "producers.mandates.helped")
    return RedirectResponse(f"{path}?revoked=1", HTTPStatus.SEE_OTHER)


async def read_lines(session: AsyncSession, mandates: Sequence[Mandate], now: datetime) -> list[MandateLine]:
    """Put mandates into words; three queries whatever their number."""
    people = await accounts.get_people(
        session, {person for one in mandates for person in (one.farmer_id, one.helper_id)}
    )
    producers = await cooperatives.get_producers(session, {one.producer_id for one in mandates})
    return [
        MandateLine(
            id=one.id,
            farmer=people[one.farmer_id].name,
            helper=people[one.helper_id].name,
            producer=producers[one.producer_id].name,
            work=say_scopes(one.scopes),
            proof=PROOF_WORDS[one.proof],
            ends_at=one.ends_at,
            is_open=service.is_valid(one, now),
            state=_say_state(one, now),
        )
        for one in mandates
    ]


def _say_state(mandate: Mandate, now: datetime) -> tuple[str, Text]:
    if mandate.revoked_at is not None:
        return "plain", _("Đã thu lại ngày %(day)s", day=today(mandate.revoked_at).strftime("%d/%m/%Y"))
    if mandate.ends_at <= now:
        return "plain", _("Đã hết hạn ngày %(day)s", day=today(mandate.ends_at).strftime("%d/%m/%Y"))
    return "good", _("Còn hạn tới %(day)s", day=today(mandate.ends_at).strftime("%d/%m/%Y"))


async def _read_days(session: AsyncSession, acts: Sequence[Act], farmer: str) -> list[ActDay]:
    people = await accounts.get_people(session, {act.helper_id for act in acts})
    in_order = sorted(acts, key=lambda act: act.recorded_at, reverse=True)
    return [
        ActDay(
            day,
            [
                ActLine(
                    _(
                        "%(helper)s ghi giúp %(farmer)s: %(work)s",
                        helper=people[act.helper_id].name,
                        farmer=farmer,
                        work=act.said,
                    ),
                    act.icon,
                    act.href,
                    act.is_flagged,
                )
                for act in group
            ],
        )
        for day, group in groupby(in_order, lambda act: today(act.recorded_at))
    ]
