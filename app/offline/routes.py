"""The transport over HTTP: the service worker, the manifest, the pages a phone keeps, and the outbox's door."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import browsers
from app.accounts.dependencies import CurrentPerson, find_login
from app.accounts.errors import logged_out
from app.accounts.models import Person
from app.core.errors import InvalidError
from app.core.i18n import _
from app.offline import bundle, carrying, delivery, service
from app.offline.errors import BadBatchError, OtherPersonError
from app.offline.pages import CarryPage, NoSignalPage, OutboxPage
from app.offline.queueing import PagesQueue, Queue
from app.offline.schemas import Batch
from app.web.dependencies import Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.pages import language_of, render
from app.web.templating import STATIC, light_script, modules_version, static_url

router = APIRouter()
SCOPE = "/producer/"
SHELL = ("app.css", "app.js", "scan.js", "speak.js", "voice.js", "icons.svg", "mark.svg")
MODULES = "offline"
WORKER = "offline/sw.js"


def shell_assets() -> list[str]:
    """The addresses of all files that the kept pages need, each with its hash."""
    modules = sorted(path.relative_to(STATIC).as_posix() for path in (STATIC / MODULES).glob("*.*"))
    return [static_url(name) for name in (*SHELL, *modules, "vendor/idb.js") if name != WORKER]


@router.get("/sw.js", name="app.offline.worker")
async def service_worker() -> Response:
    """The service worker, with the list of what it keeps in front."""
    head = f"const VERSION = {json.dumps(modules_version())};\nconst ASSETS = {json.dumps(shell_assets())};\n"
    text = head + light_script(WORKER)
    return Response(text, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get("/manifest.webmanifest", name="app.offline.manifest")
async def manifest(request: Request, house: TheHouse) -> Response:
    """What the phone needs to put the fair on its home screen."""
    lang = language_of(request)
    words = house.catalogue.translate
    body = {
        "id": SCOPE,
        "name": words(_("Chợ Phiên · sổ nhà nông"), lang),
        "short_name": words(_("Chợ Phiên"), lang),
        "lang": lang,
        "start_url": SCOPE,
        "scope": "/",
        "display": "standalone",
        "background_color": "#fbf6ec",
        "theme_color": "#1d2857",
        "icons": [
            {
                "src": static_url(f"icon-{side}.png"),
                "sizes": f"{side}x{side}",
                "type": "image/png",
                "purpose": purpose,
            }
            for side in (192, 512)
            for purpose in ("any", "maskable")
        ],
        "shortcuts": [
            {"name": words(_("Ghi nhật ký"), lang), "url": "/producer/diary/new"},
        ],
    }
    return JSONResponse(body, media_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


@router.get("/producer/outbox", name="app.offline.outbox")
async def show_outbox(request: Request, _person: CurrentPerson) -> Response:
    """The page of what waits on this phone."""
    return await render(request, OutboxPage())


@router.get("/producer/outbox/carry", name="app.offline.carry")
async def show_carry(request: Request, _person: CurrentPerson) -> Response:
    """Ask for a file that another phone wrote."""
    return await render(request, CarryPage(form=Form()))


@router.post("/producer/outbox/carry", name="app.offline.take_carried")
async def take_carried(request: Request, house: TheHouse, now: Now) -> Response:
    """Deliver a carried file; whoever is logged in may bring it, its signature says whose the records are."""
    async with house.database.transaction() as session:
        await _person_of(request, session, now)
    submission = await read_submission(request)
    try:
        [file] = submission.files("file")
        text = (await file.read()).decode()
        records = await carrying.carry(house, request.app, text, host=request.headers["host"], now=now)
    except ValueError:
        form = Form(errors={"file": _("Bạn chọn tệp mà máy kia đã gói.")})
        return await render(request, CarryPage(form=form), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except InvalidError as error:
        form = Form().refused(error)
        return await render(request, CarryPage(form=form), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    stored = sum(record.state is delivery.Outcome.STORED for record in records)
    return await render(request, CarryPage(form=Form(), records=records, stored_count=stored))


@router.get("/producer/no-signal", name="app.offline.no_signal")
async def show_no_signal(request: Request, _person: CurrentPerson) -> Response:
    """The page that stands in for one that the phone does not hold."""
    return await render(request, NoSignalPage())


async def _person_of(request: Request, session: AsyncSession, now: datetime) -> Person:
    login = await find_login(request, session, now)
    if login is None:
        raise logged_out()
    return login.person


@router.get("/offline/bundle", name="app.offline.bundle")
async def show_bundle(request: Request, house: TheHouse, now: Now) -> Response:
    """Every page that this person's phone keeps; 304 when nothing of them changed, 204 to somebody who hung up.

    Where many ask at once they wait in line; who hears `BusyError` keeps the pages of before.
    """
    async with house.database.transaction() as session:
        person = await _person_of(request, session, now)
        pages = await bundle.list_pages(request, session, person)
    async with house.port(PagesQueue).turn():
        made = await bundle.make_bundle(request, pages, person_id=person.id)
    if made is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    headers = {"ETag": made.etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match", "").removeprefix("W/") == made.etag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(made.body, media_type="application/json", headers=headers)


async def _read_batch(request: Request) -> Batch | None:
    try:
        return Batch.model_validate(await request.json())
    except (ValueError, RecursionError):  # the reader of JSON gives up on brackets in brackets without end
        return None


@router.post("/offline/submissions", name="app.offline.submit")
async def submit(request: Request, house: TheHouse, now: Now) -> Response:
    """Take a batch of records in; an empty one only says how the phone is.

    Each record has a transaction of its own. No connection is held between them, and only a few batches are at work at
    once: a valley that gets its signal back at the same minute waits in line instead of starving everybody else.
    """
    batch = await _read_batch(request)
    async with house.database.transaction() as session:
        person = await _person_of(request, session, now)
        if batch is None:
            raise BadBatchError
        if batch.owner != person.id:
            raise OtherPersonError
        skew = service.skew_of(batch, now=now)
        name = browsers.name_device(request.headers.get("user-agent", ""))
        await service.report(session, batch, name=name, skew=skew, now=now)
    results: list[delivery.Result] = []
    if batch.items:
        async with house.port(Queue).turn():
            results = await delivery.deliver(request, batch, skew=skew, now=now)
    return JSONResponse({"received_at": now.isoformat(), "results": [asdict(result) for result in results]})
