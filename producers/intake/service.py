"""Intake: the cooperative buys from its members; a slip is the household's settlement and the lot's source at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.events import emit
from app.core.ids import uuid7
from app.core.quantity import GRAMS_PER_KILOGRAM
from producers.farms import service as farms
from producers.farms.models import Crop
from producers.intake import repository
from producers.intake.errors import (
    InFutureError,
    NoPriceError,
    PhotoThereError,
    SlipCorrectedError,
    SlipNotFoundError,
    WrongGradeError,
)
from producers.intake.events import SlipRecorded
from producers.intake.models import Grade, IntakeSlip
from producers.intake.schemas import NewSlip

_AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class Totals:
    """What some slips come to: how many, grams, đồng."""

    count: int
    weight_g: int
    amount_minor: int


def amount_of(weight_g: int, price_per_kg_minor: int) -> int:
    """Grams times đồng per kilo, in đồng, half a đồng rounded up."""
    return (2 * weight_g * price_per_kg_minor + GRAMS_PER_KILOGRAM) // (2 * GRAMS_PER_KILOGRAM)


def total(slips: Sequence[IntakeSlip]) -> Totals:
    """Add slips up."""
    return Totals(len(slips), sum(slip.weight_g for slip in slips), sum(slip.amount_minor for slip in slips))


async def record_slip(
    session: AsyncSession,
    *,
    slip: NewSlip,
    person_id: UUID,
    now: datetime,
    helper_id: UUID | None = None,
    is_flagged: bool = False,
) -> IntakeSlip:
    """Record a slip, or answer the first result when this id was recorded before (even at this very instant).

    A correction (`corrects_id`) takes the earlier slip's place and keeps its photo unless it brings one; `helper_id` is
    who wrote it for the person, `is_flagged` that the mandate was over when it came. Raises
    `WrongGradeError`, `InFutureError` (more than a day ahead), `SiteNotFoundError`; for a correction
    `SlipNotFoundError`, `SlipCorrectedError`.
    """
    site = await farms.get_site(session, slip.site_id)
    producer_id = (await farms.get_farm(session, site.farm_id)).producer_id
    known = await repository.find_slip(session, slip.id)
    if known is not None:
        return _own(known, producer_id)
    if (slip.grade is Grade.FISH) == (site.crop is Crop.TEA):
        raise WrongGradeError
    if slip.weighed_at > now + _AHEAD:
        raise InFutureError
    photo_id = slip.photo_id
    if slip.corrects_id is not None:
        original = await get_slip(session, slip_id=slip.corrects_id, producer_id=producer_id)
        # Not for itself: the first sending of this very slip may have come in since we looked.
        await _refuse_second_correction(session, original.id, unless=slip.id)
        photo_id = photo_id or original.photo_id
    values = {
        "id": slip.id,
        "producer_id": producer_id,
        "farm_id": site.farm_id,
        "site_id": site.id,
        "recorded_by_id": person_id,
        "weight_g": slip.weight_g,
        "grade": slip.grade,
        "price_per_kg_minor": slip.price_per_kg_minor,
        "amount_minor": amount_of(slip.weight_g, slip.price_per_kg_minor),
        "place": slip.place,
        "photo_id": photo_id,
        "weighed_at": slip.weighed_at,
        "recorded_at": slip.recorded_at or now,
        "received_at": now,
        "corrects_id": slip.corrects_id,
        "helper_id": helper_id,
        "is_flagged": is_flagged,
    }
    if await repository.insert_slip(session, values):
        await emit(session, SlipRecorded(slip_id=slip.id, recorded_at=now))
    elif slip.corrects_id is not None:
        await _refuse_second_correction(session, slip.corrects_id, unless=slip.id)
    return await get_slip(session, slip_id=slip.id, producer_id=producer_id)


def _own(slip: IntakeSlip, producer_id: UUID) -> IntakeSlip:
    if slip.producer_id != producer_id:
        raise SlipNotFoundError
    return slip


async def _refuse_second_correction(session: AsyncSession, slip_id: UUID, *, unless: UUID) -> None:
    newer = await repository.find_correction(session, slip_id)
    if newer is not None and newer.id != unless:
        raise SlipCorrectedError(newer.id, newer.weight_g, newer.amount_minor)


async def get_slip(session: AsyncSession, *, slip_id: UUID, producer_id: UUID) -> IntakeSlip:
    """Get a slip of this producer; another producer's does not exist for them (`SlipNotFoundError`)."""
    slip = await repository.find_slip(session, slip_id)
    if slip is None:
        raise SlipNotFoundError
    return _own(slip, producer_id)


