"""The rest of a visit's price over HTTP: what a party still owes, and the host who takes it in cash."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.web.dependencies import DbSession, Now
from producers.cooperatives.access import CurrentMember
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import balances, booking_repository, deposits
from storefront.tours.models import Booking, BookingState
from storefront.tours.pages import BalanceLine
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.states import TICKETED
from storefront.tours.words import say_rest, say_rest_over

router = APIRouter(prefix="/producer/tours")


@router.post("/bookings/{booking_id}/rest", name="storefront.tours.take_cash")
async def take_cash(
    request: Request, booking_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Write down that the host has the rest in hand; pressed twice it is one sum."""
    member.require(*HOST_ROLES)
    booking = await balances.take_cash(
        session, booking_id=booking_id, producer_id=member.producer.id, now=now
    )
    departure, _tour = await booking_repository.get_departure(session, booking)
    path = request.app.url_path_for("storefront.tours.day")
    return RedirectResponse(f"{path}?on={departure.local_on}", HTTPStatus.SEE_OTHER)


async def show_balance(
    request: Request, session: AsyncSession, booking: Booking, state: BookingState, now: datetime
) -> BalanceLine | None:
    """How a party pays in two parts; None for one that pays at once, or whose seats are gone."""
    row = await deposits.find(session, booking.id)
    if row is None or state not in {BookingState.ON_HOLD, *TICKETED}:
        return None
    is_open = state in TICKETED and booking.owed_minor > 0
    is_settled = row.settled_at is not None
    is_over = is_open and (is_settled or row.due_at <= now)
    payment = (
        await payments.find_payment(session, payable_kind=PayableKind.BALANCE, payable_id=booking.id)
        if is_open
        else None
    )
    # Nothing is asked for any more; money that came is told of.
    if payment is not None and is_over and not payment.received_minor:
        payment = None
    account = request.app.state.house.port(payments.CollectingAccount)
    return BalanceLine(
        deposit_minor=row.deposit_minor,
        owed_minor=row.balance_minor if state is BookingState.ON_HOLD else booking.owed_minor,
        is_deposit_paid=state in TICKETED,
        is_over=is_over,
        is_settled=is_settled,
        how=say_rest_over(row.due_at, is_settled=is_settled) if is_over else say_rest(row.rule, row.due_at),
        transfer=payments.describe_transfer(payment, account) if payment else None,
    )
