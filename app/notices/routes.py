"""Notices over HTTP: the page, and marking as read."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts.bars import keep_bar
from app.accounts.dependencies import CurrentPerson
from app.notices import service
from app.notices.pages import NoticeLine, NoticesPage
from app.web.dependencies import DbSession, Now
from app.web.pages import render

router = APIRouter()


@router.get("/notices", name="app.notices.list")
async def list_notices(request: Request, session: DbSession, person: CurrentPerson) -> Response:
    """Show the newest notices."""
    await keep_bar(request, session, person.id)
    notices = [
        NoticeLine(
            notice.id, service.unpack(notice.msgid, notice.params), notice.created_at, notice.read_at is None
        )
        for notice in await service.list_notices(session, person.id)
    ]
    unread = await service.count_unread(session, person.id)
    return await render(request, NoticesPage(notices=notices, has_unread=unread > 0))


@router.post("/notices/read", name="app.notices.read")
async def read_all(request: Request, session: DbSession, person: CurrentPerson, now: Now) -> Response:
    """Mark all as read."""
    await service.mark_all_read(session, person_id=person.id, now=now)
    return RedirectResponse(request.app.url_path_for("app.notices.list"), HTTPStatus.SEE_OTHER)


@router.post("/notices/{notice_id}/open", name="app.notices.open")
async def open_notice(session: DbSession, person: CurrentPerson, now: Now, notice_id: UUID) -> Response:
    """Mark one as read and go where it leads."""
    notice = await service.mark_read(session, person_id=person.id, notice_id=notice_id, now=now)
    return RedirectResponse(notice.href, HTTPStatus.SEE_OTHER)
