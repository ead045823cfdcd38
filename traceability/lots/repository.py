"""Selects, conditional updates and locks of lots."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, CompoundSelect, Select, and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from producers.diaries.models import DiaryEntry
from producers.farms.models import Crop
from producers.intake.models import IntakeSlip
from traceability.lots.models import OPEN, Lot, LotSource, LotState, SourceBalance, YieldBand


async def insert_lot(session: AsyncSession, row: dict[str, Any]) -> UUID | None:
    """Insert a lot; None when its code is taken under this GTIN."""
    statement = insert(Lot).values(**row).on_conflict_do_nothing(index_elements=["gtin", "code"])
    return await session.scalar(statement.returning(Lot.id))


async def lock_id(session: AsyncSession, lot_id: UUID) -> None:
    """Make whoever brings the same new id at this instant wait until we are through."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(lot_id), 0))))


async def share_books(session: AsyncSession, producer_id: UUID) -> None:
    """Make or move lots of a producer beside others who do, but not beside whoever closed the books."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(_books(producer_id))))


async def close_books(session: AsyncSession, producer_id: UUID) -> None:
    """Wait until nobody makes or moves lots of a producer, and keep it so until the end of the transaction."""
    await session.execute(select(func.pg_advisory_xact_lock(_books(producer_id))))


def _books(producer_id: UUID) -> ColumnElement[int]:
    return func.hashtextextended(f"lots of {producer_id}", 0)


async def find_lot(session: AsyncSession, lot_id: UUID) -> Lot | None:
    """Select by id, as it stands now."""
    statement = select(Lot).where(Lot.id == lot_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def lock_lot(session: AsyncSession, lot_id: UUID) -> Lot | None:
    """Select by id for update, as it stands now."""
    statement = select(Lot).where(Lot.id == lot_id).with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def lock_family(session: AsyncSession, lot_ids: Collection[UUID]) -> list[Lot]:
    """Select these lots for update, with all that they came from and all that became of them; ids ascending."""
    up, down = _above(lot_ids), _below(select(Lot.id.label("lot_id")).where(Lot.id.in_(lot_ids)))
    family = select(up.c.lot_id).union(select(down.c.lot_id))
    statement = select(Lot).where(Lot.id.in_(family)).order_by(Lot.id).with_for_update(of=Lot)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


def _above(lot_ids: Collection[UUID]) -> CTE:
    """These lots and all lots that they came from."""
    start = select(Lot.id.label("lot_id")).where(Lot.id.in_(lot_ids)).cte("above", recursive=True)
    step = select(LotSource.from_lot_id).join(start, LotSource.lot_id == start.c.lot_id)
    return start.union(step.where(LotSource.from_lot_id.is_not(None)))


def _below(begin: Select[UUID] | CompoundSelect[UUID]) -> CTE:
    """The lots with which it begins (`lot_id`), and all lots that became of them."""
    start = select(begin.subquery().c.lot_id).cte("below", recursive=True)
    return start.union(select(LotSource.lot_id).join(start, LotSource.from_lot_id == start.c.lot_id))


async def find_lot_by_code(session: AsyncSession, gtin: str, code: str) -> Lot | None:
    """Select by GTIN-14 and lot code."""
    return await session.scalar(select(Lot).where(Lot.gtin == gtin, Lot.code == code))


async def list_with_code(session: AsyncSession, code: str, limit: int) -> list[Lot]:
    """Select by lot code under any GTIN, the newest first."""
    statement = select(Lot).where(Lot.code == code).order_by(Lot.id.desc()).limit(limit)
    return list(await session.scalars(statement))


async def list_lots_by_id(session: AsyncSession, ids: Collection[UUID]) -> list[Lot]:
    """Select several."""
    return list(await session.scalars(select(Lot).where(Lot.id.in_(ids))))


async def list_lots(session: AsyncSession, producer_id: UUID, limit: int) -> list[Lot]:
    """Select a producer's lots, the newest first."""
    statement = select(Lot).where(Lot.producer_id == producer_id).order_by(Lot.id.desc()).limit(limit)
    return list(await session.scalars(statement))


async def list_helped(
    session: AsyncSession, *, person_id: UUID, helper_id: UUID | None, since: datetime | None, limit: int
) -> list[Lot]:
    """Select what helpers made for a person, the newest first."""
    statement = select(Lot).where(Lot.created_by_id == person_id, Lot.helper_id.is_not(None))
    if helper_id is not None:
        statement = statement.where(Lot.helper_id == helper_id)
    if since is not None:
        statement = statement.where(Lot.created_at > since)
    return list(await session.scalars(statement.order_by(Lot.id.desc()).limit(limit)))


