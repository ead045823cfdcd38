"""The doors of labels: print, fetch a sheet or one label, say why again, take a label back."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.errors import AppError, ConflictError, InvalidError
from app.core.ids import uuid7
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.house import House, house_of
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from traceability.labels import prints, service, sheet
from traceability.labels.errors import ReprintReasonError
from traceability.labels.models import LabelPrint, Serial, SerialState
from traceability.labels.pages import (
    REASON_CHOICES,
    STATES,
    ActLine,
    SerialLine,
    SerialPage,
    SheetLine,
    SheetListPage,
    SheetPage,
    describe_act,
)
from traceability.labels.press import Press, open_press
from traceability.labels.schemas import Picture, PrintForm, ReprintForm, VoidForm
from traceability.lots import service as lots
from traceability.lots.pages import read_lot_page

router = APIRouter(prefix="/producer")
PRINTERS = (Role.MANAGER, Role.PACKER)
MOST_SHOWN = 240
ANCHOR = "#in-lai"


@router.get("/labels", name="traceability.labels.list")
async def list_sheets(
    request: Request, session: DbSession, member: CurrentMember, lot: UUID | None = None
) -> Response:
    """Show the latest print jobs, of one lot when it is named."""
    member.require(*PRINTERS)
    page = await _list_page(session, member.producer.id, lot, Form())
    return await render(request, page)


@router.post("/lots/{lot_id}/labels", name="traceability.labels.print")
async def print_labels(
    request: Request, session: DbSession, member: CurrentMember, lot_id: UUID, now: Now
) -> Response:
    """Issue labels and lead to their sheet; sent again it leads to the same one."""
    member.require(*PRINTERS)
    await lots.get_own_lot(session, lot_id=lot_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(PrintForm)
    if fields is not None:
        try:
            async with session.begin_nested():
                made = await service.print_labels(
                    session,
                    lot_id=lot_id,
                    count=fields.count,
                    layout=fields.layout,
                    has_pin=fields.has_pin,
                    sheet_id=form.new_id(),
                    person_id=member.person.id,
                    now=now,
                )
        except (ConflictError, InvalidError) as error:
            form = form.refused(error)
        else:
            return RedirectResponse(
                request.app.url_path_for("traceability.labels.show", sheet_id=str(made.id)),
                HTTPStatus.SEE_OTHER,
            )
    page = await read_lot_page(session, member=member, lot_id=lot_id, form=form)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@router.post("/labels/void", name="traceability.labels.void")
async def void(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Take a label back by its code."""
    member.require(*PRINTERS)
    fields, form = (await read_submission(request)).read(VoidForm)
    if fields is not None:
        try:
            async with session.begin_nested():
                serial = await prints.void(
                    session,
                    typed=fields.serial,
                    producer_id=member.producer.id,
                    reason=fields.reason,
                    note=fields.note,
                    person_id=member.person.id,
                    now=now,
                )
        except AppError as error:
            form = form.refused(error)
        else:
            return RedirectResponse(
                request.app.url_path_for("traceability.labels.show", sheet_id=str(serial.sheet_id)),
                HTTPStatus.SEE_OTHER,
            )
    page = await _list_page(session, member.producer.id, None, form)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


# ---------------------------------------------------------------- a print job


@router.get("/labels/{sheet_id}", name="traceability.labels.show")
async def show(
    request: Request, session: DbSession, member: CurrentMember, sheet_id: UUID, again: int | None = None
) -> Response:
    """Show one print job; `again` is the file that somebody wanted once more."""
    member.require(*PRINTERS)
    form = _new_form(part=str(again)) if again else _new_form()
    page = await _sheet_page(session, member, sheet_id, form, is_asking=again is not None)
    return await render(request, page)


@router.get("/labels/{sheet_id}/state", name="traceability.labels.state")
async def state(session: DbSession, member: CurrentMember, sheet_id: UUID) -> dict[str, bool]:
    """Say whether the sheet is ready, for the page that waits."""
    member.require(*PRINTERS)
    found, _lot = await service.get_own_sheet(session, sheet_id=sheet_id, producer_id=member.producer.id)
    return {"changed": service.is_ready(found)}


