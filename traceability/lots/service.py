"""Lots: a quantity of one product with one history. The rules stand in BALANCE.md beside this file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import in_vietnam, today
from app.core.events import emit
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.quantity import format_grams
from app.core.text import fold
from producers.cooperatives import service as cooperatives
from producers.diaries import service as diaries
from producers.diaries.events import EntryRecorded
from producers.diaries.models import EntryKind
from producers.farms.models import Crop
from producers.listings import service as listings
from producers.listings.models import Variant
from traceability.lots import repository, sources
from traceability.lots.errors import (
    DayError,
    LabelsExceededError,
    LotClosedError,
    LotHeldError,
    LotNotFoundError,
    NoSourceError,
    SourceExhaustedError,
    SourceNotFoundError,
    SourceRepeatedError,
    TransitionError,
    WrongCropError,
    YieldExceededError,
    hold_reason,
)
from traceability.lots.events import LotChanged, LotHeld, LotMade, LotRecalled, LotReleased
from traceability.lots.models import Lot, LotSource, LotState
from traceability.lots.schemas import SourceKind, SourcePart
from traceability.lots.sources import Source

TRANSITIONS: Mapping[LotState, frozenset[LotState]] = {
    LotState.HELD: frozenset({LotState.RELEASED, LotState.RECALLED}),
    LotState.RELEASED: frozenset({LotState.HELD, LotState.RECALLED, LotState.EXHAUSTED}),
    LotState.RECALLED: frozenset(),
    LotState.EXHAUSTED: frozenset({LotState.RECALLED}),
}
_DECIDING = frozenset({EntryKind.SPRAY, EntryKind.TREAT, EntryKind.FERTILISE, EntryKind.WATER})
_INPUT_FOR_1000 = 1_000
_BATCH = 200
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_PLAIN_WORDS = frozenset(
    [
        "htx",
        "hop",
        "tac",
        "xa",
        "che",
        "tra",
        "ca",
        "cong",
        "ty",
        "tnhh",
        "ho",
        "kinh",
        "doanh",
        "co",
        "so",
        "san",
        "xuat",
        "nong",
        "dan",
    ]
)


@dataclass(frozen=True)
class _Hold:
    """What holds a lot: a spray or treatment and its first clear day; neither when a harvest was taken back."""

    entry_id: UUID | None
    clear_on: date | None


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
    session: AsyncSession, entry_ids: Collection[UUID], slip_ids: Collection[UUID]
) -> list[Lot]:
    """List the lots that took something of these harvests or weigh slips."""
    return await repository.list_made_of(session, entry_ids, slip_ids)


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
    _transition(lot, LotState.RECALLED)
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
    """List what went into lots: diary entries and slips with their grams."""
    return await repository.list_sources(session, lot_ids)


async def list_open_sources(session: AsyncSession, producer_id: UUID, *, crop: Crop | None) -> list[Source]:
    """List harvests and slips that still hold something, the newest first; of one crop when it is named."""
    found = await sources.list_open(session, producer_id)
    return [source for source in found if crop is None or source.crop is crop]


async def list_standing_sources(session: AsyncSession, lot: Lot) -> list[tuple[LotSource, Source | None]]:
    """List what went into a lot with each source as it stands after corrections (None: taken back)."""
    rows = await repository.list_sources(session, [lot.id])
    standing = await _standing(session, lot.producer_id, rows)
    return [(row, standing.get(_source_id(row))) for row in rows]


async def list_standing_of(
    session: AsyncSession, *, producer_id: UUID, lot_ids: Collection[UUID]
) -> dict[UUID, list[tuple[LotSource, Source | None]]]:
    """List as `list_standing_sources` does, for several lots of one producer at once, by the lot's id."""
    rows = await repository.list_sources(session, lot_ids)
    standing = await _standing(session, producer_id, rows)
    found: dict[UUID, list[tuple[LotSource, Source | None]]] = {lot_id: [] for lot_id in lot_ids}
    for row in rows:
        found[row.lot_id].append((row, standing.get(_source_id(row))))
    return found


async def list_with_code(session: AsyncSession, code: str, *, limit: int = 20) -> list[Lot]:
    """List the lots that carry a code, whosever and of whichever product, the newest first."""
    return await repository.list_with_code(session, code, limit)


