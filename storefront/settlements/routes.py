"""Settlements over HTTP: who pays settles and pays, a household reads its own."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as people
from app.accounts.models import Person
from app.core import qr
from app.core.clock import today
from app.core.errors import AppError
from app.core.ids import uuid7
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import banks
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.ledger.periods import Period
from storefront.payments import banks as bank_names
from storefront.settlements import advances, households, service, words
from storefront.settlements.access import OF_ALL, OWN, get_readable
from storefront.settlements.models import Advance, HouseholdBook, Settlement
from storefront.settlements.pages import (
    AdvanceRow,
    DueRow,
    HouseholdPage,
    HouseholdRow,
    HouseholdsPage,
    OpenRow,
    SettlementPage,
)
from storefront.settlements.schemas import (
    AccountForm,
    AdvanceForm,
    NewAdvance,
    PaidForm,
    ReturnForm,
    SettleForm,
)
from storefront.settlements.service import OpenLine

router = APIRouter(prefix="/producer/settlements")


@router.get("", name="storefront.settlements.list")
async def list_households(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Every household with what stands open; who may not see that sees their own."""
    member.require(*OF_ALL, *OWN)
    if not member.has(*OF_ALL):
        return await _show(request, session, member, member.person, now=now)
    rows = [
        HouseholdRow(one.person.id, one.person.name, one.open_minor, one.advances_minor, one.due_minor)
        for one in await service.list_households(session, producer_id=member.producer.id)
    ]
    names = {row.person_id: row.name for row in rows}
    page = HouseholdsPage(
        rows=rows,
        due=[
            DueRow(one, names[one.person_id])
            for one in await service.list_due(session, producer_id=member.producer.id)
        ],
        open_minor=sum(row.open_minor for row in rows),
        due_minor=sum(row.due_minor for row in rows),
    )
    return await render(request, page)