async def get_slip_of(
    session: AsyncSession, *, slip_id: UUID, producer_id: UUID, person_id: UUID, weighs: bool
) -> IntakeSlip:
    """Get a slip of a person's own farm or, if they weigh, one that they wrote or that took the place of such a one.

    Another household's does not exist for them (`SlipNotFoundError`).
    """
    slip = await get_slip(session, slip_id=slip_id, producer_id=producer_id)
    if not await _keep_readable(session, [slip], person_id=person_id, weighs=weighs):
        raise SlipNotFoundError
    return slip


async def _keep_readable(
    session: AsyncSession, slips: Sequence[IntakeSlip], *, person_id: UUID, weighs: bool
) -> list[IntakeSlip]:
    homes = await farms.get_farms(session, {slip.farm_id for slip in slips})
    written = await _list_written(session, slips, person_id) if weighs else set()
    return [slip for slip in slips if homes[slip.farm_id].owner_id == person_id or slip.id in written]


async def _list_written(session: AsyncSession, slips: Sequence[IntakeSlip], person_id: UUID) -> set[UUID]:
    """The slips that this person wrote, or of whose chain of corrections they wrote an earlier one."""
    written: set[UUID] = set()
    links = {slip.id: slip for slip in slips}
    while links:
        written |= {slip_id for slip_id, link in links.items() if link.recorded_by_id == person_id}
        earlier = {
            slip_id: link.corrects_id
            for slip_id, link in links.items()
            if slip_id not in written and link.corrects_id is not None
        }
        found = await get_slips(session, set(earlier.values()))
        links = {slip_id: found[corrects_id] for slip_id, corrects_id in earlier.items()}
    return written


async def get_slips(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, IntakeSlip]:
    """Get several slips by id, corrected or not, in one query; ids that are unknown are left out."""
    return {slip.id: slip for slip in await repository.list_slips_by_id(session, ids)}


async def find_slip(session: AsyncSession, *, slip_id: UUID, producer_id: UUID) -> IntakeSlip | None:
    """Find a slip of this producer."""
    slip = await repository.find_slip(session, slip_id)
    return slip if slip is not None and slip.producer_id == producer_id else None


async def find_correction(session: AsyncSession, slip_id: UUID) -> IntakeSlip | None:
    """Find the slip that stands in this one's place."""
    return await repository.find_correction(session, slip_id)


async def find_photo_id(session: AsyncSession, slip: IntakeSlip) -> UUID | None:
    """Find the photo of the scale: the slip's own, the one that followed it, or that of the slip which it corrects."""
    shown = slip.photo_id or await repository.find_late_photo(session, slip.id)
    if shown is None and slip.corrects_id is not None:
        original = await repository.find_slip(session, slip.corrects_id)
        assert original is not None  # noqa: S101 - a foreign key
        return await find_photo_id(session, original)
    return shown


async def attach_photo(
    session: AsyncSession, *, slip_id: UUID, person_id: UUID, photo_id: UUID, now: datetime
) -> None:
    """Add the photo that arrived after the slip's words; a repeat changes nothing.

    Raises `SlipNotFoundError` when this person did not weigh it, `PhotoThereError` when it has another photo.
    """
    slip = await repository.find_slip(session, slip_id)
    if slip is None or slip.recorded_by_id != person_id:
        raise SlipNotFoundError
    if slip.photo_id is None:
        await repository.insert_late_photo(session, slip_id=slip_id, photo_id=photo_id, now=now)
    there = slip.photo_id or await repository.find_late_photo(session, slip_id)
    if there != photo_id:
        raise PhotoThereError


