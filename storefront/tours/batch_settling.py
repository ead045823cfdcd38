"""What becomes of paper tickets at their sales point: sold and paid for in cash, or handed back (BOOKINGS.md, 121, 124, 125)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.notices import service as notices
from producers.listings.models import TaxKind
from storefront.fees import service as fees
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from storefront.refunds.models import RefundReason
from storefront.refunds.service import Claim
from storefront.taxes import service as taxes
from storefront.tours import batch_repository, batches, bookings, departure_repository, seats
from storefront.tours import service as tours
from storefront.tours.batch_models import BatchSettlement, BatchTicket, TicketBatch, TicketState
from storefront.tours.batch_repository import Line
from storefront.tours.errors import BatchNotFoundError, BatchTicketError
from storefront.tours.models import Booking, Departure, Tour
from storefront.tours.schemas import SettleFields
from storefront.tours.words import say_when

_SPAN = re.compile(r"(\d{1,3})-(\d{1,3})")
_NUMBER = re.compile(r"\d{1,3}")
_IN_CASH = "tiền mặt"
"""The reference of money that no bank moved."""


def spell_numbers(numbers: Collection[int]) -> str:
    """Spell numbers as a host reads and types them: 1, 2, 3, 7 is "1-3, 7"."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return ", ".join(f"{span[0]}-{span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)


def choose(lines: Sequence[Line], text: str, *, field: str) -> list[Line]:
    """The tickets that a text names, by number, by span of numbers or by code; raises `BatchTicketError` for one that is none."""
    by_name = {str(line.ticket.number): line for line in lines}
    by_name |= {line.ticket.code: line for line in lines}
    names: list[str] = []
    for part in re.split(r"[,;\s]+", re.sub(r"\s*[-–]\s*", "-", text.strip().upper())):
        span = _SPAN.fullmatch(part)
        if span:
            names += [str(number) for number in range(int(span[1]), int(span[2]) + 1)]
        elif part:
            names.append(str(int(part)) if _NUMBER.fullmatch(part) else part)
    for name in names:
        if name not in by_name:
            raise BatchTicketError(_("Tập này không có vé %(name)s.", name=name), field=field)
    chosen = {by_name[name].ticket.number: by_name[name] for name in names}
    return [chosen[number] for number in sorted(chosen)]


async def settle(
    session: AsyncSession,
    *,
    batch_id: UUID,
    producer_id: UUID,
    fields: SettleFields,
    person_id: UUID,
    now: datetime,
) -> BatchSettlement:
    """Take in what a sales point pays for, and what it hands back: that is void at once, and its seats are free.

    The host has the money in hand; the same id again answers the first settlement. Raises `BatchNotFoundError`,
    `BatchTicketError` for a ticket that was settled before, or that comes back and somebody came in with.
    """
    batch = await batches.get_batch(session, batch_id=batch_id, producer_id=producer_id)
    await batch_repository.lock_batch(session, batch.id)
    known = await batch_repository.find_settlement(session, fields.id)
    if known is not None:
        if known.batch_id != batch.id:
            raise BatchNotFoundError
        return known
    sold, back = await _choose(session, batch, fields)
    led = await _lock(session, [*sold, *back])
    # Read again behind the bookings' locks: somebody may have come in, or the day been called off, while we waited.
    sold, back = await _choose(session, batch, fields)
    _check(sold, back)
    settlement = BatchSettlement(
        id=fields.id,
        batch_id=batch.id,
        sold=len(sold),
        back=len(back),
        amount_minor=len(sold) * batch.price_minor,
        keep_minor=len(sold) * batch.keep_minor,
        settled_by_id=person_id,
        created_at=now,
    )
    session.add(settlement)
    await session.flush()
    for line in sold:
        line.ticket.state, line.ticket.settlement_id = TicketState.SOLD, settlement.id
    gone = [led[line.ticket.booking_id] for line in back if line.ticket.booking_id is not None]
    for line in back:
        line.ticket.state, line.ticket.booking_id = TicketState.BACK, None
    await session.flush()
    await batches.end_locked(session, gone, now=now)
    if sold:
        await _book(session, batch, settlement, now=now)
    await _free(session, gone)
    return settlement


