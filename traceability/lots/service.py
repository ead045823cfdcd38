"""Lots: a quantity of one product with one history. The rules stand in BALANCE.md beside this file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.quantity import format_grams
from producers.diaries import service as diaries
from producers.diaries.events import EntryRecorded
from producers.diaries.models import EntryKind
from producers.farms.models import Crop
from producers.listings import service as listings
from producers.listings.models import Variant
from traceability.lots import choosing, codes, holding, repository, sources
from traceability.lots.errors import (
    BundleLotError,
    LabelsExceededError,
    LotClosedError,
    LotHeldError,
    LotNotFoundError,
    SourceExhaustedError,
    TransitionError,
    WrongCropError,
)
from traceability.lots.events import LotChanged, LotMade, LotRecalled
from traceability.lots.models import OPEN, Lot, LotSource, LotState
from traceability.lots.schemas import SourceKind, SourcePart
from traceability.lots.sources import Source

_DECIDING = frozenset({EntryKind.SPRAY, EntryKind.TREAT, EntryKind.FERTILISE, EntryKind.WATER})
_BATCH = 200


# ---------------------------------------------------------------- reading


async def get_lot(session: AsyncSession, lot_id: UUID) -> Lot:
    """Get a lot as it stands now; raises `LotNotFoundError`."""
    lot = await repository.find_lot(session, lot_id)
    if lot is None:
        raise LotNotFoundError
    return lot


async def find_by_id(session: AsyncSession, lot_id: UUID) -> Lot | None:
    """Find a lot as it stands now."""
    return await repository.find_lot(session, lot_id)


async def list_made_of(
    session: AsyncSession,
    *,
    entry_ids: Collection[UUID] = (),
    slip_ids: Collection[UUID] = (),
    lot_ids: Collection[UUID] = (),
) -> list[Lot]:
    """List the lots that took something of these harvests, weigh slips or lots, straight or through others; with these lots."""
    return await repository.list_made_of(session, entry_ids, slip_ids, lot_ids)


async def list_grown(
    session: AsyncSession, site_ids: Collection[UUID], *, since: datetime, before: datetime
) -> list[Lot]:
    """List the lots made of what was picked, harvested or weighed on sites in a span, straight or through others."""
    return await repository.list_grown(session, site_ids, since=since, before=before)


async def list_named(session: AsyncSession, names: Collection[tuple[str, str]]) -> list[Lot]:
    """List the lots of these pairs of GTIN-14 and code; a pair that is no lot of ours is left out."""
    return await repository.list_named(session, names)


async def recall_lot(session: AsyncSession, *, lot_id: UUID) -> None:
    """Stop a lot for ever: it is announced, and nothing can be labelled or sold of it. Again is the same.

    Raises `LotNotFoundError`.
    """
    lot = await repository.lock_lot(session, lot_id)
    if lot is None:
        raise LotNotFoundError
    if lot.state is LotState.RECALLED:
        return
    holding.transition(lot, LotState.RECALLED)
    await session.flush()
    await emit(session, LotRecalled(lot_id=lot.id))
    await emit(session, LotChanged(lot_id=lot.id))


async def get_own_lot(session: AsyncSession, *, lot_id: UUID, producer_id: UUID) -> Lot:
    """Get a lot of this producer; another producer's does not exist for them (`LotNotFoundError`)."""
    lot = await get_lot(session, lot_id)
    if lot.producer_id != producer_id:
        raise LotNotFoundError
    return lot


async def get_lots(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Lot]:
    """Get several lots by id in one query; ids that are unknown are left out."""
    return {lot.id: lot for lot in await repository.list_lots_by_id(session, ids)}


async def find_lot(session: AsyncSession, *, gtin: str, code: str) -> Lot | None:
    """Find a lot by the GTIN-14 and the lot code of its label."""
    return await repository.find_lot_by_code(session, gtin, code)


async def list_lots(session: AsyncSession, producer_id: UUID, *, limit: int = 200) -> list[Lot]:
    """List a producer's lots, the newest first."""
    return await repository.list_lots(session, producer_id, limit)


async def list_helped(
    session: AsyncSession, *, person_id: UUID, helper_id: UUID | None, since: datetime | None, limit: int
) -> list[Lot]:
    """List the lots that helpers (or one of them) made for a person, the newest first; `since`: made after it."""
    return await repository.list_helped(
        session, person_id=person_id, helper_id=helper_id, since=since, limit=limit
    )


