"""The diary as a booklet for the auditor: choose, then fetch the pages or the sheets."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import find_day, today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form
from app.web.house import House
from app.web.pages import language_of, render
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.diaries import booklet, booklet_front, booklet_pdf, booklet_xlsx
from producers.diaries.booklet import Scope
from producers.diaries.pages import ExportPage
from producers.farms import service as farms
from producers.farms.models import Site

router = APIRouter(prefix="/producer/diary")
READERS = (Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
FORMATS: tuple[tuple[str, Text, Text], ...] = (
    ("pdf", _("PDF, để in và ký"), _("Từng trang theo thứ tự người đánh giá đọc.")),
    ("xlsx", _("Bảng tính Excel (XLSX)"), _("Mỗi bảng một trang tính, để lọc và cộng.")),
)
_MEDIA = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_presses = asyncio.Semaphore(1)
"""One booklet at a time in a process: pages are heavy work, and the others wait without a connection."""


@dataclass(frozen=True)
class _Asked:
    """What the address asks for; `scope` is None when something in it is wrong, and the form says what."""

    form: Form
    chosen: Collection[str]
    sites: Sequence[Site]
    scope: Scope | None


async def _read(request: Request, session: AsyncSession, member: Member, now: datetime) -> _Asked:
    sites = await farms.list_sites(session, member.producer.id)
    query = request.query_params
    values = {
        "from": query.get("from") or (today(now) - booklet.SEASON).isoformat(),
        "to": query.get("to") or today(now).isoformat(),
        "as": query.get("as") or FORMATS[0][0],
    }
    chosen = set(query.getlist("site"))
    since, until = find_day(values["from"]), find_day(values["to"])
    errors = _judge(since, until)
    if chosen - {str(site.id) for site in sites}:
        errors["site"] = _("Bạn chọn một trong các ô có sẵn.")
    scope = None
    if since and until and not errors:
        scope = Scope(since, until, [site for site in sites if not chosen or str(site.id) in chosen])
        try:
            await booklet.check_size(session, scope)
        except AppError as error:
            errors, scope = dict(error.fields), None
    return _Asked(Form(values, errors), chosen, sites, scope)


def _judge(since: date | None, until: date | None) -> dict[str, Text]:
    wrong: Mapping[str, date | None] = {"from": since, "to": until}
    errors: dict[str, Text] = {name: _("Ngày này chưa đúng.") for name, day in wrong.items() if day is None}
    if since and until:
        if until < since:
            errors["to"] = _("Ngày cuối phải sau ngày đầu.")
        elif (until - since).days >= booklet.MOST_DAYS:
            errors["to"] = _("Một cuốn sổ dài nhất năm năm. Bạn chọn khoảng ngắn hơn.")
    return errors


@router.get("/export", name="producers.diaries.export")
async def choose(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Choose the time, the places and the kind of file; a choice that is right leads to the file."""
    member.require(*READERS)
    asked = await _read(request, session, member, now)
    kind = request.query_params.get("as")
    if kind in _MEDIA and asked.scope:
        path = request.app.url_path_for(f"producers.diaries.export_{kind}")
        return RedirectResponse(f"{path}?{_query(request)}", HTTPStatus.SEE_OTHER)
    page = ExportPage(
        form=asked.form,
        sites=[(str(site.id), site.name) for site in asked.sites],
        chosen=asked.chosen,
        formats=FORMATS,
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if asked.form.errors else HTTPStatus.OK
    return await render(request, page, status=status)


def _query(request: Request) -> str:
    return urlencode([pair for pair in request.query_params.multi_items() if pair[0] != "as"])


@router.get("/export.pdf", name="producers.diaries.export_pdf")
async def export_pdf(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """The booklet as pages."""
    return await _export(request, session, house, member=member, now=now, kind="pdf")


@router.get("/export.xlsx", name="producers.diaries.export_xlsx")
async def export_xlsx(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """The booklet as sheets."""
    return await _export(request, session, house, member=member, now=now, kind="xlsx")


async def _export(
    request: Request, session: AsyncSession, house: House, *, member: Member, now: datetime, kind: str
) -> Response:
    member.require(*READERS)
    asked = await _read(request, session, member, now)
    if asked.scope is None:
        path = request.app.url_path_for("producers.diaries.export")
        return RedirectResponse(f"{path}?{_query(request)}&as={kind}", HTTPStatus.SEE_OTHER)
    made = await booklet.collect(
        session,
        producer_id=member.producer.id,
        scope=asked.scope,
        printed_by=member.person.name,
        now=now,
    )
    await session.close()  # nothing is written: the connection goes back before the press runs
    lang = language_of(request)
    speak = partial(house.catalogue.translate, lang=lang)
    async with _presses:
        if kind == "pdf":
            content = await booklet_pdf.make_pdf(made, speak, lang)
        else:
            content = await booklet_xlsx.make_xlsx(made, speak)
    name = booklet_front.file_name(made, kind)
    return Response(
        content,
        media_type=_MEDIA[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )
