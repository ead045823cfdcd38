"""Doors of statements: the accountant hands one in and decides what is in doubt."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core.errors import InvalidError
from app.core.i18n import _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.pages import render
from storefront.payments import banks, pulls, statements
from storefront.payments.schemas import DecisionFields
from storefront.payments.service import CollectingAccount
from storefront.payments.statement_pages import (
    StatementsPage,
    describe_pull,
    describe_statement,
    make_statement_page,
)

router = APIRouter()
_ONE = "storefront.payments.statement"
_MAX_NAME = 200


@router.get("/admin/statements", name="storefront.payments.statements")
async def show_statements(
    request: Request, session: DbSession, house: TheHouse, staff: CurrentStaff
) -> Response:
    """Ask for a statement, and list those that were handed in."""
    staff.require(StaffRole.ACCOUNTANT)
    return await render(request, await _list_page(session, house.port(CollectingAccount), Form()))


@router.post("/admin/statements", name="storefront.payments.import_statement")
async def take_statement(
    request: Request, session: DbSession, house: TheHouse, staff: CurrentStaff, now: Now
) -> Response:
    """Take a statement in and show what came of it."""
    staff.require(StaffRole.ACCOUNTANT)
    submission = await read_submission(request)
    collecting = house.port(CollectingAccount)
    files = submission.files("file")
    form = Form({}, {"file": _("Bạn chọn tệp sao kê đã tải từ ngân hàng.")})
    if files:
        try:
            statement = await statements.import_statement(
                session,
                raw=await files[0].read(),
                file_name=(files[0].filename or "")[:_MAX_NAME],
                collecting=collecting,
                person_id=staff.person.id,
                now=now,
            )
        except InvalidError as error:  # said before anything was written
            form = Form().refused(error)
        else:
            return _to_statement(request, statement.id)
    page = await _list_page(session, collecting, form)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@router.get("/admin/statements/{statement_id}", name=_ONE)
async def show_statement(
    request: Request, session: DbSession, staff: CurrentStaff, statement_id: UUID
) -> Response:
    """Show what came of a statement."""
    staff.require(StaffRole.ACCOUNTANT)
    return await render(request, make_statement_page(await statements.get_statement(session, statement_id)))


@router.post("/admin/statements/lines/{line_id}", name="storefront.payments.decide_line")
async def decide_line(
    request: Request, session: DbSession, staff: CurrentStaff, now: Now, line_id: UUID
) -> Response:
    """Say whether a doubtful line is money that came already, or another sum."""
    staff.require(StaffRole.ACCOUNTANT)
    given, _form = (await read_submission(request)).read(DecisionFields)
    if given is None:
        raise InvalidError(_("Bạn chọn một trong hai nút giúp nhé."))
    line = await statements.decide_line(
        session, line_id=line_id, is_known=given.act == "known", person_id=staff.person.id, now=now
    )
    return _to_statement(request, line.statement_id)


async def _list_page(session: DbSession, collecting: CollectingAccount, form: Form) -> StatementsPage:
    found = await statements.list_statements(session)
    return StatementsPage(
        form=form,
        rows=[describe_statement(statement, waiting) for statement, waiting in found],
        bank_name=banks.name_of(collecting.bank_bin),
        account=collecting.account,
        pulls=[describe_pull(found) for found in await pulls.list_pulls(session)],
    )


def _to_statement(request: Request, statement_id: UUID) -> RedirectResponse:
    path = request.app.url_path_for(_ONE, statement_id=statement_id)
    return RedirectResponse(str(path), HTTPStatus.SEE_OTHER)