async def list_released(session: AsyncSession, gtin: str, *, limit: int = 5) -> list[Lot]:
    """List the lots of one pack that may be sold, the newest first."""
    return await repository.list_lots_by_gtin(session, gtin, limit)


async def list_sources(session: AsyncSession, lot_ids: Collection[UUID]) -> list[LotSource]:
    """List what went straight into lots: diary entries, slips and other lots with their grams."""
    return await repository.list_sources(session, lot_ids)


async def list_open_sources(
    session: AsyncSession, producer_id: UUID, *, crop: Crop | None, household_id: UUID | None = None
) -> list[Source]:
    """List harvests and slips that still hold something, the newest first; of one crop when it is named.

    `household_id`: for a household, to which its neighbours' slips do not exist.
    """
    found = await sources.list_open(session, producer_id, household_id=household_id)
    return [source for source in found if crop is None or source.crop is crop]


async def list_standing_sources(session: AsyncSession, lot: Lot) -> list[tuple[LotSource, Source | None]]:
    """List the harvests and slips behind a lot, through other lots too, as they stand after corrections (None: taken back)."""
    return await sources.list_origins_of(session, lot)


async def list_parents(session: AsyncSession, lot_ids: Collection[UUID]) -> list[tuple[LotSource, Lot]]:
    """List the lots that went straight into these, with how much of each."""
    return await repository.list_parents(session, lot_ids)


async def list_children(session: AsyncSession, lot_ids: Collection[UUID]) -> list[tuple[LotSource, Lot]]:
    """List the lots that something of these went straight into, with how much."""
    return await repository.list_children(session, lot_ids)


async def list_open_alike(session: AsyncSession, lot: Lot, *, limit: int = 30) -> list[Lot]:
    """List the other lots of the same pack with which this one may be merged, the newest first."""
    return await repository.list_open_alike(session, lot, limit) if lot.state in OPEN else []


async def list_standing_of(
    session: AsyncSession, *, producer_id: UUID, lot_ids: Collection[UUID]
) -> dict[UUID, list[tuple[LotSource, Source | None]]]:
    """List as `list_standing_sources` does, for several lots of one producer at once, by the lot's id."""
    return await sources.list_origins(session, producer_id=producer_id, lot_ids=lot_ids)


async def list_with_code(session: AsyncSession, code: str, *, limit: int = 20) -> list[Lot]:
    """List the lots that carry a code, whosever and of whichever product, the newest first."""
    return await repository.list_with_code(session, code, limit)


async def explain_hold(session: AsyncSession, lot: Lot) -> Text | None:
    """Say why a lot is held, naming the spray or treatment and the first clear day; None when it is not held."""
    return await holding.explain_hold(session, lot)


async def close_books(session: AsyncSession, producer_id: UUID) -> None:
    """Let nobody make, split or merge lots of a producer until the end of the transaction, and wait for those who do."""
    await repository.close_books(session, producer_id)


# ---------------------------------------------------------------- making


async def create_lot(
    session: AsyncSession,
    *,
    producer_id: UUID,
    variant_id: UUID,
    sources: Sequence[SourcePart],
    quantity_g: int,
    produced_on: date,
    person_id: UUID,
    now: datetime,
    lot_id: UUID | None = None,
    helper_id: UUID | None = None,
    is_flagged: bool = False,
    household_id: UUID | None = None,
) -> Lot:
    """Make a lot of `quantity_g` grams of one pack out of harvests and weigh slips; it is released or held at once.

    `household_id`: of whose slips alone it may be made; None: of everybody's.

    With a `lot_id` that made a lot before (even at this very instant) that lot is answered, and nothing is taken.
    Raises `NoSourceError`, `SourceNotFoundError`, `SourceRepeatedError`, `WrongCropError`, `DayError`,
    `YieldExceededError`, `SourceExhaustedError`, `BundleLotError`, and the listings' own for a pack of somebody else.
    """
    if lot_id is not None:
        await repository.lock_id(session, lot_id)
        if await repository.find_lot(session, lot_id) is not None:
            return await get_own_lot(session, lot_id=lot_id, producer_id=producer_id)
    await repository.share_books(session, producer_id)
    variant = await listings.get_variant(session, variant_id)
    listing = await listings.get_own_listing(session, listing_id=variant.listing_id, producer_id=producer_id)
    if variant.is_bundle:
        raise BundleLotError
    taken = await choosing.choose(session, producer_id, sources, household_id=household_id)
    choosing.check_day(taken, produced_on, now)
    for source, _grams in taken:
        if source.crop is not listing.crop:
            raise WrongCropError(source.label)
    await choosing.check_yield(session, listing.crop, taken, quantity_g, produced_on)
    for source, grams in sorted(taken, key=lambda pair: pair[0].root_id):
        await repository.open_balance(session, source.root_id, source.quantity_g)
        if not await repository.take_from_balance(session, source.root_id, grams):
            used = (await repository.list_used(session, [source.root_id]))[source.root_id]
            left_g = max(source.quantity_g - used, 0)
            raise SourceExhaustedError(source.label, format_grams(left_g), left_g)
    lot = await codes.insert_lot(
        session,
        {
            "id": lot_id or uuid7(),
            "producer_id": producer_id,
            "variant_id": variant.id,
            "gtin": variant.gtin,
            "quantity_g": quantity_g,
            "produced_on": produced_on,
            "expires_on": produced_on + timedelta(days=listing.shelf_life_days),
            "created_by_id": person_id,
            "helper_id": helper_id,
            "is_flagged": is_flagged,
            "created_at": now,
        },
    )
    for source, grams in taken:
        is_slip = source.kind is SourceKind.INTAKE
        session.add(
            LotSource(
                lot_id=lot.id,
                diary_entry_id=None if is_slip else source.source_id,
                intake_slip_id=source.source_id if is_slip else None,
                quantity_g=grams,
                created_at=now,
            )
        )
    await session.flush()
    await emit(session, LotMade(lot_id=lot.id, made_at=now))
    await holding.settle(session, lot, now)
    return lot


