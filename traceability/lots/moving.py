"""Splitting and merging: lots that are made of lots (BALANCE.md 12 to 15).

What goes on is neither made nor lost: a part weighs what was taken for it, bears the dates of what it was, and is held
or recalled with it, because what holds a lot are the harvests behind it, through however many lots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.i18n import _
from app.core.ids import uuid7
from traceability.lots import codes, holding, repository
from traceability.lots.errors import (
    LotClosedError,
    LotNotFoundError,
    LotShortError,
    MergeAloneError,
    OtherPackError,
    PartsError,
    SourceRepeatedError,
)
from traceability.lots.events import LotChanged, LotMade, LotReduced
from traceability.lots.models import OPEN, Lot, LotSource, LotState
from traceability.lots.schemas import LotPart

MOST_PARTS = 10
MOST_MERGED = 30


@dataclass(frozen=True)
class Hand:
    """Who moves what, and when: the producer, the person, and the helper who acts for them."""

    producer_id: UUID
    person_id: UUID
    now: datetime
    helper_id: UUID | None = None
    is_flagged: bool = False


async def split_lot(
    session: AsyncSession, *, lot_id: UUID, parts: Sequence[int], hand: Hand, split_id: UUID | None = None
) -> list[Lot]:
    """Make one lot of each part (grams) of a lot; what is not taken stays in it. Answers the new lots.

    With a `split_id` that split a lot before (even at this very instant) those lots are answered, and nothing is taken.
    Raises `LotNotFoundError`, `PartsError`, `LotShortError`, and `LotClosedError` for a lot that is at an end.
    """
    first_id = split_id or uuid7()
    await repository.lock_id(session, first_id)
    if await repository.find_lot(session, first_id) is not None:
        return await _list_parts(session, first_id, hand.producer_id)
    if not 0 < len(parts) <= MOST_PARTS or min(parts) <= 0:
        raise PartsError(MOST_PARTS)
    if await repository.list_lots_by_id(session, [part_id(first_id, number) for number in range(len(parts))]):
        raise LotNotFoundError  # ids of other lots, which no form of ours brings
    await repository.share_books(session, hand.producer_id)
    lot = (await _settle_own(session, [lot_id], hand))[lot_id]
    await _take(session, lot, sum(parts), field="part-1", now=hand.now)
    made = [
        await _make(
            session,
            lot_id=part_id(first_id, number),
            taken=[(lot, grams)],
            produced_on=lot.produced_on,
            expires_on=lot.expires_on,
            hand=hand,
        )
        for number, grams in enumerate(parts)
    ]
    await emit(session, LotChanged(lot_id=lot.id))
    return made


async def merge_lots(
    session: AsyncSession, *, parts: Sequence[LotPart], hand: Hand, merge_id: UUID | None = None
) -> Lot:
    """Make one lot of parts of several lots of one pack: as old as the oldest, good as long as the first that expires.

    With a `merge_id` that made a lot before that lot is answered, and nothing is taken. Raises `MergeAloneError`,
    `SourceRepeatedError`, `LotNotFoundError`, `OtherPackError`, `LotShortError`, `LotClosedError`.
    """
    new_id = merge_id or uuid7()
    await repository.lock_id(session, new_id)
    known = await repository.find_lot(session, new_id)
    if known is not None:
        if known.producer_id != hand.producer_id:
            raise LotNotFoundError
        return known
    if not 1 < len(parts) <= MOST_MERGED:
        raise MergeAloneError
    await repository.share_books(session, hand.producer_id)
    lots = await _settle_own(session, [part.lot_id for part in parts], hand)
    if len(lots) < len(parts):
        raise SourceRepeatedError(_("Lô %(code)s", code=lots[parts[-1].lot_id].code))
    taken = sorted(((lots[part.lot_id], part.quantity_g) for part in parts), key=lambda pair: pair[0].id)
    for lot, grams in taken:
        if grams <= 0:
            raise LotShortError(code=lot.code, left_g=lot.left_g, field="lot")
        if lot.variant_id != taken[0][0].variant_id:
            raise OtherPackError(code=lot.code)
        await _take(session, lot, grams, field="lot", now=hand.now)
    made = await _make(
        session,
        lot_id=new_id,
        taken=taken,
        produced_on=min(lot.produced_on for lot in lots.values()),
        expires_on=min(lot.expires_on for lot in lots.values()),
        hand=hand,
    )
    for lot_id in lots:
        await emit(session, LotChanged(lot_id=lot_id))
    return made


def part_id(first_id: UUID, number: int) -> UUID:
    """The id of a part, from 0: the first bears the id that came with the form, so that a form sent twice splits once."""
    return UUID(int=first_id.int ^ number)


# ---------------------------------------------------------------- inside


async def _list_parts(session: AsyncSession, first_id: UUID, producer_id: UUID) -> list[Lot]:
    ids = [part_id(first_id, number) for number in range(MOST_PARTS)]
    found = {lot.id: lot for lot in await repository.list_lots_by_id(session, ids)}
    if found[first_id].producer_id != producer_id:
        raise LotNotFoundError
    return [found[one] for one in ids if one in found and found[one].producer_id == producer_id]


async def _settle_own(session: AsyncSession, lot_ids: Sequence[UUID], hand: Hand) -> dict[UUID, Lot]:
    """Lock these lots and look at the diary for them first, so that a part and what it is of are held alike."""
    family = await holding.settle_family(session, lot_ids, hand.now)
    lots = {lot_id: family[lot_id] for lot_id in lot_ids if lot_id in family}
    if len(lots) < len(set(lot_ids)) or any(lot.producer_id != hand.producer_id for lot in lots.values()):
        raise LotNotFoundError
    return lots


async def _take(session: AsyncSession, lot: Lot, grams: int, *, field: str, now: datetime) -> None:
    if lot.state not in OPEN:
        raise LotClosedError(code=lot.code, is_recalled=lot.state is LotState.RECALLED)
    if not await repository.take_for_lot(session, lot.id, grams):
        raise LotShortError(code=lot.code, left_g=lot.left_g, field=field)
    await session.refresh(lot)
    await emit(
        session,
        LotReduced(
            lot_id=lot.id,
            variant_id=lot.variant_id,
            taken_g=grams,
            rest_g=lot.quantity_g - lot.moved_g,
            at=now,
        ),
    )


async def _make(
    session: AsyncSession,
    *,
    lot_id: UUID,
    taken: Sequence[tuple[Lot, int]],
    produced_on: date,
    expires_on: date,
    hand: Hand,
) -> Lot:
    like = taken[0][0]
    lot = await codes.insert_lot(
        session,
        {
            "id": lot_id,
            "producer_id": like.producer_id,
            "variant_id": like.variant_id,
            "gtin": like.gtin,
            "quantity_g": sum(grams for _lot, grams in taken),
            "produced_on": produced_on,
            "expires_on": expires_on,
            "created_by_id": hand.person_id,
            "helper_id": hand.helper_id,
            "is_flagged": hand.is_flagged,
            "created_at": hand.now,
        },
    )
    session.add_all(
        LotSource(lot_id=lot.id, from_lot_id=source.id, quantity_g=grams, created_at=hand.now)
        for source, grams in taken
    )
    await session.flush()
    await emit(session, LotMade(lot_id=lot.id, made_at=hand.now))
    await holding.settle(session, lot, hand.now)
    return lot
