"""The doors of inspectors: the key is typed once; lots are looked up; programs show the key with each request."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.accounts.cookies import set_cookie
from app.accounts.models import ApiKey
from app.core.errors import AppError
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.forms import Form, read_submission
from app.web.house import house_of
from app.web.pages import language_of, render
from traceability.authority import service
from traceability.authority.answers import answer_book, sales_of
from traceability.authority.document import write_document
from traceability.authority.errors import NoInspectorError
from traceability.authority.models import Way
from traceability.authority.pages import InspectorKeyPage, InspectorSearchPage, read_inspector_lot
from traceability.authority.schemas import KeyForm
from traceability.chronicle.telling import lot_class

router = APIRouter()
COOKIE = "inspector"
PATH = "/authority"
API = "/api/authority/lots"
MOST_TRIES = 10
PER = timedelta(hours=1)


@router.get(PATH, name="traceability.authority.desk")
async def show_desk(request: Request, session: DbSession, now: Now, code: str = "") -> Response:
    """Show where a lot is looked up, with what was found; the form of the key to whoever has not shown one."""
    inspector = await _find(request, session, now)
    if inspector is None:
        return await render(request, InspectorKeyPage(form=Form()))
    found = None
    if code.strip():
        lots = await service.search(session, code)
        if len(lots) == 1:
            names = {"gtin": lots[0].gtin, "lot": lots[0].code}
            target = request.app.url_path_for("traceability.authority.inspect", **names)
            return RedirectResponse(target, HTTPStatus.SEE_OTHER)
        found = lots
    page = InspectorSearchPage(inspector=inspector.name, form=Form({"code": code}), found=found)
    return await render(request, page)


@router.post(f"{PATH}/login", name="traceability.authority.log_in")
async def log_in(
    request: Request, house: TheHouse, session: DbSession, visitor: VisitorKey, now: Now
) -> Response:
    """Take a key and open a session; wrong ones may be tried a few times an hour."""
    fields, form = (await read_submission(request)).read(KeyForm)
    if fields is not None:
        try:
            token = await service.log_in(session, typed=fields.key, now=now)
        except AppError as error:
            await attempts.limit(
                house.database, kind="inspector key", key=visitor, most=MOST_TRIES, per=PER, now=now
            )
            form = form.refused(error)
        else:
            target = request.app.url_path_for("traceability.authority.desk")
            response = RedirectResponse(target, HTTPStatus.SEE_OTHER)
            age = int(service.SESSION_LIFE.total_seconds())
            set_cookie(house, response, COOKIE, token, max_age=age, path=PATH)
            return response
    # The key itself never goes back into a page.
    page = InspectorKeyPage(form=Form(errors=form.errors))
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@router.post(f"{PATH}/logout", name="traceability.authority.log_out")
async def log_out(request: Request, session: DbSession) -> Response:
    """End the session of this browser."""
    await service.log_out(session, token=request.cookies.get(COOKIE, ""))
    response = RedirectResponse(request.app.url_path_for("traceability.authority.desk"), HTTPStatus.SEE_OTHER)
    response.delete_cookie(COOKIE, path=PATH)
    return response


@router.get(PATH + "/lots/{gtin}/{lot}", name="traceability.authority.inspect")
async def inspect(request: Request, session: DbSession, now: Now) -> Response:
    """Show a lot's papers; the look is written down."""
    inspector = await _find(request, session, now)
    if inspector is None:
        return await render(request, InspectorKeyPage(form=Form()), status=HTTPStatus.UNAUTHORIZED)
    audit = await _look(request, session, inspector, Way.PAGE, now)
    return await render(request, read_inspector_lot(inspector.name, audit))


@router.get(PATH + "/lots/{gtin}/{lot}/record.xlsx", name="traceability.authority.inspect_book")
async def inspect_book(request: Request, session: DbSession, now: Now) -> Response:
    """Hand over a lot's papers as a workbook; the look is written down."""
    inspector = await _find(request, session, now)
    if inspector is None:
        return await render(request, InspectorKeyPage(form=Form()), status=HTTPStatus.UNAUTHORIZED)
    audit = await _look(request, session, inspector, Way.FILE, now)
    return await answer_book(request, [audit], f"so-lo-{audit.record.facts.lot.code}.xlsx")


@router.get(API + "/{gtin}/{lot}", name="traceability.authority.document")
async def show_document(
    request: Request, house: TheHouse, session: DbSession, visitor: VisitorKey, now: Now
) -> Response:
    """Tell a program a lot's papers as JSON: `Authorization: Bearer` and an inspector's key; the look is written down."""
    scheme, _space, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise NoInspectorError
    try:
        inspector = await service.identify(session, key, now=now)
    except NoInspectorError:
        await attempts.limit(
            house.database, kind="inspector key", key=visitor, most=MOST_TRIES, per=PER, now=now
        )
        raise
    audit = await _look(request, session, inspector, Way.PROGRAM, now)
    speak = partial(house.catalogue.translate, lang=language_of(request))
    links = {
        name: str(request.app.url_path_for(route, **request.path_params))
        for name, route in (
            ("passport", "traceability.resolver.lot_passport"),
            ("proof", "traceability.resolver.proof"),
            ("story", "traceability.resolver.story"),
        )
    }
    # The events of the lot are told by the same key; that address is the repository's own.
    named = quote(lot_class(audit.record.facts.lot.gtin, audit.record.facts.lot.code), safe="")
    links["events"] = f"/epcis/events?MATCH_anyEPCClass={named}"
    return JSONResponse(
        write_document(audit, speak) | {"links": links}, headers={"Cache-Control": "private, no-store"}
    )


async def _find(request: Request, session: AsyncSession, now: datetime) -> ApiKey | None:
    token = request.cookies.get(COOKIE)
    return await service.find_inspector(session, token=token, now=now) if token else None


async def _look(
    request: Request, session: AsyncSession, inspector: ApiKey, way: Way, now: datetime
) -> service.Audit:
    """The papers of the lot that the address names."""
    parts: dict[str, str] = request.path_params
    return await service.look_at_lot(
        session,
        sales_of(house_of(request)),
        inspector=inspector,
        gtin=parts["gtin"],
        code=parts["lot"],
        way=way,
        now=now,
    )