@router.get("/labels/{sheet_id}/sheet.pdf", name="traceability.labels.pdf")
async def download(
    request: Request,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    sheet_id: UUID,
    now: Now,
    part: int = 1,
) -> Response:
    """Give the sheet to print, or one part of a long one; made on the spot when the worker has not come round to it.

    What was printed before leads back to the page, which asks why.
    """
    member.require(*PRINTERS)
    found, lot = await service.get_own_sheet(session, sheet_id=sheet_id, producer_id=member.producer.id)
    try:
        await prints.open_print(session, prints.target_file(found, part), person_id=member.person.id, now=now)
    except ReprintReasonError:
        page = request.app.url_path_for("traceability.labels.show", sheet_id=str(sheet_id))
        return RedirectResponse(f"{page}?again={part}{ANCHOR}", HTTPStatus.SEE_OTHER)
    name = f"nhan-{lot.code}" if service.count_parts(found) == 1 else f"nhan-{lot.code}-{part}"
    pdf = await service.make_pdf(session, house.files, sheet_id=sheet_id, press=_press(house), number=part)
    return Response(
        pdf,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


@router.post("/labels/{sheet_id}/reprint", name="traceability.labels.reprint")
async def reprint(
    request: Request, session: DbSession, member: CurrentMember, sheet_id: UUID, now: Now
) -> Response:
    """Note why a file is printed again, and lead to it."""
    member.require(*PRINTERS)
    found, lot = await service.get_own_sheet(session, sheet_id=sheet_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(ReprintForm)
    if fields is not None:
        try:
            await prints.reprint(
                session,
                prints.target_file(found, fields.part),
                again=prints.Again(fields.id, fields.reason, fields.note),
                lot=lot,
                person_id=member.person.id,
                now=now,
            )
        except AppError as error:
            form = form.refused(error)
        else:
            pdf = request.app.url_path_for("traceability.labels.pdf", sheet_id=str(sheet_id))
            return RedirectResponse(f"{pdf}?part={fields.part}", HTTPStatus.SEE_OTHER)
    page = await _sheet_page(session, member, sheet_id, form, is_asking=False)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


# ---------------------------------------------------------------- one label


@router.get("/labels/serials/{serial}.svg", name="traceability.labels.symbol")
async def symbol(session: DbSession, house: TheHouse, member: CurrentMember, serial: str) -> Response:
    """Draw the symbol of one label, for the page about it."""
    member.require(*PRINTERS)
    found, lot = await service.get_own_serial(session, typed=serial, producer_id=member.producer.id)
    face = await service.describe_face(session, lot)
    picture = sheet.svg(face, found.serial, press=service.press_for(face, _press(house)))
    return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "private, no-store"})


@router.get("/labels/serials/{serial}", name="traceability.labels.serial")
async def show_serial(request: Request, session: DbSession, member: CurrentMember, serial: str) -> Response:
    """Show one label."""
    member.require(*PRINTERS)
    return await render(request, await _serial_page(session, member, serial, _new_form()))


@router.get("/labels/serials/{serial}/label.svg", name="traceability.labels.svg")
async def download_svg(
    request: Request, session: DbSession, member: CurrentMember, serial: str, now: Now
) -> Response:
    """Give one whole label as an SVG, for whoever prints with a program of their own."""
    return await _draw(request, session, member, serial=serial, form=Picture.SVG, now=now)


@router.get("/labels/serials/{serial}/label.png", name="traceability.labels.png")
async def download_png(
    request: Request, session: DbSession, member: CurrentMember, serial: str, now: Now
) -> Response:
    """Give one whole label as a PNG, for phones and label printers that take pictures alone."""
    return await _draw(request, session, member, serial=serial, form=Picture.PNG, now=now)