async def list_slips(
    session: AsyncSession,
    *,
    producer_id: UUID,
    limit: int,
    owner_id: UUID | None = None,
    written_by_id: UUID | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
) -> list[IntakeSlip]:
    """List the slips that hold (corrected ones left out), the newest first.

    `owner_id`: of this household alone; `written_by_id`: of this person's hand alone; `since` (included) and `before`
    (not included) bound the weighing.
    """
    found = await repository.list_effective(
        session,
        producer_id=producer_id,
        limit=limit,
        owner_id=owner_id,
        written_by_id=written_by_id,
        since=since,
        before=before,
    )
    return list(found)


async def list_slips_of(
    session: AsyncSession,
    *,
    producer_id: UUID,
    person_id: UUID,
    weighs: bool,
    limit: int,
    since: datetime,
    before: datetime,
) -> list[IntakeSlip]:
    """List the slips that hold and that `get_slip_of` gives to this person, the newest first."""
    owner_id = None if weighs else person_id
    found = await list_slips(
        session, producer_id=producer_id, limit=limit, owner_id=owner_id, since=since, before=before
    )
    return await _keep_readable(session, found, person_id=person_id, weighs=weighs)


async def list_helped(
    session: AsyncSession, *, person_id: UUID, helper_id: UUID | None, since: datetime | None, limit: int
) -> list[IntakeSlip]:
    """List the slips that helpers (or one of them) wrote for a person, corrections too, the latest to arrive first.

    `since`: arrived after that instant.
    """
    found = await repository.list_helped(
        session, person_id=person_id, helper_id=helper_id, since=since, limit=limit
    )
    return list(found)


async def sum_weighed(session: AsyncSession, site_ids: Collection[UUID]) -> dict[tuple[UUID, date], int]:
    """Sum what was weighed in from each site on each day (Viet Nam's), grams, corrections applied; one query."""
    sums: dict[tuple[UUID, date], int] = defaultdict(int)
    for site_id, weighed_at, grams in await repository.list_effective_of_sites(session, site_ids):
        sums[site_id, today(weighed_at)] += grams
    return sums


async def set_price(
    session: AsyncSession,
    *,
    producer_id: UUID,
    grade: Grade,
    price_per_kg_minor: int,
    valid_from: date,
    person_id: UUID,
    now: datetime,
) -> None:
    """Keep what a kilo of a grade costs from a day on (đồng); the same day again replaces it. Slips keep their own price."""
    values = {
        "id": uuid7(),
        "producer_id": producer_id,
        "grade": grade,
        "valid_from": valid_from,
        "price_per_kg_minor": price_per_kg_minor,
        "set_by_id": person_id,
        "created_at": now,
    }
    await repository.save_price(session, values)


async def list_prices(session: AsyncSession, *, producer_id: UUID, on: date) -> dict[Grade, int]:
    """List what a kilo of each grade costs on a day (đồng); grades that nobody priced are left out."""
    return await repository.list_prices(session, producer_id, on)


async def list_prices_in(
    session: AsyncSession, *, producer_id: UUID, since: date, until: date
) -> dict[Grade, list[tuple[date, int]]]:
    """List what a kilo of each grade cost on some days, both counted: (from which day, đồng), the oldest first.

    The first is the price that held when they began. Grades that nobody priced by then are left out.
    """
    found: dict[Grade, list[tuple[date, int]]] = defaultdict(list)
    for price in await repository.list_prices_until(session, producer_id, until):
        if price.valid_from <= since:
            found[price.grade].clear()
        found[price.grade].append((price.valid_from, price.price_per_kg_minor))
    return dict(found)


async def get_price(session: AsyncSession, *, producer_id: UUID, grade: Grade, on: date) -> int:
    """Get what a kilo of a grade costs on a day (đồng); raises `NoPriceError`."""
    price = (await list_prices(session, producer_id=producer_id, on=on)).get(grade)
    if price is None:
        raise NoPriceError
    return price
