"""Tickets at the gate: who may come in with a code, and that each comes in once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.clock import in_vietnam, today
from app.core.i18n import Text, _
from app.core.ids import is_valid_code, uuid7
from app.core.signing import Signer
from storefront.tours import (
    batch_repository,
    booking_repository,
    bookings,
    departures,
    entries,
    settlement,
    symbols,
)
from storefront.tours import service as tours
from storefront.tours.batch_models import TicketState
from storefront.tours.bookings import Party
from storefront.tours.departures import Seats
from storefront.tours.errors import CheckInRefusedError, UnknownTicketError
from storefront.tours.gate_models import ScanMeans
from storefront.tours.models import Booking, BookingState, DepartureState, Tour, TourUnit, UnitItem
from storefront.tours.states import TICKETED, booking_state_at
from storefront.tours.symbols import Symbol
from storefront.tours.words import say_when


class Verdict(StrEnum):
    """What a code means at the gate today."""

    READY = "ready"
    ALREADY = "already"
    WRONG_DAY = "wrong_day"
    CANCELLED = "cancelled"
    UNPAID = "unpaid"
    CALLED_OFF = "called_off"


@dataclass(frozen=True)
class Gate:
    """What the host sees for a code: the party, the tickets that the code opens, and what it means."""

    code: str
    party: Party
    items: list[tuple[UnitItem, TourUnit]]
    verdict: Verdict
    heads: int
    """Heads that may come in now with this code, or came in with it."""
    checked_at: datetime | None
    checked_by: str
    refusal: Text | None


@dataclass(frozen=True)
class DayLine:
    """One departure of a day with who comes."""

    tour: Tour
    seats: Seats
    parties: list[tuple[Booking, list[tuple[UnitItem, TourUnit]]]]
    heads: int
    heads_in: int


def normalise(text: str) -> str:
    """A code as it is kept, from what was typed or said: "abc-d 23" -> "ABCD23"."""
    return "".join(char for char in text.upper() if char.isalnum())[:20]


@dataclass(frozen=True)
class Found:
    """What a code or a symbol opens: a booking, by its own code or that of one of its tickets."""

    booking: Booking
    code: str
    means: ScanMeans


async def find(session: AsyncSession, *, text: str, producer_id: UUID, keys: Sequence[Signer]) -> Found:
    """Find whom a code lets in, or a symbol that was scanned.

    Raises `UnknownTicketError` for a slip of the tongue, a stranger's, or a symbol that nobody of ours signed.
    """
    letters = symbols.find_letters(text)
    if letters is not None:
        return await _find_signed(session, letters, producer_id, keys)
    spelled = normalise(text)
    if not is_valid_code(spelled):
        raise UnknownTicketError(_("Mã này đọc hay gõ sai một chữ. Bạn xem lại từng chữ nhé."))
    booking = await booking_repository.find_by_code(session, spelled, producer_id)
    if booking is None:
        raise await _say_unknown(session, spelled, producer_id)
    return Found(booking, spelled, ScanMeans.CODE)


async def _find_signed(
    session: AsyncSession, letters: str, producer_id: UUID, keys: Sequence[Signer]
) -> Found:
    symbol = symbols.read(letters, producer_id=producer_id, keys=keys)
    if symbol is None:
        raise UnknownTicketError(_("Hình này không phải vé của nhà mình, hoặc là vé giả, vé đã bị sửa."))
    booking = await booking_repository.find_by_code(session, symbol.code, producer_id)
    if booking is None:
        raise await _say_unknown(session, symbol.code, producer_id)
    if symbol.days is not None:
        return Found(booking, symbol.code, ScanMeans.SYMBOL)
    if symbol.place == symbols.WHOLE:
        return Found(booking, booking.code, ScanMeans.SYMBOL)
    code = await entries.code_at(session, booking.id, symbol.place)
    return Found(booking, code, ScanMeans.SYMBOL)


SAY_FORGED = _("Đây không phải vé của chợ, hoặc là vé giả, vé đã bị sửa.")
SAY_BACK = _("Vé giấy này điểm bán đã trả lại, không dùng được nữa.")


async def _say_unknown(session: AsyncSession, code: str, producer_id: UUID) -> UnknownTicketError:
    """Why a code leads to no booking: a paper ticket that was handed back, or whose day is not known, or no ticket at all."""
    found = await batch_repository.find_ticket(session, code, producer_id)
    if found is None:
        return UnknownTicketError(_("Nhà mình không có vé nào mang mã này."))
    if found[0].state is TicketState.BACK:
        return UnknownTicketError(SAY_BACK)
    return UnknownTicketError(_("Vé giấy này chưa xếp ngày đi. Bạn xếp chỗ cho khách trước nhé."))


@dataclass(frozen=True)
class Shown:
    """A ticket that somebody shows around, and where it leads to."""

    symbol: Symbol
    party: Party


async def find_party(session: AsyncSession, letters: str, *, keys: Sequence[Signer]) -> Shown:
    """Find what a symbol opens, whoever's visit it is; raises `UnknownTicketError` for one that we did not sign."""
    said = symbols.peek(letters)
    booking = await booking_repository.find_by_own_code(session, said.code) if said else None
    if booking is not None:
        party = await bookings.get_party(session, booking)
        symbol = symbols.read(letters, producer_id=party.tour.producer_id, keys=keys)
        if symbol is not None:
            return Shown(symbol, party)
    raise UnknownTicketError(SAY_FORGED)