def _check(sold: Sequence[Line], back: Sequence[Line]) -> None:
    if not sold and not back:
        raise BatchTicketError(_("Bạn ghi số vé đã bán, hoặc số vé trả lại."), field="sold")
    for field, chosen in (("sold", sold), ("back", back)):
        settled = [line.ticket.number for line in chosen if line.ticket.state is not TicketState.OUT]
        if settled:
            raise BatchTicketError(
                _("Vé %(numbers)s đã tính xong rồi.", numbers=spell_numbers(settled)), field=field
            )
    inside = [line.ticket.number for line in back if line.came_at is not None]
    if inside:
        raise BatchTicketError(
            _("Vé %(numbers)s đã có người vào cổng, không trả lại được.", numbers=spell_numbers(inside)),
            field="back",
        )
    twice = {line.ticket.number for line in sold} & {line.ticket.number for line in back}
    if twice:
        raise BatchTicketError(
            _("Vé %(numbers)s vừa bán vừa trả lại, bạn xem lại nhé.", numbers=spell_numbers(twice)),
            field="back",
        )


async def _choose(
    session: AsyncSession, batch: TicketBatch, fields: SettleFields
) -> tuple[list[Line], list[Line]]:
    lines = await batch_repository.list_lines(session, batch.id)
    return choose(lines, fields.sold, field="sold"), choose(lines, fields.back, field="back")


async def _lock(session: AsyncSession, lines: Sequence[Line]) -> dict[UUID, Booking]:
    ids = [line.ticket.booking_id for line in lines if line.ticket.booking_id is not None]
    return {booking.id: booking for booking in await batch_repository.lock_bookings(session, ids)}


async def _free(session: AsyncSession, gone: Sequence[Booking]) -> None:
    """Give the seats of ended bookings back, counters in one order."""
    freed = Counter[UUID]()
    for booking in gone:
        freed[booking.departure_id] += booking.heads
    await departure_repository.lock_counters(session, freed.keys())
    for departure_id, heads in sorted(freed.items()):
        await seats.give_back(session, departure_id, heads)
    for tour_id in sorted({booking.tour_id for booking in gone}):
        await tours.refresh(session, tour_id)


async def _book(
    session: AsyncSession, batch: TicketBatch, settlement: BatchSettlement, *, now: datetime
) -> None:
    """Book what guests paid as sold, with fee and tax of it, and as money that the producer has in hand (BOOKS.md, BD6)."""
    sale, amount = f"{PayableKind.BATCH}:{settlement.id}", settlement.amount_minor
    in_hand, payable = accounts.producer_cash(batch.producer_id), accounts.seller_payable(batch.producer_id)
    payment = await payments.open_payment(
        session,
        payable_kind=PayableKind.BATCH,
        payable_id=settlement.id,
        payable_code=batch.code,
        amount_minor=amount,
        expires_at=now + bookings.HOLD,
        now=now,
    )
    await receipts.record_arrival(
        session,
        receipts.Arrival(
            provider=receipts.IN_HAND,
            external_id=sale,
            account=in_hand,
            amount_minor=amount,
            memo=batch.code,
            payment_id=payment.id,
            arrived_at=now,
        ),
        now=now,
    )
    record = partial(ledger.record, session, source=sale, memo=batch.code, occurred_at=now, now=now)
    receivable = accounts.buyer_receivable(PayableKind.BATCH, settlement.id)
    await record(kind="sale", entries=[(receivable, amount), (payable, -amount)])
    await fees.take_fees(session, sale=sale, memo=batch.code, goods={batch.producer_id: amount}, now=now)
    parts = {batch.producer_id: {TaxKind.SERVICES: amount}}
    await taxes.withhold(session, sale=sale, memo=batch.code, parts=parts, now=now)
    await record(kind="cash_kept", entries=[(payable, amount), (in_hand, -amount)])


