"""A longer hold over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.core.errors import AppError
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.pages import render
from storefront.tours import bookings, holding
from storefront.tours.visitor_routes import show_party, to_booking

router = APIRouter()


@router.post("/bookings/{token}/extend", name="storefront.tours.extend")
async def extend(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """Keep the seats longer; a second tap of the same button changes nothing."""
    booking = await bookings.get_by_token(session, token)
    try:
        async with session.begin_nested():
            await holding.extend_hold(session, booking_id=booking.id, now=now)
    except AppError as error:
        page = await show_party(request, session, booking, token, now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    return to_booking(request, token)
