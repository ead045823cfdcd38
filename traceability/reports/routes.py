"""The doors of reports: tell of a suspect label; read what was told, at the producer's and at the staff's desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.accounts.dependencies import CurrentStaff
from app.core.errors import AppError, LimitedError
from app.core.ids import uuid7
from app.places import provinces
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import CurrentMember
from producers.listings import service as listings
from traceability.labels import sheet
from traceability.links.keys import LinkSyntaxError
from traceability.reports import service
from traceability.reports.errors import NothingToReportError, ReportedEnoughError, TooManyReportsError
from traceability.reports.models import SuspectReport
from traceability.reports.pages import (
    SIGNS,
    ReportLine,
    ReportPage,
    ReportsDeskPage,
    ReportsPage,
    ReportThanksPage,
)
from traceability.reports.schemas import ReportFields
from traceability.reports.service import NewReport
from traceability.resolver.digital_link import Link, read_link
from traceability.scans import service as scans
from traceability.scans.own import PLACE_COOKIE

router = APIRouter()


@dataclass(frozen=True)
class Limit:
    """So many reports within such a time, and what one more hears."""

    kind: str
    most: int
    per: timedelta
    refusal: Callable[[], LimitedError]


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OF_VISITOR = Limit("label_report", 5, HOUR, TooManyReportsError)
"""By a keyed hash of the address, as all limits here: the address itself is not kept."""
OF_LABEL = Limit("label_report_of", 5, DAY, ReportedEnoughError)
OF_PRODUCT = Limit("label_report_product", 30, HOUR, TooManyReportsError)
"""Codes can be made up: whoever floods one product leaves the others their voice."""
OF_ALL = Limit("label_report_all", 300, HOUR, TooManyReportsError)
SMALL, LARGE = 320, 1280


@router.get("/verify/report", name="traceability.reports.form")
async def form(
    request: Request, session: DbSession, gtin: str = "", lot: str | None = None, serial: str | None = None
) -> Response:
    """Ask what is wrong with a label; without one, ask for its code first."""
    link = _read(gtin, lot, serial)
    if link is None:
        return _lead(request, "traceability.resolver.verify")
    return await render(request, await _page(session, link, Form(), str(uuid7())))


@router.post("/verify/report", name="traceability.reports.report")
async def report(
    request: Request, *, house: TheHouse, session: DbSession, visitor: VisitorKey, now: Now
) -> Response:
    """Keep a report; the same form sent twice is one."""
    refusal: AppError | None = await _limit(house, OF_VISITOR, visitor, now)
    submission = await read_submission(request)
    fields, typed = submission.read(ReportFields)
    values = submission.form.values
    link = _read(values.get("gtin", ""), values.get("lot"), values.get("serial"))
    if link is None:
        return _lead(request, "traceability.resolver.verify")
    if fields is not None and refusal is None:
        refusal = await _limit_label(house, link, now)
    if fields is not None and refusal is None:
        new = NewReport(
            id=fields.id,
            gtin=link.gtin,
            lot_code=link.lot_code,
            serial=link.serial,
            sign=fields.sign,
            note=fields.note,
            province_code=scans.read_province(request.cookies.get(PLACE_COOKIE)),
        )
        photos = submission.files("photo")
        refusal = await _keep(house, session, new, await photos[0].read() if photos else None, now)
        if refusal is None:
            return _lead(request, "traceability.reports.thanks")
    shown = typed.refused(refusal) if refusal else typed
    status = status_of(refusal) if refusal else HTTPStatus.UNPROCESSABLE_ENTITY
    page = await _page(session, link, shown, values.get("id") or str(uuid7()))
    return await render(request, page, status=status)


@router.get("/verify/report/thanks", name="traceability.reports.thanks")
async def thank(request: Request) -> Response:
    """Say that the report arrived, and what happens next."""
    return await render(request, ReportThanksPage())


@router.get("/producer/labels/reports", name="traceability.reports.list")
async def list_reports(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """Show a producer what was reported about its labels."""
    member.require(*service.READERS)
    found = await service.list_reports(session, producer_id=member.producer.id)
    return await render(request, ReportsPage(lines=await _lines(request, session, found, is_desk=False)))


@router.post("/producer/labels/reports/{report_id}/handled", name="traceability.reports.handle")
async def handle(
    request: Request, session: DbSession, member: CurrentMember, report_id: UUID, now: Now
) -> Response:
    """The producer looked into a report."""
    member.require(*service.READERS)
    await service.handle(
        session,
        report_id=report_id,
        producer_id=member.producer.id,
        person_id=member.person.id,
        now=now,
    )
    return _lead(request, "traceability.reports.list")


@router.get("/producer/labels/reports/{report_id}/{width}.webp", name="traceability.reports.photo")
async def show_photo(
    session: DbSession, house: TheHouse, member: CurrentMember, report_id: UUID, width: int
) -> Response:
    """The photo of a report about one of the producer's labels."""
    member.require(*service.READERS)
    found = await service.get_own_report(session, report_id=report_id, producer_id=member.producer.id)
    return await _photo(session, house, found, width)