async def look_up(
    session: AsyncSession, *, code: str, producer_id: UUID, now: datetime, keys: Sequence[Signer] = ()
) -> Gate:
    """Look at a code or a symbol; raises `UnknownTicketError` as `find` does."""
    found = await find(session, text=code, producer_id=producer_id, keys=keys)
    return await _judge(session, found.booking, found.code, now)


async def check_in(
    session: AsyncSession,
    *,
    code: str,
    producer_id: UUID,
    person_id: UUID,
    now: datetime,
    keys: Sequence[Signer] = (),
) -> Gate:
    """Let the holders of a code in, once; answers what the gate showed before.

    Raises `CheckInRefusedError` with the reason, or `UnknownTicketError`.
    """
    found = await find(session, text=code, producer_id=producer_id, keys=keys)
    booking = await settlement.lock_booking(session, found.booking.id)
    gate = await _judge(session, booking, found.code, now)
    if gate.refusal is not None:
        raise CheckInRefusedError(gate.refusal)
    waiting = [item for item, _unit in gate.items if item.redeemed_at is None]
    scan = entries.NewScan(id=uuid7(), means=found.means, person_id=person_id, scanned_at=now)
    await entries.write(session, booking, waiting, scan=scan, now=now)
    return gate


async def _judge(session: AsyncSession, booking: Booking, code: str, now: datetime) -> Gate:
    party = await bookings.get_party(session, booking)
    items = [pair for pair in party.items if code in {booking.code, pair[0].ticket_code}]
    waiting = [pair for pair in items if pair[0].redeemed_at is None]
    checked = max((item for item, _unit in items if item.redeemed_at), key=_when, default=None)
    name = await _name_of(session, checked)
    verdict = _verdict(party, waiting, now)
    return Gate(
        code=code,
        party=party,
        items=items,
        verdict=verdict,
        heads=sum(item.heads for item, _unit in waiting or items),
        checked_at=checked.redeemed_at if checked else None,
        checked_by=name,
        refusal=_say_refusal(verdict, party, checked, name, now),
    )


def _when(item: UnitItem) -> datetime:
    assert item.redeemed_at is not None  # noqa: S101 - asked of checked tickets alone
    return item.redeemed_at


async def _name_of(session: AsyncSession, item: UnitItem | None) -> str:
    if item is None or item.redeemed_by_id is None:
        return ""
    return (await accounts.get_person(session, item.redeemed_by_id)).name


def _verdict(party: Party, waiting: list[tuple[UnitItem, TourUnit]], now: datetime) -> Verdict:
    match booking_state_at(party.booking, now):
        case BookingState.CANCELLED | BookingState.REJECTED:
            return Verdict.CANCELLED
        case BookingState.ON_HOLD | BookingState.PENDING | BookingState.EXPIRED:
            return Verdict.UNPAID
        case _:
            if not waiting:
                return Verdict.ALREADY
            if party.departure.state is DepartureState.CANCELLED:
                return Verdict.CALLED_OFF
            return Verdict.READY if party.departure.local_on == today(now) else Verdict.WRONG_DAY


def _say_refusal(
    verdict: Verdict, party: Party, checked: UnitItem | None, name: str, now: datetime
) -> Text | None:
    if verdict is Verdict.READY:
        return None
    if checked is not None and verdict is Verdict.ALREADY:
        when = _say_instant(checked, now)
        return _("Vé này đã vào cổng %(when)s, do %(name)s soát.", when=when, name=name)
    if verdict is Verdict.WRONG_DAY:
        when = say_when(party.tour, party.departure)
        return _("Vé này không phải của hôm nay. Vé đi %(when)s.", when=when)
    if verdict is Verdict.CANCELLED:
        void = _("Vé giấy này đã trả lại, hoặc chuyến đã báo nghỉ, không vào cổng được.")
        return void if party.booking.batch_id else _("Lần đặt này đã hủy, không vào cổng được.")
    if verdict is Verdict.CALLED_OFF:
        return _("Chuyến này nhà mình đã báo nghỉ. Khách đang chọn ngày khác hay lấy lại tiền.")
    return _("Lần đặt này chưa trả tiền, chưa có vé.")


def _say_instant(item: UnitItem, now: datetime) -> Text:
    there = in_vietnam(_when(item))
    if there.date() == today(now):
        return _("lúc %(time)s hôm nay", time=f"{there:%H:%M}")
    return _(
        "lúc %(time)s ngày %(date)s", time=f"{there:%H:%M}", date=f"{there.day}/{there.month}/{there.year}"
    )


async def list_day(session: AsyncSession, *, producer_id: UUID, on: date, now: datetime) -> list[DayLine]:
    """List a day's departures of a producer with the parties that have paid: the manifest."""
    found = await tours.list_tours(session, producer_id)
    by_id = {tour.id: tour for tour in found}
    seats = await departures.list_seats(session, found, now=now, on=on)
    parties = await bookings.list_parties(session, [one.departure for one in seats], TICKETED)
    lines = []
    for one in seats:
        rows = parties[one.departure.id]
        inside = sum(item.heads for _row, items in rows for item, _unit in items if item.redeemed_at)
        heads = sum(row.heads for row, _items in rows)
        lines.append(DayLine(by_id[one.departure.tour_id], one, rows, heads, inside))
    return lines