async def explain_hold(session: AsyncSession, lot: Lot) -> Text | None:
    """Say why a lot is held, naming the spray or treatment and the first clear day; None when it is not held."""
    if lot.state is not LotState.HELD:
        return None
    if lot.held_by_entry_id is None or lot.held_until is None:
        return _("Mẻ thu hoạch làm ra lô này đã bị rút khỏi sổ.")
    for row in await repository.list_sources(session, [lot.id]):
        source = (await _standing(session, lot.producer_id, [row])).get(_source_id(row))
        if source is None:
            continue
        hold = await diaries.find_hold(session, site_id=source.site.id, harvested_at=source.harvested_at)
        if hold is not None and hold.entry_id == lot.held_by_entry_id:
            return hold_reason(hold)
    return _("Sổ ghi chép vừa được sửa. Bạn bấm xem lại để biết lô này đã được bán chưa.")


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
) -> Lot:
    """Make a lot of `quantity_g` grams of one pack out of harvests and weigh slips; it is released or held at once.

    With a `lot_id` that made a lot before (even at this very instant) that lot is answered, and nothing is taken.
    Raises `NoSourceError`, `SourceNotFoundError`, `SourceRepeatedError`, `WrongCropError`, `DayError`,
    `YieldExceededError`, `SourceExhaustedError`, and the listings' own for a pack of somebody else.
    """
    if lot_id is not None:
        await repository.lock_id(session, lot_id)
        if await repository.find_lot(session, lot_id) is not None:
            return await get_own_lot(session, lot_id=lot_id, producer_id=producer_id)
    variant = await listings.get_variant(session, variant_id)
    listing = await listings.get_own_listing(session, listing_id=variant.listing_id, producer_id=producer_id)
    taken = await _choose(session, producer_id, sources)
    _check_day(taken, produced_on, now)
    for source, _grams in taken:
        if source.crop is not listing.crop:
            raise WrongCropError(source.label)
    await _check_yield(session, listing.crop, taken, quantity_g, produced_on)
    for source, grams in sorted(taken, key=lambda pair: pair[0].root_id):
        await repository.open_balance(session, source.root_id, source.quantity_g)
        if not await repository.take_from_balance(session, source.root_id, grams):
            used = (await repository.list_used(session, [source.root_id]))[source.root_id]
            left_g = max(source.quantity_g - used, 0)
            raise SourceExhaustedError(source.label, format_grams(left_g), left_g)
    lot = await _insert(
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
    await _settle(session, lot, now)
    return lot


async def recheck_lot(session: AsyncSession, *, lot_id: UUID, now: datetime) -> Lot:
    """Look at the diary again: hold a lot whose harvest stands inside an interval, release one that does not.

    Raises `LotNotFoundError`, and `TransitionError` when the lot was recalled or is used up.
    """
    lot = await repository.lock_lot(session, lot_id)
    if lot is None:
        raise LotNotFoundError
    await _settle(session, lot, now)
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
    for lot_id in await repository.list_lot_ids_of_site(session, event.site_id):
        if may_change:
            await recheck_lot(session, lot_id=lot_id, now=entry.received_at)
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
    left_g = current.quantity_g - current.labelled_g
    raise LabelsExceededError(
        code=current.code, wanted=count, left=left_g // variant.net_weight_g, weight=format_grams(left_g)
    )


async def give_back_labels(session: AsyncSession, *, lot_id: UUID, grams: int) -> None:
    """Give a lot the weight of spoilt labels back, so that new ones may be printed."""
    await repository.give_back_labels(session, lot_id, grams)


# ---------------------------------------------------------------- inside


def _source_id(row: LotSource) -> UUID:
    found = row.diary_entry_id or row.intake_slip_id
    assert found is not None  # noqa: S101 - the table's own check says so
    return found


async def _standing(
    session: AsyncSession, producer_id: UUID, rows: Sequence[LotSource]
) -> dict[UUID, Source]:
    return await sources.list_effective(
        session,
        producer_id=producer_id,
        entry_ids=[row.diary_entry_id for row in rows if row.diary_entry_id],
        slip_ids=[row.intake_slip_id for row in rows if row.intake_slip_id],
    )


async def _choose(
    session: AsyncSession, producer_id: UUID, parts: Sequence[SourcePart]
) -> list[tuple[Source, int]]:
    """Read the chosen sources as they stand; each once, each with grams above nothing."""
    if not parts or any(part.quantity_g <= 0 for part in parts):
        raise NoSourceError
    found = await sources.list_effective(
        session,
        producer_id=producer_id,
        entry_ids=[part.source_id for part in parts if part.kind is SourceKind.HARVEST],
        slip_ids=[part.source_id for part in parts if part.kind is SourceKind.INTAKE],
    )
    taken: list[tuple[Source, int]] = []
    seen: set[UUID] = set()
    for part in parts:
        source = found.get(part.source_id)
        if source is None:
            raise SourceNotFoundError
        if source.root_id in seen:
            raise SourceRepeatedError(source.label)
        seen.add(source.root_id)
        taken.append((source, part.quantity_g))
    return taken


def _check_day(taken: Sequence[tuple[Source, int]], produced_on: date, now: datetime) -> None:
    if produced_on > today(now):
        raise DayError(_("Ngày làm ra hàng chưa tới. Bạn xem lại ngày giúp nhé."))
    for source, _grams in taken:
        if in_vietnam(source.harvested_at).date() > produced_on:
            raise DayError(
                _("%(source)s có sau ngày làm ra hàng. Bạn xem lại ngày giúp nhé.", source=source.label)
            )


async def _check_yield(
    session: AsyncSession, crop: Crop, taken: Sequence[tuple[Source, int]], quantity_g: int, on: date
) -> None:
    """Refuse more goods than these inputs can make, by the band in force (without one: not more than went in)."""
    band = await repository.find_band(session, crop, on)
    least = band.min_in_per_1000_out if band else _INPUT_FOR_1000
    input_g = sum(grams for _source, grams in taken)
    most_g = input_g * 1_000 // least
    if quantity_g > most_g:
        raise YieldExceededError(
            sources=_join([source.label for source, _grams in taken]),
            input_weight=format_grams(input_g),
            output_weight=format_grams(quantity_g),
            most=format_grams(most_g),
            most_g=most_g,
        )


def _join(labels: Sequence[Text]) -> Text:
    joined = labels[0]
    for label in labels[1:]:
        joined = _("%(first)s, %(next)s", first=joined, next=label)
    return joined


async def _insert(session: AsyncSession, row: dict[str, Any]) -> Lot:
    """Insert the lot, held until it is settled, under the first free code of its day."""
    producer = await cooperatives.get_producer(session, row["producer_id"])
    stem = f"{_initials(producer.name)}{row['produced_on']:%y%m%d}"
    row |= {"labelled_g": 0, "state": LotState.HELD}
    number = 0
    while await repository.insert_lot(session, row | {"code": stem + _suffix(number)}) is None:
        number += 1
    return await get_lot(session, row["id"])


def _initials(name: str) -> str:
    """Two or three letters of a producer's name without the words that all share: "HTX Chè Tân Cương" -> "TC"."""
    words = ["".join(char for char in word if char.isalnum()) for word in fold(name).split()]
    own = [word for word in words if word and word.isascii() and word not in _PLAIN_WORDS]
    return "".join(word[0] for word in own[:3]).upper() or "CP"


def _suffix(number: int) -> str:
    """The letters behind the day: A to Z without I and O, then AA, AB and so on."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return letters


async def _find_hold(session: AsyncSession, lot: Lot) -> _Hold | None:
    """The interval that clears last among those in which something of this lot was harvested."""
    rows = await repository.list_sources(session, [lot.id])
    standing = await _standing(session, lot.producer_id, rows)
    worst: tuple[UUID, date] | None = None
    for row in rows:
        source = standing.get(_source_id(row))
        if source is None:
            return _Hold(None, None)
        hold = await diaries.find_hold(session, site_id=source.site.id, harvested_at=source.harvested_at)
        if hold and (worst is None or hold.clear_on > worst[1]):
            worst = (hold.entry_id, hold.clear_on)
    return _Hold(*worst) if worst else None


def _transition(lot: Lot, to: LotState) -> None:
    if lot.state is not to and to not in TRANSITIONS[lot.state]:
        raise TransitionError(code=lot.code)
    lot.state = to


async def _settle(session: AsyncSession, lot: Lot, now: datetime) -> None:
    """Put a lot into the state that the diary asks for, and announce what changed."""
    hold = await _find_hold(session, lot)
    before = (lot.state, lot.held_by_entry_id, lot.held_until)
    if hold is None:
        _transition(lot, LotState.RELEASED)
        lot.held_by_entry_id, lot.held_until = None, None
        lot.released_at = lot.released_at or now
    else:
        _transition(lot, LotState.HELD)
        lot.held_by_entry_id, lot.held_until = hold.entry_id, hold.clear_on
    await session.flush()
    if before == (lot.state, lot.held_by_entry_id, lot.held_until):
        return
    if hold is None:
        await emit(
            session,
            LotReleased(
                lot_id=lot.id, variant_id=lot.variant_id, quantity_g=lot.quantity_g, expires_on=lot.expires_on
            ),
        )
    else:
        await emit(session, LotHeld(lot_id=lot.id, clear_on=hold.clear_on or lot.produced_on))
    await emit(session, LotChanged(lot_id=lot.id))