async def recheck_lot(session: AsyncSession, *, lot_id: UUID, now: datetime) -> Lot:
    """Look at the diary again: hold a lot whose harvest stands inside an interval, release one that does not.

    Lots that it came from and that became of it are looked at as well. Raises `LotNotFoundError`, and `TransitionError`
    when the lot was recalled or is used up.
    """
    lot = (await holding.settle_family(session, [lot_id], now)).get(lot_id)
    if lot is None:
        raise LotNotFoundError
    if lot.state not in OPEN:
        raise TransitionError(code=lot.code)
    return lot


async def release_due(session: AsyncSession, *, now: datetime) -> int:
    """Look again at every held lot, in the order of ids; answers how many were released.

    Waiting alone never frees a harvest made inside an interval; a corrected diary or a water diary that
    arrived later (degree-days) may.
    """
    released = 0
    after: UUID | None = None
    while batch := await repository.list_lot_ids(session, LotState.HELD, after, _BATCH):
        for lot_id in batch:
            lot = await recheck_lot(session, lot_id=lot_id, now=now)
            released += lot.state is LotState.RELEASED
        after = batch[-1]
    return released


async def on_entry_recorded(session: AsyncSession, event: EntryRecorded) -> None:
    """Look again at the lots from this site: an entry may arrive from the hills days after the harvest was sold."""
    entry = (await diaries.get_entries(session, [event.entry_id]))[event.entry_id]
    may_change = entry.kind in _DECIDING or event.corrects_id is not None
    if may_change:  # a lot that is being made of this site's leaf is seen here, or sees this entry
        await repository.close_books(session, entry.producer_id)
    lot_ids = await repository.list_lot_ids_of_site(session, event.site_id)
    if may_change and lot_ids:
        await holding.settle_family(session, lot_ids, entry.received_at)
    for lot_id in lot_ids:
        await emit(session, LotChanged(lot_id=lot_id))


# ---------------------------------------------------------------- labels


async def take_for_labels(session: AsyncSession, *, lot: Lot, variant: Variant, count: int) -> None:
    """Take the weight of `count` labels from a lot; raises `LotHeldError`, `LotClosedError`, `LabelsExceededError`."""
    if await repository.take_for_labels(session, lot.id, count * variant.net_weight_g):
        return
    current = await get_lot(session, lot.id)
    if current.state is LotState.HELD:
        reason = await explain_hold(session, current)
        raise LotHeldError(code=current.code, reason=reason or _("Bạn xem lại sổ ghi chép."))
    if current.state is not LotState.RELEASED:
        raise LotClosedError(code=current.code, is_recalled=current.state is LotState.RECALLED)
    raise LabelsExceededError(
        code=current.code,
        wanted=count,
        left=current.left_g // variant.net_weight_g,
        weight=format_grams(current.left_g),
        sources=[source.label for _row, source in await list_standing_sources(session, current) if source],
    )


async def give_back_labels(session: AsyncSession, *, lot_id: UUID, grams: int) -> None:
    """Give a lot the weight of spoilt labels back, so that new ones may be printed."""
    await repository.give_back_labels(session, lot_id, grams)
