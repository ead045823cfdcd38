"""On what terms a tour is paid and cancelled, over HTTP: its host says it on one page."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.core.errors import InvalidError
from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember
from storefront.tours import service, terms
from storefront.tours.models import BalanceRule, Tour
from storefront.tours.pages import TermsPage
from storefront.tours.schemas import AfterSteps, TermsFields
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.words import say_before, say_deposit, say_steps

router = APIRouter(prefix="/producer/tours")
CUTOFFS = (0, 6, 12, 24, 48, 72, 168, 336)
PARTS = (0, 6, 12, 24, 48, 72)
PERCENTS = (30, 50, 70)
DEPOSITS = (20, 30, 50)
DUES = (24, 48, 72, 168)
RULES = [
    (BalanceRule.GATE.value, _("Tiền mặt khi đến")),
    (BalanceRule.CANCEL.value, _("Chuyển khoản trước, không thì hủy")),
]
AFTERS = [
    (AfterSteps.CLOSED.value, _("Không cho hủy nữa")),
    (AfterSteps.NOTHING.value, _("Vẫn cho hủy, không trả lại tiền")),
]
_TERMS = "storefront.tours.terms"


@router.get("/{tour_id}/terms", name=_TERMS)
async def show(request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember) -> Response:
    """The steps as they stand."""
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    return await render(request, _page(tour, Form(_values(tour))))


@router.post("/{tour_id}/terms", name="storefront.tours.save_terms")
async def save(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Keep the steps for bookings from now on."""
    member.require(*HOST_ROLES)
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(TermsFields)
    if fields is not None:
        try:
            await service.save_terms(session, tour_id=tour_id, fields=fields, now=now)
        except InvalidError as error:
            form = form.refused(error)
        else:
            path = request.app.url_path_for(_TERMS, tour_id=tour_id)
            return RedirectResponse(path, HTTPStatus.SEE_OTHER)
    return await render(request, _page(tour, form), status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _values(tour: Tour) -> dict[str, str]:
    """The steps as the form says them: all, a part, nothing."""
    steps = terms.steps_of(tour)
    part = next((step for step in steps[1:] if step.percent), None)
    is_open = len(steps) > 1 and not steps[-1].percent
    return {
        "cancellation_cutoff_hours": str(steps[0].hours),
        "part_percent": str(part.percent if part else 0),
        "part_hours": str(part.hours if part else 24),
        "after": (AfterSteps.NOTHING if is_open else AfterSteps.CLOSED).value,
        "deposit_percent": str(tour.deposit_percent),
        "balance_rule": tour.balance_rule.value,
        "balance_hours": str(tour.balance_hours),
    }


def _page(tour: Tour, form: Form) -> TermsPage:
    said = [text for text in (say_deposit(tour), say_steps(terms.steps_of(tour))) if text is not None]
    shares: list[tuple[str, Text]] = [("0", _("Trả đủ lúc đặt"))]
    shares += [(str(one), _("Đặt cọc %(percent)s", percent=f"{one}%")) for one in DEPOSITS]
    percents: list[tuple[str, Text]] = [("0", _("Không trả một phần"))]
    percents += [(str(one), _("Trả lại %(percent)s", percent=f"{one}%")) for one in PERCENTS]
    return TermsPage(
        tour=tour,
        said=said,
        form=form,
        cutoffs=_until(CUTOFFS),
        percents=percents,
        deposits=shares,
        rules=RULES,
        dues=_until(DUES),
        befores=_until(PARTS),
        afters=AFTERS,
    )


def _until(choices: Sequence[int]) -> list[tuple[str, Text]]:
    return [(str(hours), _("Đến %(when)s", when=say_before(hours))) for hours in choices]
