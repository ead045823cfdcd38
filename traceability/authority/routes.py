"""The doors of the self-audit: which lot lacks what, one lot's record, and both as a workbook."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.dependencies import DbSession, TheHouse
from app.web.pages import render
from producers.cooperatives import privacy
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from traceability.authority import service
from traceability.authority.answers import answer_book, sales_of
from traceability.authority.pages import AuditListPage, AuditPage, view_looks, view_rules
from traceability.lots import service as lots

router = APIRouter(prefix="/producer/audit")
READERS = (Role.MANAGER, Role.PACKER, Role.MEMBER, Role.ACCOUNTANT)


@router.get("", name="traceability.authority.audit")
async def list_audits(
    request: Request, house: TheHouse, session: DbSession, member: CurrentMember
) -> Response:
    """Show which lot lacks what."""
    member.require(*READERS)
    audits = await service.audit_producer(
        session, sales_of(house), member.producer, household_id=privacy.find_household(member)
    )
    looks = await service.count_looks(session, [one.record.facts.lot.id for one in audits])
    return await render(request, AuditListPage(audits=audits, looks=looks))


@router.get("/record.xlsx", name="traceability.authority.audit_book")
async def download_all(
    request: Request, house: TheHouse, session: DbSession, member: CurrentMember
) -> Response:
    """Hand over the papers of all lots as a workbook."""
    member.require(*READERS)
    audits = await service.audit_producer(
        session, sales_of(house), member.producer, household_id=privacy.find_household(member)
    )
    return await answer_book(request, audits, f"so-lo-{member.producer.slug}.xlsx")


@router.get("/{lot_id}", name="traceability.authority.lot")
async def show(
    request: Request, lot_id: UUID, house: TheHouse, session: DbSession, member: CurrentMember
) -> Response:
    """Show one lot's record, what it lacks, and who looked at it."""
    member.require(*READERS)
    lot = await lots.get_own_lot(session, lot_id=lot_id, producer_id=member.producer.id)
    audit = await service.audit_lot(
        session, sales_of(house), lot, household_id=privacy.find_household(member)
    )
    looks = view_looks(await service.list_looks(session, lot.id))
    page = AuditPage(audit=audit, record=audit.record, rules=view_rules(audit), looks=looks)
    return await render(request, page)


@router.get("/{lot_id}/record.xlsx", name="traceability.authority.lot_book")
async def download(
    request: Request, lot_id: UUID, house: TheHouse, session: DbSession, member: CurrentMember
) -> Response:
    """Hand over one lot's papers as a workbook."""
    member.require(*READERS)
    lot = await lots.get_own_lot(session, lot_id=lot_id, producer_id=member.producer.id)
    audit = await service.audit_lot(
        session, sales_of(house), lot, household_id=privacy.find_household(member)
    )
    return await answer_book(request, [audit], f"so-lo-{lot.code}.xlsx")
