"""Store credit over HTTP: the buyer's own page."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.accounts.dependencies import CurrentPerson
from app.core.i18n import Text, _
from app.web.dependencies import DbSession
from app.web.pages import render
from storefront.credits import service
from storefront.credits.pages import CreditPage, MoveRow

router = APIRouter()


@router.get("/credit", name="storefront.credits.mine")
async def show(request: Request, session: DbSession, person: CurrentPerson) -> Response:
    """My credit, and where it came from."""
    page = CreditPage(
        balance_minor=await service.balance(session, person.id),
        rows=[
            MoveRow(_say(journal.kind, journal.memo), amount, journal.occurred_at)
            for journal, amount in await service.list_moves(session, person.id)
        ],
    )
    return await render(request, page)


def _say(kind: str, code: str) -> Text:
    said = {
        "refund_credited": _("Tiền trả lại của đơn %(code)s", code=code),
        "credit_used": _("Dùng cho đơn %(code)s", code=code),
        "credit_returned": _("Đơn %(code)s dừng, tiền về lại", code=code),
    }
    return said.get(kind) or Text(code)