@router.get("/admin/reports", name="traceability.reports.desk")
async def show_desk(request: Request, session: DbSession, staff: CurrentStaff) -> Response:
    """Show the staff what was reported about anybody's labels."""
    del staff  # any of them
    found = await service.list_reports(session)
    return await render(request, ReportsDeskPage(lines=await _lines(request, session, found, is_desk=True)))


@router.get("/admin/reports/{report_id}/{width}.webp", name="traceability.reports.desk_photo")
async def show_desk_photo(
    session: DbSession, house: TheHouse, staff: CurrentStaff, report_id: UUID, width: int
) -> Response:
    """The photo of a report."""
    del staff  # any of them
    return await _photo(session, house, await service.get_report(session, report_id), width)


# ---------------------------------------------------------------- inside


def _lead(request: Request, route: str) -> Response:
    return RedirectResponse(request.app.url_path_for(route), HTTPStatus.SEE_OTHER)


def _read(gtin: str, lot: str | None, serial: str | None) -> Link | None:
    """The label that a form is about; None for what cannot stand on one."""
    try:
        return read_link(Link(gtin, lot or None, serial or None).path)
    except LinkSyntaxError:
        return None


async def _limit(house: House, limit: Limit, key: str, now: datetime) -> LimitedError | None:
    """Count one report; what to answer when there were too many."""
    try:
        await attempts.limit(
            house.database, kind=limit.kind, key=key, most=limit.most, per=limit.per, now=now
        )
    except LimitedError:
        return limit.refusal()
    return None


async def _limit_label(house: House, link: Link, now: datetime) -> LimitedError | None:
    """Count a report that is about to be kept, against its label, its product and all; the narrowest first."""
    for limit, key in ((OF_LABEL, link.path), (OF_PRODUCT, link.gtin), (OF_ALL, "")):
        refusal = await _limit(house, limit, key, now)
        if refusal is not None:
            return refusal
    return None


async def _keep(
    house: House, session: AsyncSession, new: NewReport, photo: bytes | None, now: datetime
) -> AppError | None:
    """Keep a report; what is wrong with its photo, if anything is."""
    try:
        async with session.begin_nested():
            await service.report(session, house.files, new=new, photo=photo, now=now)
    except NothingToReportError:
        raise
    except AppError as error:
        return error
    return None


async def _page(session: AsyncSession, link: Link, form: Form, report_id: str) -> ReportPage:
    reported = await service.find_reported(session, link.gtin)
    return ReportPage(
        form=form,
        report_id=report_id,
        product=reported.listing.title,
        gtin=link.gtin,
        lot=link.lot_code,
        serial=link.serial,
        signs=[(sign.value, words) for sign, words in SIGNS],
        back=link.path,
    )


async def _photo(session: AsyncSession, house: House, found: SuspectReport, width: int) -> Response:
    content = await service.read_photo(session, house.files, found, width=width)
    return Response(content, media_type="image/webp", headers={"Cache-Control": "private, no-cache"})


async def _lines(
    request: Request, session: AsyncSession, found: Sequence[SuspectReport], *, is_desk: bool
) -> list[ReportLine]:
    url = request.app.url_path_for
    titles = await _titles(session, found)
    names = await cooperatives.get_producers(session, {one.producer_id for one in found}) if is_desk else {}
    words = dict(SIGNS)
    photo_route = "traceability.reports.desk_photo" if is_desk else "traceability.reports.photo"

    def photo(one: SuspectReport, width: int) -> str | None:
        return str(url(photo_route, report_id=str(one.id), width=width)) if one.photo_id else None

    return [
        ReportLine(
            words=words[one.sign],
            product=titles.get(one.gtin, one.gtin),
            label=sheet.spell(one.serial) if one.serial else None,
            lot_code=one.lot_code,
            note=one.note,
            province=_province_name(one.province_code),
            told_at=one.created_at,
            producer=names[one.producer_id].name if is_desk else None,
            photo=photo(one, SMALL),
            photo_large=photo(one, LARGE),
            story=Link(one.gtin, one.lot_code, one.serial).path,
            handled_at=one.handled_at,
            handle=_handle_path(url, one, is_desk=is_desk),
        )
        for one in found
    ]


def _handle_path(url: Callable[..., object], one: SuspectReport, *, is_desk: bool) -> str | None:
    if is_desk or one.handled_at is not None:
        return None
    return str(url("traceability.reports.handle", report_id=str(one.id)))


def _province_name(code: str | None) -> str | None:
    province = provinces.find_province(code)
    return province.name if province else None


async def _titles(session: AsyncSession, found: Sequence[SuspectReport]) -> dict[str, str]:
    """The products' names by GTIN."""
    variants = await listings.find_variants_by_gtins(session, {one.gtin for one in found})
    known = await listings.get_listings(session, {variant.listing_id for variant in variants.values()})
    return {gtin: known[variant.listing_id].title for gtin, variant in variants.items()}
