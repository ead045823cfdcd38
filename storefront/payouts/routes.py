"""Payouts over HTTP: the accountant's batches."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core import qr
from app.core.clock import in_vietnam
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from storefront.ledger import accounts
from storefront.payments import banks
from storefront.payments.service import CollectingAccount
from storefront.payouts import bankfile, service
from storefront.payouts.models import Payout, PayoutState
from storefront.payouts.pages import (
    HINDRANCES,
    STATES,
    BatchPage,
    BatchRow,
    OwedRow,
    PayoutRow,
    PayoutsPage,
)
from storefront.payouts.schemas import ReturnFields, SettleFields, VerifyFields
from storefront.payouts.service import Hindrance

router = APIRouter(prefix="/admin/payouts")


@router.get("", name="storefront.payouts.desk")
async def show_desk(
    request: Request, session: DbSession, house: TheHouse, staff: CurrentStaff, now: Now
) -> Response:
    """Who is owed what now, and the batches before."""
    staff.require(StaffRole.ACCOUNTANT)
    return await _desk(request, session, house, Form(), now=now)


@router.post("/producers/{producer_id}/verified", name="storefront.payouts.verify")
async def verify(
    request: Request,
    *,
    producer_id: UUID,
    session: DbSession,
    house: TheHouse,
    staff: CurrentStaff,
    now: Now,
) -> Response:
    """Somebody looked who this producer is: from now on they can be paid."""
    staff.require(StaffRole.ACCOUNTANT)
    typed, form = (await read_submission(request)).read(VerifyFields)
    if typed is None:
        return await _desk(request, session, house, form, now=now, refused=producer_id)
    await cooperatives.verify_producer(
        session, producer_id=producer_id, method=typed.method, person_id=staff.person.id, now=now
    )
    return RedirectResponse(request.app.url_path_for("storefront.payouts.desk"), HTTPStatus.SEE_OTHER)


async def _desk(
    request: Request,
    session: AsyncSession,
    house: House,
    form: Form,
    *,
    now: datetime,
    refused: UUID | None = None,
) -> Response:
    minimum = house.settings.payout_minimum
    owed = await service.list_owed(session, minimum_minor=minimum, now=now)
    rows = [
        OwedRow(
            one.producer.id,
            one.producer.name,
            one.amount_minor,
            one.held_minor,
            HINDRANCES[one.hindrance] if one.hindrance else None,
            one.hindrance is Hindrance.UNVERIFIED,
        )
        for one in owed
    ]
    page = PayoutsPage(
        ready=[row for row in rows if row.hindrance is None],
        waiting=[row for row in rows if row.hindrance is not None],
        total_minor=sum(row.amount_minor for row in rows if row.hindrance is None),
        minimum_minor=minimum,
        batches=[
            BatchRow(
                id=one.batch.id,
                opened_at=one.batch.created_at,
                total_minor=sum(one.sums.values()),
                count=sum(one.counts.values()),
                in_transit=one.counts.get(PayoutState.IN_TRANSIT, 0),
                returned=one.counts.get(PayoutState.RETURNED, 0),
            )
            for one in await service.list_batches(session)
        ],
        refused=refused,
        form=form,
    )
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK)


@router.post("", name="storefront.payouts.open")
async def open_batch(
    request: Request, session: DbSession, house: TheHouse, staff: CurrentStaff, now: Now
) -> Response:
    """Take what is owed to everybody who can be paid."""
    staff.require(StaffRole.ACCOUNTANT)
    batch = await service.open_batch(
        session, minimum_minor=house.settings.payout_minimum, person_id=staff.person.id, now=now
    )
    return _to_batch(request, batch.id)


@router.get("/{batch_id}", name="storefront.payouts.show")
async def show_batch(request: Request, batch_id: UUID, session: DbSession, staff: CurrentStaff) -> Response:
    """The transfers of a batch, each with its code to scan."""
    staff.require(StaffRole.ACCOUNTANT)
    return await _batch(request, session, batch_id, Form())


@router.get("/{batch_id}/file.csv", name="storefront.payouts.file")
async def download(batch_id: UUID, session: DbSession, staff: CurrentStaff) -> Response:
    """What is in transit as a file for the bank."""
    staff.require(StaffRole.ACCOUNTANT)
    batch = await service.get_batch(session, batch_id)
    name = f"tra-nha-vuon-{in_vietnam(batch.created_at):%Y-%m-%d-%H%M}.csv"
    return Response(
        bankfile.make_csv(await service.list_payouts(session, batch_id)),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


@router.post("/{batch_id}/{payout_id}/settled", name="storefront.payouts.settle")
async def settle(
    request: Request,
    *,
    batch_id: UUID,
    payout_id: UUID,
    house: TheHouse,
    session: DbSession,
    staff: CurrentStaff,
    now: Now,
) -> Response:
    """The bank carried it out."""
    staff.require(StaffRole.ACCOUNTANT)
    typed, form = (await read_submission(request)).read(SettleFields)
    if typed is None:
        return await _batch(request, session, batch_id, form, refused=payout_id)
    collecting = house.port(CollectingAccount)
    await service.settle_payout(
        session,
        batch_id=batch_id,
        payout_id=payout_id,
        bank_account=accounts.bank(collecting.bank_bin, collecting.account),
        reference=typed.reference,
        person_id=staff.person.id,
        now=now,
    )
    return _to_batch(request, batch_id)


@router.post("/{batch_id}/{payout_id}/returned", name="storefront.payouts.take_back")
async def take_back(
    request: Request,
    *,
    batch_id: UUID,
    payout_id: UUID,
    session: DbSession,
    staff: CurrentStaff,
    now: Now,
) -> Response:
    """The money did not arrive, or came back."""
    staff.require(StaffRole.ACCOUNTANT)
    typed, form = (await read_submission(request)).read(ReturnFields)
    if typed is None:
        return await _batch(request, session, batch_id, form, refused=payout_id)
    await service.return_payout(
        session,
        batch_id=batch_id,
        payout_id=payout_id,
        reason=typed.reason,
        person_id=staff.person.id,
        now=now,
    )
    return _to_batch(request, batch_id)


def _to_batch(request: Request, batch_id: UUID) -> Response:
    address = request.app.url_path_for("storefront.payouts.show", batch_id=batch_id)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


async def _batch(
    request: Request, session: AsyncSession, batch_id: UUID, form: Form, refused: UUID | None = None
) -> Response:
    batch = await service.get_batch(session, batch_id)
    found = await service.list_payouts(session, batch_id)
    producers = await cooperatives.get_producers(session, {payout.producer_id for payout in found})
    page = BatchPage(
        id=batch.id,
        opened_at=batch.created_at,
        rows=[_row(payout, producers[payout.producer_id].name) for payout in found],
        total_minor=sum(payout.amount_minor for payout in found),
        in_transit=sum(payout.state is PayoutState.IN_TRANSIT for payout in found),
        refused=refused,
        form=form,
    )
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK)


def _row(payout: Payout, name: str) -> PayoutRow:
    is_open = payout.state is PayoutState.IN_TRANSIT
    words, kind = STATES[payout.state]
    return PayoutRow(
        id=payout.id,
        name=name,
        bank_name=banks.name_of(payout.bank_bin),
        bank_account=payout.bank_account,
        account_name=payout.account_name,
        amount_minor=payout.amount_minor,
        code=payout.code,
        state=payout.state.value,
        words=words,
        kind=kind,
        qr_svg=qr.svg(service.spell_transfer(payout), label=f"VietQR {payout.code}") if is_open else None,
        settled_at=payout.settled_at,
        reference=payout.reference,
        returned_at=payout.returned_at,
        return_reason=payout.return_reason,
    )