async def return_money(
    session: AsyncSession,
    *,
    batch_id: UUID,
    producer_id: UUID,
    text: str,
    person_id: UUID,
    now: datetime,
) -> int:
    """Write down that the host gave guests of a departure that was called off their money back, by hand; answers how much.

    Raises `BatchNotFoundError`, `BatchTicketError` for a ticket of which nothing goes back.
    """
    batch = await batches.get_batch(session, batch_id=batch_id, producer_id=producer_id)
    await batch_repository.lock_batch(session, batch.id)
    sheet = await batches.get_sheet(session, batch)
    due = {ticket.id for ticket in sheet.to_return}
    chosen = [line.ticket for line in choose(sheet.lines, text, field="numbers")]
    wrong = [ticket.number for ticket in chosen if ticket.id not in due]
    if wrong or not chosen:
        words = _("Vé %(numbers)s không còn tiền phải trả lại.", numbers=spell_numbers(wrong))
        raise BatchTicketError(words if wrong else _("Bạn ghi số vé đã trả lại tiền."), field="numbers")
    for settlement in sheet.settlements:
        own = [ticket for ticket in chosen if ticket.settlement_id == settlement.id]
        if own:
            await _return(session, batch, settlement, own, person_id=person_id, now=now)
    return len(chosen) * batch.price_minor


async def _return(
    session: AsyncSession,
    batch: TicketBatch,
    settlement: BatchSettlement,
    own: Sequence[BatchTicket],
    *,
    person_id: UUID,
    now: datetime,
) -> None:
    for ticket in own:
        ticket.returned_at = now
    await session.flush()
    amount, in_hand = len(own) * batch.price_minor, accounts.producer_cash(batch.producer_id)
    refund = await refunds.open_refund(
        session,
        Claim(
            payable_kind=PayableKind.BATCH,
            payable_id=settlement.id,
            code=batch.code,
            producer_id=batch.producer_id,
            payee_name=batch.point_name,
            payee_phone=batch.point_phone,
            reason=RefundReason.CANCELLED,
            source=f"{PayableKind.BATCH}:{settlement.id}:back:{uuid7()}",
            paid_minor=settlement.amount_minor,
            goods_minor=amount,
        ),
        person_id=person_id,
        now=now,
    )
    assert refund is not None  # noqa: S101 - its source is new
    await refunds.record_paid(
        session, refund_id=refund.id, bank_account=in_hand, reference=_IN_CASH, person_id=person_id, now=now
    )
    # It came out of the hand in which it was set off: the producer is owed so much more again.
    await ledger.record(
        session,
        kind="cash_returned",
        source=f"refund:{refund.id}",
        memo=batch.code,
        entries=[(in_hand, amount), (accounts.seller_payable(batch.producer_id), -amount)],
        occurred_at=now,
        now=now,
    )


async def tell_called_off(
    session: AsyncSession, found: Sequence[Booking], tour: Tour, departure: Departure, *, why: Text
) -> None:
    """Tell the sales points of ended bookings that a departure was called off, each once for all of its tickets."""
    by_id = await batches.get_batches(session, {one.batch_id for one in found if one.batch_id})
    for batch in by_id.values():
        facts = {
            "tour": tour.title,
            "when": say_when(tour, departure),
            "why": why,
            "code": batch.code,
            "number": sum(one.batch_id == batch.id for one in found),
        }
        text = _(
            "Chợ Phiên: nhà vườn báo nghỉ %(tour)s, %(when)s: %(why)s. %(number)s vé giấy tập %(code)s xếp chuyến này đi ngày khác được, khách gọi nhà vườn để xếp lại.",
            **facts,
        )
        if batch.departure_id is not None:
            text = _(
                "Chợ Phiên: nhà vườn báo nghỉ %(tour)s, %(when)s: %(why)s. %(number)s vé giấy tập %(code)s không dùng được nữa, đừng bán tiếp. Ai đã mua thì được trả lại đủ tiền.",
                **facts,
            )
        await notices.send_message(session, phone=batch.point_phone, text=text, lang="vi")
