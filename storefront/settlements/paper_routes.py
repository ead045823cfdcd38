"""The settlement's statement over HTTP: who may read a settlement prints it."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.accounts import service as people
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.pages import language_of
from producers.cooperatives.access import CurrentMember
from producers.intake import service as intake
from storefront.settlements import advances, paper, service
from storefront.settlements.access import get_readable

router = APIRouter(prefix="/producer/settlements")
_presses = asyncio.Semaphore(1)
"""One statement at a time in a process: pages are heavy work, and the others wait without a connection."""


@router.get("/{settlement_id}/statement.pdf", name="storefront.settlements.print")
async def print_pdf(
    request: Request,
    settlement_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
) -> Response:
    """One settlement as pages for the household."""
    found = await get_readable(session, member, settlement_id)
    producer_id = member.producer.id
    ahead = await advances.list_advances(session, producer_id=producer_id, person_id=found.person_id)
    made = paper.Paper(
        producer=member.producer,
        household_name=(await people.get_person(session, found.person_id)).name,
        settlement=found,
        lines=await service.list_lines(session, found.id),
        set_offs=await service.list_set_offs(session, found.id),
        prices=await intake.list_prices_in(
            session, producer_id=producer_id, since=found.since, until=found.until
        ),
        advances_left_minor=sum(one.left_minor for one in ahead),
        printed_at=now,
    )
    await session.close()  # nothing is written: the connection goes back before the press runs
    lang = language_of(request)
    async with _presses:
        content = await paper.make_pdf(made, partial(house.catalogue.translate, lang=lang), lang)
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="tien-can-{found.code}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )
