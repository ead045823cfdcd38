"""Other add-ons: a party changes what it takes while it may change its mind free of charge (BOOKINGS.md, 95)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import (
    booking_repository,
    bookings,
    cancelling,
    departure_repository,
    extra_repository,
    extras,
    settlement,
)
from storefront.tours.errors import NotChangeableError
from storefront.tours.extra_models import BookingExtra, ExtraPer
from storefront.tours.models import Booking, BookingState, Departure, Tour
from storefront.tours.words import say_when


async def change(
    session: AsyncSession, *, booking_id: UUID, asked: Mapping[UUID, int], now: datetime
) -> Booking:
    """Let a party take these add-ons in place of those that it had; what it had already keeps its price.

    On hold the payment follows. Paid, it takes less and the difference goes back; for more the farm is asked there.
    Raises `NotChangeableError` with the reason, ConflictError once its payment does not change any more, `PartyError`, `ExtraGoneError`; after one of them the caller rolls back.
    """
    booking = await settlement.lock_booking(session, booking_id)
    departure, tour = await booking_repository.get_departure(session, booking)
    reason = cancelling.why_bound(booking, tour, departure, now=now)
    if reason is not None:
        raise NotChangeableError(reason)
    if await booking_repository.list_entered(session, [booking.id]):
        raise NotChangeableError(_("Đã có người vào cổng, nên lần đặt này không đổi món được nữa."))
    parts, had = (
        await extras.split(session, booking),
        (await extras.list_taken(session, [booking.id]))[booking.id],
    )
    numbers, before = {one.extra_id: one.number for one in had}, extras.total(had)
    taken = await _exchange(session, booking, had, asked, now=now)
    more = extras.total(taken) - before
    if booking.state is BookingState.CONFIRMED:
        booking.returned_minor -= min(more, 0)
    else:
        booking.total_minor += more
    await session.flush()
    takes_more = any(one.number > numbers.get(one.extra_id, 0) for one in taken)
    if booking.state is BookingState.CONFIRMED:
        if takes_more:
            raise NotChangeableError(
                _("Đã trả tiền rồi thì chỉ bớt được. Muốn thêm, bạn hỏi nhà vườn khi đến nhé.")
            )
        rest = await extras.split(session, booking)
        less = {
            kind: amount - rest.get(kind, 0) for kind, amount in parts.items() if amount > rest.get(kind, 0)
        }
        if less:
            await settlement.give_back_part(session, booking, tour, less, now=now)
            await _tell(session, booking, tour, departure, now=now)
    elif more:
        await payments.change_amount(
            session,
            payable_kind=PayableKind.BOOKING,
            payable_id=booking.id,
            amount_minor=booking.total_minor,
            now=now,
        )
    if not takes_more:
        # A limit that was made lower meanwhile refuses nobody who takes less.
        return booking
    await departure_repository.lock_counters(session, {departure.id})
    if not await bookings.admit(session, departure.id, booking_id=booking.id, party=booking.heads, now=now):
        raise await bookings.refuse(session, departure.id, booking=booking, now=now)
    return booking


async def _exchange(
    session: AsyncSession,
    booking: Booking,
    had: Sequence[BookingExtra],
    asked: Mapping[UUID, int],
    *,
    now: datetime,
) -> list[BookingExtra]:
    """Write down what is asked for; what was there keeps its price, also when it is sold no more."""
    wanted = {extra_id: number for extra_id, number in asked.items() if number > 0}
    per = {one.id: one.per for one in await extra_repository.list_extras(session, [booking.tour_id])}
    for one in had:
        if one.extra_id not in wanted:
            await session.delete(one)
            continue
        number = wanted.pop(one.extra_id)
        # Sold to everybody by now, it stays with so many as were taken.
        if per[one.extra_id] is ExtraPer.PIECE:
            one.number = min(number, extras.MOST_PIECES)
    chosen = await extras.choose(session, booking.tour_id, wanted, heads=booking.heads)
    extras.write(session, booking.id, chosen, now=now)
    await session.flush()
    return (await extras.list_taken(session, [booking.id]))[booking.id]


async def _tell(
    session: AsyncSession, booking: Booking, tour: Tour, departure: Departure, *, now: datetime
) -> None:
    text = _(
        "Khách bớt món: %(name)s, %(heads)s người, %(tour)s, %(when)s.",
        name=booking.contact_name,
        heads=booking.heads,
        tour=tour.title,
        when=say_when(tour, departure),
    )
    await settlement.tell_hosts(session, tour, departure, kind="booking_changed", text=text, now=now)
