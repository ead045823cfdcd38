"""Holds: what the diary says of the harvests behind a lot, and the state that follows from it (BALANCE.md 5 to 7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.i18n import Text, _
from producers.diaries import service as diaries
from traceability.lots import repository, sources
from traceability.lots.errors import TransitionError, hold_reason
from traceability.lots.events import LotChanged, LotHeld, LotReleased
from traceability.lots.models import OPEN, Lot, LotState

TRANSITIONS: Mapping[LotState, frozenset[LotState]] = {
    LotState.HELD: frozenset({LotState.RELEASED, LotState.RECALLED}),
    LotState.RELEASED: frozenset({LotState.HELD, LotState.RECALLED, LotState.EXHAUSTED}),
    LotState.RECALLED: frozenset(),
    LotState.EXHAUSTED: frozenset({LotState.RECALLED}),
}


@dataclass(frozen=True)
class Hold:
    """What holds a lot: a spray or treatment and its first clear day; neither when a harvest was taken back."""

    entry_id: UUID | None
    clear_on: date | None


async def explain_hold(session: AsyncSession, lot: Lot) -> Text | None:
    """Say why a lot is held, naming the spray or treatment and the first clear day; None when it is not held."""
    if lot.state is not LotState.HELD:
        return None
    if lot.held_by_entry_id is None or lot.held_until is None:
        return _("Mẻ thu hoạch làm ra lô này đã bị rút khỏi sổ.")
    for _row, source in await sources.list_origins_of(session, lot):
        if source is None:
            continue
        hold = await diaries.find_hold(session, site_id=source.site.id, harvested_at=source.harvested_at)
        if hold is not None and hold.entry_id == lot.held_by_entry_id:
            return hold_reason(hold)
    return _("Sổ ghi chép vừa được sửa. Bạn bấm xem lại để biết lô này đã được bán chưa.")


async def find_hold(session: AsyncSession, lot: Lot) -> Hold | None:
    """The interval that clears last among those in which something of this lot was harvested."""
    worst: tuple[UUID, date] | None = None
    for _row, source in await sources.list_origins_of(session, lot):
        if source is None:
            return Hold(None, None)
        hold = await diaries.find_hold(session, site_id=source.site.id, harvested_at=source.harvested_at)
        if hold and (worst is None or hold.clear_on > worst[1]):
            worst = (hold.entry_id, hold.clear_on)
    return Hold(*worst) if worst else None


def transition(lot: Lot, to: LotState) -> None:
    """Put a lot into another state; raises `TransitionError`."""
    if lot.state is not to and to not in TRANSITIONS[lot.state]:
        raise TransitionError(code=lot.code)
    lot.state = to


async def settle(session: AsyncSession, lot: Lot, now: datetime) -> None:
    """Put a lot into the state that the diary asks for, and announce what changed."""
    hold = await find_hold(session, lot)
    before = (lot.state, lot.held_by_entry_id, lot.held_until)
    if hold is None:
        transition(lot, LotState.RELEASED)
        lot.held_by_entry_id, lot.held_until = None, None
        lot.released_at = lot.released_at or now
    else:
        transition(lot, LotState.HELD)
        lot.held_by_entry_id, lot.held_until = hold.entry_id, hold.clear_on
    await session.flush()
    if before == (lot.state, lot.held_by_entry_id, lot.held_until):
        return
    if hold is None:
        await emit(
            session,
            LotReleased(
                lot_id=lot.id,
                variant_id=lot.variant_id,
                quantity_g=lot.quantity_g - lot.moved_g,
                expires_on=lot.expires_on,
            ),
        )
    else:
        await emit(session, LotHeld(lot_id=lot.id, clear_on=hold.clear_on or lot.produced_on))
    await emit(session, LotChanged(lot_id=lot.id))


async def settle_family(session: AsyncSession, lot_ids: Collection[UUID], now: datetime) -> dict[UUID, Lot]:
    """Look at the diary again for these lots, all that they came from and all that became of them.

    Answers them by id, locked and settled; a lot at an end stays as it is, and one that is not there is left out.
    """
    family = await repository.lock_family(session, lot_ids)
    for lot in family:
        if lot.state in OPEN:
            await settle(session, lot, now)
    return {lot.id: lot for lot in family}
