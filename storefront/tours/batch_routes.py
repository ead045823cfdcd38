"""Paper tickets over HTTP: made on the phone, printed, settled, and given their day."""

from __future__ import annotations

import asyncio
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.money import format_dong
from app.core.phone import format_phone
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import language_of, render
from producers.cooperatives.access import CurrentMember
from storefront.tours import (
    batch_seats,
    batch_settling,
    batch_sheet,
    batches,
    departures,
    service,
    symbols,
    tickets,
)
from storefront.tours.batch_models import TicketBatch, TicketState
from storefront.tours.batch_pages import (
    BatchCard,
    BatchesPage,
    BatchFormPage,
    BatchPage,
    PaperPage,
    SettlementLine,
    TicketLine,
)
from storefront.tours.batch_repository import Line
from storefront.tours.batch_seats import Paper
from storefront.tours.batch_settling import spell_numbers
from storefront.tours.batches import Sheet
from storefront.tours.models import Tour, TourUnit
from storefront.tours.schemas import BatchFields, MoveFields, ReturnFields, SettleFields
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.words import PAPER_WORDS, say_days, say_instant, say_left, say_unit, say_when

router = APIRouter(prefix="/producer/tours")
_LIST = "storefront.tours.batches"
_ONE = "storefront.tours.batch"
_PAPER = "storefront.tours.paper"
_presses = asyncio.Semaphore(1)
"""One file at a time in a process: pages are heavy work, and the others wait without a connection."""


@router.get("/batches", name=_LIST)
async def show_batches(
    request: Request, *, session: DbSession, member: CurrentMember, now: Now, code: str = ""
) -> Response:
    """What lies at which sales point; with a ticket's code that ticket."""
    member.require(*HOST_ROLES)
    form = Form({"code": tickets.normalise(code)} if code else {})
    status = HTTPStatus.OK
    if code:
        try:
            paper = await batch_seats.get_paper(session, code=code, producer_id=member.producer.id)
        except AppError as error:
            form, status = Form(form.values, {"code": error.message}), HTTPStatus.NOT_FOUND
        else:
            return _to(request, _PAPER, code=paper.ticket.code)
    cards = []
    for batch, tour, departure, counts in await batches.list_batches(session, member.producer.id):
        when = say_when(tour, departure) if departure else say_days(batch.valid_from, batch.valid_until)
        cards.append(
            BatchCard(
                batch,
                tour.title,
                when,
                counts[TicketState.OUT],
                counts[TicketState.SOLD],
                counts[TicketState.BACK],
                counts[TicketState.OUT] > 0 and batch.valid_until < today(now),
            )
        )
    made = [(tour.id, tour.title) for tour in await service.list_tours(session, member.producer.id)]
    return await render(request, BatchesPage(cards=cards, tours=made, form=form), status=status)


