"""Fees over HTTP: the staff says what producers pay."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core.clock import today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.money import format_dong
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from storefront.fees import service
from storefront.fees.models import FeeRule
from storefront.fees.pages import KINDS, FeeRow, FeesPage
from storefront.fees.schemas import FeeFields

router = APIRouter()


@router.get("/admin/fees", name="storefront.fees.desk")
async def show_desk(
    request: Request, session: DbSession, staff: CurrentStaff, now: Now, saved: str = ""
) -> Response:
    """What producers pay now and from later days on."""
    staff.require(StaffRole.ACCOUNTANT)
    return await _desk(request, session, now, Form(), is_saved=bool(saved))


@router.post("/admin/fees", name="storefront.fees.save")
async def save(request: Request, session: DbSession, staff: CurrentStaff, now: Now) -> Response:
    """Keep what was said."""
    staff.require(StaffRole.ACCOUNTANT)
    fields, form = (await read_submission(request)).read(FeeFields)
    if fields is None:
        return await _desk(request, session, now, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await cooperatives.require_real(session, fields.producer_id)
        await service.set_fee(
            session,
            producer_id=fields.producer_id,
            kind=fields.kind,
            terms=service.Terms(
                basis_points=fields.percent, least_minor=fields.least_minor, most_minor=fields.most_minor
            ),
            valid_from=fields.valid_from,
            person_id=staff.person.id,
            now=now,
        )
    except AppError as error:
        return await _desk(request, session, now, form.refused(error), status=status_of(error))
    target = f"{request.app.url_path_for('storefront.fees.desk')}?saved=1"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


async def _desk(
    request: Request,
    session: AsyncSession,
    now: Now,
    form: Form,
    *,
    is_saved: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    sellers = await cooperatives.list_sellers(session)
    names = {seller.id: seller.name for seller in sellers}
    held = [(rule, False) for rule in await service.list_rules(session, now=now)]
    coming = [(rule, True) for rule in await service.list_coming(session, now=now)]
    rows = [
        FeeRow(names[rule.producer_id], KINDS[rule.kind], say_terms(rule), rule.valid_from, is_coming)
        for rule, is_coming in held + coming
    ]
    page = FeesPage(
        rows=sorted(rows, key=lambda row: (row.producer_name, row.valid_from)),
        producers=[(str(seller.id), seller.name) for seller in sellers],
        kinds=[(kind.value, words) for kind, words in KINDS.items()],
        first_day=today(now),
        is_saved=is_saved,
        form=form,
    )
    return await render(request, page, status=status)


def say_terms(rule: FeeRule) -> Text:
    """A fee in words."""
    percent = service.format_percent(rule.basis_points)
    if rule.basis_points == 0:
        return _("Thôi lấy")
    if rule.most_minor is not None:
        return _(
            "%(percent)s tiền hàng, ít nhất %(least)s, nhiều nhất %(most)s",
            percent=percent,
            least=format_dong(rule.least_minor),
            most=format_dong(rule.most_minor),
        )
    if rule.least_minor:
        return _(
            "%(percent)s tiền hàng, ít nhất %(least)s",
            percent=percent,
            least=format_dong(rule.least_minor),
        )
    return _("%(percent)s tiền hàng", percent=percent)