@router.post("/labels/serials/{serial}/reprint", name="traceability.labels.reprint_serial")
async def reprint_serial(
    request: Request, session: DbSession, member: CurrentMember, serial: str, now: Now
) -> Response:
    """Note why one label is printed again, and lead to its picture."""
    member.require(*PRINTERS)
    found, lot = await service.get_own_serial(session, typed=serial, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(ReprintForm)
    if fields is not None:
        try:
            await prints.reprint(
                session,
                await prints.target_serial(session, found),
                again=prints.Again(fields.id, fields.reason, fields.note),
                lot=lot,
                person_id=member.person.id,
                now=now,
            )
        except AppError as error:
            form = form.refused(error)
        else:
            picture = request.app.url_path_for(f"traceability.labels.{fields.picture}", serial=found.serial)
            return RedirectResponse(picture, HTTPStatus.SEE_OTHER)
    page = await _serial_page(session, member, serial, form)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


# ---------------------------------------------------------------- inside


def _press(house: House) -> Press:
    return open_press(house.settings.public_url, house.secret)


def _new_form(**values: str) -> Form:
    return Form({"id": str(uuid7()), **values})


def _line(serial: Serial) -> SerialLine:
    kind, state = STATES[serial.state]
    return SerialLine(
        serial=serial.serial,
        said=sheet.spell(serial.serial),
        kind=kind,
        state=state,
        may_void=serial.state is SerialState.ISSUED,
        may_print=serial.state is not SerialState.VOID,
    )


async def _draw(
    request: Request,
    session: AsyncSession,
    member: Member,
    *,
    serial: str,
    form: Picture,
    now: datetime,
) -> Response:
    member.require(*PRINTERS)
    found, lot = await service.get_own_serial(session, typed=serial, producer_id=member.producer.id)
    target = await prints.target_serial(session, found)
    try:
        await prints.open_print(session, target, person_id=member.person.id, now=now)
    except ReprintReasonError:
        page = request.app.url_path_for("traceability.labels.serial", serial=found.serial)
        return RedirectResponse(f"{page}{ANCHOR}", HTTPStatus.SEE_OTHER)
    drawn = await service.draw_label(session, found, form=form, press=_press(house_of(request)))
    return Response(
        drawn,
        media_type={Picture.SVG: "image/svg+xml", Picture.PNG: "image/png"}[form],
        headers={
            "Content-Disposition": f'attachment; filename="nhan-{lot.code}-{found.serial}.{form}"',
            "Cache-Control": "private, no-store",
        },
    )


async def _tell(session: AsyncSession, acts: list[LabelPrint]) -> list[ActLine]:
    people = await accounts.get_people(session, {act.person_id for act in acts})
    codes = await prints.name_serials(session, acts)
    return [
        describe_act(
            act,
            person=people[act.person_id].name,
            said=sheet.spell(codes[act.serial_id]) if act.serial_id else None,
        )
        for act in acts
    ]


async def _sheet_page(
    session: AsyncSession, member: Member, sheet_id: UUID, form: Form, *, is_asking: bool
) -> SheetPage:
    found, lot = await service.get_own_sheet(session, sheet_id=sheet_id, producer_id=member.producer.id)
    shown = await service.list_serials(session, sheet_id, limit=MOST_SHOWN)
    return SheetPage(
        sheet=found,
        lot=lot,
        is_ready=service.is_ready(found),
        part_count=service.count_parts(found),
        serials=[_line(serial) for serial in shown],
        printed=await prints.list_printed_parts(session, sheet_id),
        is_asking=is_asking,
        form=form,
        reasons=REASON_CHOICES,
        book=await _tell(session, await prints.list_of_sheet(session, sheet_id)),
    )


async def _serial_page(session: AsyncSession, member: Member, typed: str, form: Form) -> SerialPage:
    found, lot = await service.get_own_serial(session, typed=typed, producer_id=member.producer.id)
    acts = await prints.list_of_serial(session, found)
    return SerialPage(
        line=_line(found),
        lot=lot,
        sheet_id=found.sheet_id,
        is_printed=bool(acts),
        pin_used_at=found.pin_used_at,
        form=form,
        reasons=REASON_CHOICES,
        book=await _tell(session, acts),
    )


async def _list_page(
    session: AsyncSession, producer_id: UUID, lot_id: UUID | None, form: Form
) -> SheetListPage:
    """The latest print jobs of a producer, or of one of its lots."""
    found = await lots.list_lots(session, producer_id)
    by_id = {lot.id: lot for lot in found if lot_id in (None, lot.id)}
    sheets = await service.list_sheets(session, by_id.keys())
    lines = [SheetLine(made, by_id[made.lot_id]) for made in sheets]
    return SheetListPage(lines=lines, form=form, reasons=REASON_CHOICES)