@router.get("/households/{person_id}", name="storefront.settlements.household")
async def show_household(
    request: Request, person_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """One household."""
    member.require(*OF_ALL)
    person = await _household(session, member, person_id)
    return await _show(request, session, member, person, now=now)


@router.post("/households/{person_id}/settle", name="storefront.settlements.settle")
async def settle(
    request: Request, person_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Settle the days that were typed; sent again it leads to what it made the first time."""
    member.require(Role.MANAGER)
    person = await _household(session, member, person_id)
    typed, form = (await read_submission(request)).read(SettleForm)
    if typed is None:
        return await _show(request, session, member, person, now=now, wrong="settle", form=form)
    try:
        made = await service.settle(
            session,
            settlement_id=typed.id,
            producer_id=member.producer.id,
            person_id=person_id,
            period=Period(since=typed.since, until=typed.until),
            by_id=member.person.id,
            now=now,
        )
    except AppError as error:
        return await _refuse(
            request, session, member, person, now=now, wrong="settle", form=form, error=error
        )
    return _to(request, "storefront.settlements.show", settlement_id=made.id)


@router.post("/households/{person_id}/advances", name="storefront.settlements.give_advance")
async def give_advance(
    request: Request, person_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Write an advance down; sent again it stays one."""
    member.require(Role.MANAGER)
    person = await _household(session, member, person_id)
    typed, form = (await read_submission(request)).read(AdvanceForm)
    if typed is None:
        return await _show(request, session, member, person, now=now, wrong="advance", form=form)
    given = NewAdvance(
        id=typed.id,
        person_id=person_id,
        kind=typed.kind,
        amount_minor=typed.amount_minor,
        given_on=typed.given_on,
        what_for=typed.what_for,
        quantity_milli=typed.quantity,
        unit=typed.unit,
    )
    try:
        await advances.give_advance(
            session, advance=given, producer_id=member.producer.id, by_id=member.person.id, now=now
        )
    except AppError as error:
        return await _refuse(
            request, session, member, person, now=now, wrong="advance", form=form, error=error
        )
    return _to(request, "storefront.settlements.household", person_id=person_id)


@router.post("/households/{person_id}/account", name="storefront.settlements.set_account")
async def set_account(
    request: Request, person_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Keep where the household is paid."""
    member.require(Role.MANAGER)
    person = await _household(session, member, person_id)
    typed, form = (await read_submission(request)).read(AccountForm)
    if typed is None:
        return await _show(request, session, member, person, now=now, wrong="account", form=form)
    try:
        await households.set_account(
            session,
            producer_id=member.producer.id,
            person_id=person_id,
            bank_bin=typed.bank_bin,
            bank_account=typed.bank_account,
            account_name=typed.account_name,
            now=now,
        )
    except AppError as error:
        return await _refuse(
            request, session, member, person, now=now, wrong="account", form=form, error=error
        )
    return _to(request, "storefront.settlements.household", person_id=person_id)


@router.post("/advances/{advance_id}/void", name="storefront.settlements.void_advance")
async def void_advance(
    request: Request, advance_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Void an advance that was written by mistake."""
    member.require(Role.MANAGER)
    voided = await advances.void_advance(
        session, advance_id=advance_id, producer_id=member.producer.id, by_id=member.person.id, now=now
    )
    return _to(request, "storefront.settlements.household", person_id=voided.person_id)


@router.get("/{settlement_id}", name="storefront.settlements.show")
async def show(request: Request, settlement_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """One settlement; a household may see its own."""
    found = await get_readable(session, member, settlement_id)
    return await _show_settlement(request, session, member, found)


@router.post("/{settlement_id}/paid", name="storefront.settlements.pay")
async def pay(
    request: Request, settlement_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The household got it."""
    member.require(Role.MANAGER)
    producer_id = member.producer.id
    found = await service.get_settlement(session, settlement_id=settlement_id, producer_id=producer_id)
    typed, form = (await read_submission(request)).read(PaidForm)
    if typed is None:
        return await _show_settlement(request, session, member, found, wrong="paid", form=form)
    await service.record_paid(
        session,
        settlement_id=settlement_id,
        producer_id=producer_id,
        reference=typed.reference,
        by_id=member.person.id,
        now=now,
    )
    return _to(request, "storefront.settlements.show", settlement_id=settlement_id)


@router.post("/{settlement_id}/returned", name="storefront.settlements.take_back")
async def take_back(
    request: Request, settlement_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """It did not arrive."""
    member.require(Role.MANAGER)
    producer_id = member.producer.id
    found = await service.get_settlement(session, settlement_id=settlement_id, producer_id=producer_id)
    typed, form = (await read_submission(request)).read(ReturnForm)
    if typed is None:
        return await _show_settlement(request, session, member, found, wrong="returned", form=form)
    await service.return_payment(
        session, settlement_id=settlement_id, producer_id=producer_id, reason=typed.reason, now=now
    )
    return _to(request, "storefront.settlements.show", settlement_id=settlement_id)


def _to(request: Request, name: str, **named: UUID) -> Response:
    return RedirectResponse(request.app.url_path_for(name, **named), HTTPStatus.SEE_OTHER)


async def _household(session: AsyncSession, member: Member, person_id: UUID) -> Person:
    return await households.get_household(session, producer_id=member.producer.id, person_id=person_id)


async def _refuse(
    request: Request,
    session: AsyncSession,
    member: Member,
    person: Person,
    *,
    now: datetime,
    wrong: str,
    form: Form,
    error: AppError,
) -> Response:
    return await _show(
        request,
        session,
        member,
        person,
        now=now,
        wrong=wrong,
        form=form.refused(error),
        status=status_of(error),
    )


async def _show(
    request: Request,
    session: AsyncSession,
    member: Member,
    person: Person,
    *,
    now: datetime,
    wrong: str = "",
    form: Form | None = None,
    status: int | None = None,
) -> Response:
    """The household's page; `form` is the refused one that `wrong` names."""
    named = {"producer_id": member.producer.id, "person_id": person.id}
    lines = await service.list_open(session, **named)
    given = await advances.list_advances(session, **named)
    book = await households.find_account(session, **named)
    forms = {
        "settle": _settle_form(lines, now),
        "advance": Form({"id": str(uuid7()), "given_on": today(now).isoformat()}),
        "account": _account_form(book),
    }
    if form is not None:
        forms[wrong] = form
    page = HouseholdPage(
        person_id=person.id,
        name=person.name,
        is_own=not member.has(*OF_ALL),
        can_write=member.has(Role.MANAGER),
        open_rows=[_open_row(line) for line in lines],
        open_minor=sum(line.amount_minor for line in lines),
        advances=[_advance_row(advance) for advance in given],
        advances_minor=sum(advance.left_minor for advance in given),
        settlements=await service.list_settlements(session, **named),
        account=_say_account(book),
        wrong=wrong,
        settle_form=forms["settle"],
        advance_form=forms["advance"],
        account_form=forms["account"],
        kinds=[(kind.value, said) for kind, said in words.ADVANCE_WORDS.items()],
        banks=[(bank.bin, bank.name) for bank in banks.list_banks()],
        last_day=today(now),
    )
    refused = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return await render(request, page, status=status or refused)


def _settle_form(lines: list[OpenLine], now: datetime) -> Form:
    """From the oldest open slip to today, so that nothing is left behind unless somebody wants it so."""
    first = today(lines[0].slip.weighed_at) if lines else today(now)
    return Form({"id": str(uuid7()), "since": first.isoformat(), "until": today(now).isoformat()})


def _account_form(book: HouseholdBook | None) -> Form:
    if book is None:
        return Form()
    return Form(
        {
            "bank_bin": book.bank_bin or "",
            "bank_account": book.bank_account or "",
            "account_name": book.account_name or "",
        }
    )


def _say_account(book: HouseholdBook | None) -> str | None:
    if book is None or book.bank_bin is None:
        return None
    return f"{bank_names.name_of(book.bank_bin)} {book.bank_account} {book.account_name}"


def _open_row(line: OpenLine) -> OpenRow:
    slip_id = None if line.takes_back else line.slip.id
    return OpenRow(slip_id, line.slip.weighed_at, words.say_open(line), line.amount_minor)


def _advance_row(advance: Advance) -> AdvanceRow:
    return AdvanceRow(
        advance.id,
        advance.given_on,
        words.ADVANCE_WORDS[advance.kind],
        advance.what,
        advance.amount_minor,
        advance.left_minor,
        advance.set_off_minor == 0,
    )


async def _show_settlement(
    request: Request,
    session: AsyncSession,
    member: Member,
    settlement: Settlement,
    *,
    wrong: str = "",
    form: Form | None = None,
) -> Response:
    lines = await service.list_lines(session, settlement.id)
    taken = await service.list_set_offs(session, settlement.id)
    person = await people.get_person(session, settlement.person_id)
    named = {"producer_id": member.producer.id, "person_id": person.id}
    book = await households.find_account(session, **named)
    can_write = member.has(Role.MANAGER)
    asked = service.spell_transfer(settlement, book) if book and can_write and settlement.is_due else None
    url = request.app.url_path_for
    page = SettlementPage(
        settlement=settlement,
        name=person.name,
        back_href=str(
            url("storefront.settlements.household", person_id=person.id)
            if member.has(*OF_ALL)
            else url("storefront.settlements.list")
        ),
        words=words.say_settlement(settlement, person.name, lines),
        sums=[*words.tell_sums(lines), *words.tell_set_offs(taken)],
        slips=[
            _open_row(
                OpenLine(
                    slip=slip,
                    person_id=line.person_id,
                    before_minor=line.before_minor,
                    takes_back=line.takes_back,
                )
            )
            for line, slip in lines
        ],
        can_write=can_write,
        account=_say_account(book),
        qr_svg=qr.svg(asked, label=f"VietQR {settlement.code}") if asked else None,
        wrong=wrong,
        form=form or Form(),
    )
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK)