@router.get("/{tour_id}/batches/new", name="storefront.tours.new_batch")
async def show_form(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The form of a new batch."""
    member.require(*HOST_ROLES)
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    form = Form({"id": str(uuid7()), "valid_from": str(today(now)), "count": "20"})
    return await render(request, await _form_page(request, session, tour, form, now=now))


@router.post("/{tour_id}/batches", name="storefront.tours.make_batch")
async def make(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Make the tickets; the same form sent twice is one batch."""
    member.require(*HOST_ROLES)
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(BatchFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                batch = await batches.make_batch(
                    session, tour=tour, fields=fields, person_id=member.person.id, now=now
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to(request, _ONE, batch_id=batch.id)
    return await render(request, await _form_page(request, session, tour, form, now=now), status=status)


@router.get("/batches/{batch_id}", name=_ONE)
async def show_batch(
    request: Request, batch_id: UUID, *, session: DbSession, member: CurrentMember
) -> Response:
    """One batch."""
    member.require(*HOST_ROLES)
    batch = await batches.get_batch(session, batch_id=batch_id, producer_id=member.producer.id)
    return await render(request, await _batch_page(session, batch))


@router.get("/batches/{batch_id}/tickets.pdf", name="storefront.tours.batch_pdf")
async def give_pdf(
    request: Request, batch_id: UUID, *, session: DbSession, house: TheHouse, member: CurrentMember
) -> Response:
    """The tickets to print and cut; where nothing is left to print, the batch."""
    member.require(*HOST_ROLES)
    batch = await batches.get_batch(session, batch_id=batch_id, producer_id=member.producer.id)
    sheet = await batches.get_sheet(session, batch)
    if not batch_sheet.list_printed(sheet):
        return _to(request, _ONE, batch_id=batch_id)
    await session.close()  # nothing is written: the connection goes back before the press runs
    async with _presses:
        pdf = await batch_sheet.make_pdf(
            sheet,
            producer=member.producer,
            signer=symbols.signers(house.secret)[0],
            public_url=house.settings.public_url,
            speak=house.catalogue.translate,
        )
    return Response(
        pdf,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="ve-{batch.code}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


@router.post("/batches/{batch_id}/settle", name="storefront.tours.settle_batch")
async def settle(
    request: Request, batch_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """What the sales point pays for, and what it hands back; the same form sent twice is one settlement."""
    member.require(*HOST_ROLES)
    batch = await batches.get_batch(session, batch_id=batch_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(SettleFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await batch_settling.settle(
                    session,
                    batch_id=batch.id,
                    producer_id=member.producer.id,
                    fields=fields,
                    person_id=member.person.id,
                    now=now,
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to(request, _ONE, batch_id=batch.id)
    return await render(request, await _batch_page(session, batch, form=form), status=status)


@router.post("/batches/{batch_id}/returned", name="storefront.tours.return_batch")
async def return_money(
    request: Request, batch_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The host gave guests of a day that was called off their money back."""
    member.require(*HOST_ROLES)
    batch = await batches.get_batch(session, batch_id=batch_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(ReturnFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await batch_settling.return_money(
                    session,
                    batch_id=batch.id,
                    producer_id=member.producer.id,
                    text=fields.numbers,
                    person_id=member.person.id,
                    now=now,
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to(request, _ONE, batch_id=batch.id)
    return await render(request, await _batch_page(session, batch, return_form=form), status=status)


@router.get("/papers/{code}", name=_PAPER)
async def show_paper(
    request: Request, code: str, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """One paper ticket: on which day its guest comes."""
    member.require(*HOST_ROLES)
    paper = await batch_seats.get_paper(session, code=code, producer_id=member.producer.id)
    return await render(request, await _paper_page(request, session, paper, now=now))


@router.post("/papers/{code}/seat", name="storefront.tours.seat_paper")
async def seat(
    request: Request, code: str, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Its guest telephones: the ticket takes its seats on a departure."""
    member.require(*HOST_ROLES)
    fields, form = (await read_submission(request)).read(MoveFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await batch_seats.seat(
                    session,
                    code=code,
                    producer_id=member.producer.id,
                    departure_id=fields.departure_id,
                    now=now,
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to(request, _PAPER, code=tickets.normalise(code))
    paper = await batch_seats.get_paper(session, code=code, producer_id=member.producer.id)
    page = await _paper_page(request, session, paper, now=now, form=form)
    return await render(request, page, status=status)


@router.post("/papers/{code}/unseat", name="storefront.tours.unseat_paper")
async def unseat(
    request: Request, code: str, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Its guest does not come that day after all."""
    member.require(*HOST_ROLES)
    try:
        async with session.begin_nested():
            await batch_seats.unseat(session, code=code, producer_id=member.producer.id, now=now)
    except AppError as error:
        paper = await batch_seats.get_paper(session, code=code, producer_id=member.producer.id)
        page = await _paper_page(request, session, paper, now=now, form=Form().refused(error))
        return await render(request, page, status=status_of(error))
    return _to(request, _PAPER, code=tickets.normalise(code))


async def _form_page(
    request: Request, session: AsyncSession, tour: Tour, form: Form, *, now: datetime
) -> BatchFormPage:
    seats = await departures.list_seats(session, [tour], now=now)
    offers = (await service.list_offers(session, [tour.id]))[tour.id]

    def name(option: str, unit: TourUnit) -> str:
        said = f"{_speak(request, say_unit(unit))}, {format_dong(unit.price_minor)}"
        return f"{option}: {said}" if len(offers) > 1 else said

    return BatchFormPage(
        form=form,
        tour=tour,
        units=[(str(unit.id), name(offer.option.name, unit)) for offer in offers for unit in offer.units],
        dates=[
            (
                str(one.departure.id),
                f"{_speak(request, say_when(tour, one.departure))}, {_speak(request, say_left(one.left))}",
            )
            for one in seats
            if one.is_open and one.left
        ],
    )


async def _batch_page(
    session: AsyncSession,
    batch: TicketBatch,
    *,
    form: Form | None = None,
    return_form: Form | None = None,
) -> BatchPage:
    sheet = await batches.get_sheet(session, batch)
    out = [line.ticket.number for line in sheet.lines if line.ticket.state is TicketState.OUT]
    returns = sheet.to_return
    return BatchPage(
        batch=batch,
        title=sheet.tour.title,
        phone=format_phone(batch.point_phone),
        when=batch_sheet.say_validity(sheet),
        on=sheet.departure.local_on if sheet.departure else None,
        unit=say_unit(sheet.unit),
        out=len(out),
        sold=sheet.count(TicketState.SOLD),
        back=sheet.count(TicketState.BACK),
        came=sheet.came,
        due_minor=sheet.due_minor,
        paid_minor=sheet.paid_minor,
        each_minor=batch.price_minor - batch.keep_minor,
        out_numbers=spell_numbers(out),
        return_numbers=spell_numbers({ticket.number for ticket in returns}),
        return_minor=len(returns) * batch.price_minor,
        is_off=sheet.is_off,
        lines=[_show_line(sheet, line) for line in sheet.lines],
        settlements=[
            SettlementLine(
                say_instant(one.created_at),
                one.sold,
                one.back,
                one.amount_minor,
                one.keep_minor,
                one.amount_minor - one.keep_minor,
            )
            for one in sheet.settlements
        ],
        settlement_id=(form.values.get("id") if form else None) or str(uuid7()),
        form=form or Form(),
        return_form=return_form or Form(),
    )


def _show_line(sheet: Sheet, line: Line) -> TicketLine:
    words, kind = PAPER_WORDS[line.ticket.state]
    if line.ticket.returned_at is not None:
        words, kind = _("Đã trả lại tiền"), "plain"
    is_seated = sheet.departure is None and line.departure is not None
    return TicketLine(
        line.ticket.number,
        line.ticket.code,
        words,
        kind,
        say_when(sheet.tour, line.departure) if is_seated and line.departure else None,
        say_instant(line.came_at) if line.came_at else None,
    )


async def _paper_page(
    request: Request, session: AsyncSession, paper: Paper, *, now: datetime, form: Form | None = None
) -> PaperPage:
    sheet = await batches.get_sheet(session, paper.batch)
    [line] = [one for one in sheet.lines if one.ticket.id == paper.ticket.id]
    shown = _show_line(sheet, line)
    dates = await batch_seats.list_dates(session, paper, now=now) if paper.is_open else []
    free = [(departure, left) for departure, left in dates if left >= paper.batch.heads]
    return PaperPage(
        code=paper.ticket.code,
        batch=paper.batch,
        number=paper.ticket.number,
        title=sheet.tour.title,
        unit=say_unit(sheet.unit),
        when=batch_sheet.say_validity(sheet),
        state=shown.state,
        kind=shown.kind,
        is_open=paper.is_open,
        seated=shown.day,
        can_unseat=shown.day is not None and line.came_at is None,
        choices=[
            (
                str(departure.id),
                f"{_speak(request, say_when(sheet.tour, departure))}, {_speak(request, say_left(left))}",
            )
            for departure, left in free
        ],
        can_come_in=any(departure.local_on == today(now) for departure, _left in free),
        form=form or Form(),
    )


def _speak(request: Request, text: Text) -> str:
    spoken: str = request.app.state.house.catalogue.translate(text, language_of(request))
    return spoken


def _to(request: Request, name: str, **path: object) -> RedirectResponse:
    return RedirectResponse(str(request.app.url_path_for(name, **path)), HTTPStatus.SEE_OTHER)
