"""The doors of recalls: practise one, open one, read its report; the public page."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import InvalidError
from app.core.i18n import Text
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.house import house_of
from app.web.pages import language_of, render
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.farms import service as farms
from producers.inputs import service as inputs
from traceability.lots import service as lots
from traceability.recalls import service
from traceability.recalls.models import Recall, StartKind
from traceability.recalls.pages import (
    STARTS,
    NewRecallPage,
    PublicRecallPage,
    RecallLine,
    RecallListPage,
    RecallPage,
)
from traceability.recalls.schemas import RecallForm
from traceability.recalls.service import Start

router = APIRouter()


@router.get("/producer/recalls", name="traceability.recalls.list")
async def list_recalls(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """Show what was recalled, and what was practised."""
    member.require(Role.MANAGER)
    found = await service.list_recalls(session, member.producer.id)
    lines = [RecallLine(one, STARTS[one.start_kind], len(one.report["lots"])) for one in found]
    return await render(request, RecallListPage(lines=lines))


@router.get("/producer/recalls/new", name="traceability.recalls.new")
async def show_form(
    request: Request, session: DbSession, member: CurrentMember, now: Now, start: str = ""
) -> Response:
    """Show the form of a recall."""
    member.require(Role.MANAGER)
    page = await _new_page(request, session, member, Form({"start": start}), now)
    return await render(request, page)


@router.post("/producer/recalls", name="traceability.recalls.open")
async def open_recall(
    request: Request, house: TheHouse, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Open a recall or practise one, or show what is wrong; sent again it stays one."""
    member.require(Role.MANAGER)
    fields, form = (await read_submission(request)).read(RecallForm)
    if fields is not None:
        try:
            async with session.begin_nested():
                recall = await service.open_recall(
                    session,
                    producer_id=member.producer.id,
                    person_id=member.person.id,
                    start=Start(fields.kind or StartKind.LOT, fields.start_id, fields.since, fields.until),
                    reason=fields.reason,
                    is_mock=fields.is_mock,
                    signer=service.recall_signer(house.secret),
                    recall_id=form.new_id(),
                    now=now,
                )
        except InvalidError as error:
            form = form.refused(error)
        else:
            target = request.app.url_path_for("traceability.recalls.show", recall_id=str(recall.id))
            return RedirectResponse(target, HTTPStatus.SEE_OTHER)
    page = await _new_page(request, session, member, form, now)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@router.get("/producer/recalls/{recall_id}", name="traceability.recalls.show")
async def show(
    request: Request, recall_id: UUID, house: TheHouse, session: DbSession, member: CurrentMember
) -> Response:
    """Show what a recall reached."""
    member.require(Role.MANAGER)
    recall = await service.get_own_recall(session, recall_id=recall_id, producer_id=member.producer.id)
    report = recall.report
    page = RecallPage(
        recall=recall,
        said=STARTS[recall.start_kind],
        lots=[lot["code"] for lot in report["lots"]],
        others=[lot["code"] for lot in report["others"]],
        label_count=report.get("labels", 0),  # reports of before labels were told say none
        parcel_count=len(report["parcels"]),
        source_count=len(report["sources"]),
        seconds=f"{report['milliseconds'] / 1000:.2f}".replace(".", ","),
        is_whole=report["is_whole"],
        is_signed=service.is_signed(recall, service.recall_signer(house.secret)),
    )
    return await render(request, page)


@router.get("/producer/recalls/{recall_id}/report.json", name="traceability.recalls.report")
async def download(recall_id: UUID, house: TheHouse, session: DbSession, member: CurrentMember) -> Response:
    """Hand over the signed report as a file, with the key that signed it."""
    member.require(Role.MANAGER)
    recall = await service.get_own_recall(session, recall_id=recall_id, producer_id=member.producer.id)
    key = service.recall_signer(house.secret).to_jwk()
    body = {"report": recall.report, "signature": recall.signature, "key": key}
    name = f"recall-{recall_id}.json"
    return JSONResponse(body, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/recalls/{recall_id}", name="traceability.recalls.public")
async def show_public(request: Request, recall_id: UUID, session: DbSession) -> Response:
    """Tell everybody which lots must not be used."""
    recall: Recall = await service.get_recall(session, recall_id)
    producer = await cooperatives.get_producer(session, recall.producer_id)
    page = PublicRecallPage(
        recall=recall, producer=producer.name, lots=await service.list_lots(session, recall_id)
    )
    return await render(request, page)


# ---------------------------------------------------------------- inside


async def _new_page(
    request: Request, session: AsyncSession, member: Member, form: Form, now: Now
) -> NewRecallPage:
    """Everything that a recall may begin with."""
    producer_id = member.producer.id
    lang = language_of(request)

    def translate(words: Text) -> str:
        return house_of(request).catalogue.translate(words, lang)

    def said(kind: StartKind, name: str) -> str:
        return f"{translate(STARTS[kind])}: {name}"

    starts = [
        (f"lot:{lot.id}", said(StartKind.LOT, lot.code)) for lot in await lots.list_lots(session, producer_id)
    ]
    starts += [
        (f"site:{site.id}", said(StartKind.SITE, site.name))
        for site in await farms.list_sites(session, producer_id)
    ]
    starts += [
        (f"farm:{farm.id}", said(StartKind.FARM, farm.name))
        for farm in await farms.list_farms(session, producer_id)
    ]
    starts += [
        (f"input:{used.id}", said(StartKind.INPUT, used.name))
        for used in await inputs.list_inputs(session, producer_id=producer_id)
    ]
    starts.append(("day:", translate(STARTS[StartKind.DAY])))
    return NewRecallPage(form=form, starts=starts, today=today(now))