async def list_lots_by_gtin(session: AsyncSession, gtin: str, limit: int) -> list[Lot]:
    """Select the lots of one pack that may be sold, the newest first."""
    statement = (
        select(Lot)
        .where(Lot.gtin == gtin, Lot.state == LotState.RELEASED)
        .order_by(Lot.produced_on.desc(), Lot.id.desc())
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def list_made_of(
    session: AsyncSession,
    entry_ids: Collection[UUID],
    slip_ids: Collection[UUID],
    lot_ids: Collection[UUID],
) -> list[Lot]:
    """Select lots by what went into them, straight or through other lots; these lots themselves, too."""
    taken = select(LotSource.lot_id).where(
        or_(LotSource.diary_entry_id.in_(entry_ids), LotSource.intake_slip_id.in_(slip_ids))
    )
    below = _below(taken.union(select(Lot.id).where(Lot.id.in_(lot_ids))))
    return list(await session.scalars(select(Lot).where(Lot.id.in_(select(below.c.lot_id)))))


async def list_open_alike(session: AsyncSession, lot: Lot, limit: int) -> list[Lot]:
    """Select the other lots of the same pack that hold something and are at no end, the newest first."""
    statement = select(Lot).where(
        Lot.variant_id == lot.variant_id,
        Lot.producer_id == lot.producer_id,
        Lot.id != lot.id,
        Lot.state.in_(OPEN),
        Lot.labelled_g + Lot.moved_g < Lot.quantity_g,
    )
    return list(await session.scalars(statement.order_by(Lot.id.desc()).limit(limit)))


async def list_children(session: AsyncSession, lot_ids: Collection[UUID]) -> list[tuple[LotSource, Lot]]:
    """Select the lots that something of these went into, with how much; in the order in which it went."""
    statement = select(LotSource, Lot).join(Lot, Lot.id == LotSource.lot_id)
    statement = statement.where(LotSource.from_lot_id.in_(lot_ids)).order_by(LotSource.id)
    return [(row, lot) for row, lot in await session.execute(statement)]


async def list_parents(session: AsyncSession, lot_ids: Collection[UUID]) -> list[tuple[LotSource, Lot]]:
    """Select the lots that went into these, with how much; in the order in which it went."""
    statement = select(LotSource, Lot).join(Lot, Lot.id == LotSource.from_lot_id)
    statement = statement.where(LotSource.lot_id.in_(lot_ids)).order_by(LotSource.id)
    return [(row, lot) for row, lot in await session.execute(statement)]


async def list_named(session: AsyncSession, names: Collection[tuple[str, str]]) -> list[Lot]:
    """Select lots by GTIN-14 and code."""
    return list(await session.scalars(select(Lot).where(tuple_(Lot.gtin, Lot.code).in_(list(names)))))


async def list_lot_ids(session: AsyncSession, state: LotState, after: UUID | None, limit: int) -> list[UUID]:
    """Select ids of lots in one state, ascending, after `after`."""
    statement = select(Lot.id).where(Lot.state == state).order_by(Lot.id).limit(limit)
    if after is not None:
        statement = statement.where(Lot.id > after)
    return list(await session.scalars(statement))


async def list_sources(session: AsyncSession, lot_ids: Collection[UUID]) -> list[LotSource]:
    """Select what went into lots, in the order in which it was put down."""
    statement = select(LotSource).where(LotSource.lot_id.in_(lot_ids)).order_by(LotSource.id)
    return list(await session.scalars(statement))


async def list_origins(session: AsyncSession, lot_ids: Collection[UUID]) -> list[tuple[UUID, LotSource]]:
    """Select (lot, what went in) of the harvests and slips behind lots, also through other lots; the oldest first."""
    start = select(Lot.id.label("asked_id"), Lot.id.label("lot_id")).where(Lot.id.in_(lot_ids))
    above = start.cte("origins", recursive=True)
    step = select(above.c.asked_id, LotSource.from_lot_id).join(above, LotSource.lot_id == above.c.lot_id)
    above = above.union(step.where(LotSource.from_lot_id.is_not(None)))
    statement = select(above.c.asked_id, LotSource).join(above, LotSource.lot_id == above.c.lot_id)
    statement = statement.where(LotSource.from_lot_id.is_(None)).order_by(LotSource.id)
    return [(asked_id, row) for asked_id, row in await session.execute(statement)]


async def list_grown(
    session: AsyncSession, site_ids: Collection[UUID], *, since: datetime, before: datetime
) -> list[Lot]:
    """Select the lots that took something picked, harvested or weighed on sites in a span, also through other lots."""
    began = (
        select(LotSource.lot_id)
        .outerjoin(DiaryEntry, DiaryEntry.id == LotSource.diary_entry_id)
        .outerjoin(IntakeSlip, IntakeSlip.id == LotSource.intake_slip_id)
        .where(
            or_(
                and_(
                    DiaryEntry.site_id.in_(site_ids),
                    DiaryEntry.performed_at >= since,
                    DiaryEntry.performed_at < before,
                ),
                and_(
                    IntakeSlip.site_id.in_(site_ids),
                    IntakeSlip.weighed_at >= since,
                    IntakeSlip.weighed_at < before,
                ),
            )
        )
    )
    below = _below(began)
    statement = select(Lot).where(Lot.id.in_(select(below.c.lot_id)))
    return list(await session.scalars(statement.order_by(Lot.id)))


async def list_lot_ids_of_site(session: AsyncSession, site_id: UUID) -> list[UUID]:
    """Select the held and released lots that took something from a site, also through other lots; ascending."""
    begin = (
        select(LotSource.lot_id)
        .outerjoin(DiaryEntry, DiaryEntry.id == LotSource.diary_entry_id)
        .outerjoin(IntakeSlip, IntakeSlip.id == LotSource.intake_slip_id)
        .where(or_(DiaryEntry.site_id == site_id, IntakeSlip.site_id == site_id))
    )
    below = _below(begin)
    statement = select(Lot.id).where(Lot.id.in_(select(below.c.lot_id)), Lot.state.in_(OPEN))
    return list(await session.scalars(statement.order_by(Lot.id)))


async def open_balance(session: AsyncSession, source_id: UUID, quantity_g: int) -> None:
    """Make the balance of a source, or follow a correction of its weight (never below what is already used)."""
    statement = insert(SourceBalance).values(source_id=source_id, quantity_g=quantity_g, used_g=0)
    statement = statement.on_conflict_do_update(
        index_elements=["source_id"],
        set_={"quantity_g": func.greatest(statement.excluded.quantity_g, SourceBalance.used_g)},
    )
    await session.execute(statement)


async def take_from_balance(session: AsyncSession, source_id: UUID, quantity_g: int) -> bool:
    """Take grams from a source in one conditional update; False when it does not hold so many."""
    statement = (
        update(SourceBalance)
        .where(
            SourceBalance.source_id == source_id,
            SourceBalance.used_g + quantity_g <= SourceBalance.quantity_g,
        )
        .values(used_g=SourceBalance.used_g + quantity_g)
        .returning(SourceBalance.source_id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def list_used(session: AsyncSession, source_ids: Collection[UUID]) -> dict[UUID, int]:
    """Select the grams that were already taken from sources; one that was never touched is left out."""
    statement = select(SourceBalance.source_id, SourceBalance.used_g).where(
        SourceBalance.source_id.in_(source_ids)
    )
    return {row.source_id: row.used_g for row in await session.execute(statement)}


async def find_band(session: AsyncSession, crop: Crop, on: date) -> YieldBand | None:
    """Select the yield band of a crop that is in force on a day."""
    statement = (
        select(YieldBand)
        .where(YieldBand.crop == crop, YieldBand.valid_from <= on)
        .order_by(YieldBand.valid_from.desc())
        .limit(1)
    )
    return await session.scalar(statement)


async def take_for_labels(session: AsyncSession, lot_id: UUID, grams: int) -> bool:
    """Take the grams that labels stand for in one conditional update; False when the lot refuses."""
    statement = (
        update(Lot)
        .where(
            Lot.id == lot_id,
            Lot.state == LotState.RELEASED,
            Lot.labelled_g + Lot.moved_g + grams <= Lot.quantity_g,
        )
        .values(labelled_g=Lot.labelled_g + grams)
        .returning(Lot.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def take_for_lot(session: AsyncSession, lot_id: UUID, grams: int) -> bool:
    """Take the grams that go on into another lot in one conditional update; False when the lot refuses."""
    statement = (
        update(Lot)
        .where(Lot.id == lot_id, Lot.state.in_(OPEN), Lot.labelled_g + Lot.moved_g + grams <= Lot.quantity_g)
        .values(moved_g=Lot.moved_g + grams)
        .returning(Lot.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def give_back_labels(session: AsyncSession, lot_id: UUID, grams: int) -> None:
    """Give back the grams of a label that was spoilt."""
    statement = update(Lot).where(Lot.id == lot_id).values(labelled_g=Lot.labelled_g - grams)
    await session.execute(statement.execution_options(synchronize_session=False))
