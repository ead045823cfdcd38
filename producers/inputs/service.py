"""Inputs: registered products, and how long to wait after each before harvest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from app.core.text import sort_key
from producers.farms.models import Crop
from producers.inputs import repository
from producers.inputs.errors import InputNotFoundError, UnitMisfitError
from producers.inputs.models import Input, InputInterval, InputKind, LimitUnit
from producers.inputs.schemas import Label, NewInput, read_code

LIMIT_UNITS = {
    InputKind.PESTICIDE: (
        LimitUnit.ML_PER_LITRE, LimitUnit.G_PER_LITRE, LimitUnit.ML_PER_HA, LimitUnit.G_PER_HA,
    ),
    InputKind.DRUG: (LimitUnit.G_PER_KG_FEED, LimitUnit.ML_PER_M3, LimitUnit.G_PER_M3),
}  # fmt: skip
"""In which units the label of each sort of product may limit its dose; other sorts have no such limit."""
_LABEL = set(Label.model_fields)


async def list_inputs(
    session: AsyncSession, *, producer_id: UUID, kinds: Collection[InputKind] = tuple(InputKind)
) -> list[Input]:
    """List what a producer may use (its own and the house's), by name as in the dictionary."""
    found = [one for one in await repository.list_inputs(session, producer_id) if one.kind in kinds]
    return sorted(found, key=lambda one: (sort_key(one.name), one.id))


async def get_input(session: AsyncSession, *, input_id: UUID, producer_id: UUID) -> Input:
    """Get an input that this producer may use; raises `InputNotFoundError`."""
    found = await session.get(Input, input_id)
    if found is None or found.producer_id not in {None, producer_id}:
        raise InputNotFoundError
    return found


async def get_inputs(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Input]:
    """Get several inputs by id in one query; ids that are unknown are left out."""
    return {one.id: one for one in await repository.list_inputs_by_id(session, ids)}


async def create_input(
    session: AsyncSession,
    *,
    producer_id: UUID | None,
    product: NewInput,
    now: datetime,
    photo_id: UUID | None = None,
    input_id: UUID | None = None,
) -> Input:
    """Keep an input with its interval, if the label names one; `producer_id` None makes it known to the whole house.

    With an `input_id` that made one before that one is answered. Raises `UnitMisfitError` when the label's dose is not
    of this sort of product, `InputNotFoundError` for an id of somebody else's.
    """
    _check_unit(product.kind, product)
    wanted = input_id or uuid7()
    values = {
        "id": wanted,
        "producer_id": producer_id,
        "created_at": now,
        "photo_id": photo_id,
        **product.model_dump(include={"kind", "name", "active_ingredient", "registration"} | _LABEL),
    }
    is_new = await repository.insert_input(session, values)
    made = await session.get_one(Input, wanted)
    if made.producer_id != producer_id:
        raise InputNotFoundError
    if not is_new:
        return made
    if product.crop is not None and (product.days is not None or product.degree_days is not None):
        await add_interval(
            session,
            input_id=made.id,
            crop=product.crop,
            days=product.days,
            degree_days=product.degree_days,
            now=now,
        )
    return made


async def complete_input(
    session: AsyncSession, *, input_id: UUID, producer_id: UUID, label: Label, photo_id: UUID | None = None
) -> Input:
    """Write down what else the label of one's own product says; without `photo_id` the photo stays.

    What was recorded with it before keeps the warnings that it got then. The wait is not changed so: another label is
    another product. Raises `InputNotFoundError` (also for what belongs to the whole house), `UnitMisfitError`.
    """
    kept = await get_own_input(session, input_id=input_id, producer_id=producer_id)
    _check_unit(kept.kind, label)
    for name in _LABEL:
        setattr(kept, name, getattr(label, name))
    kept.photo_id = photo_id or kept.photo_id
    await session.flush()
    return kept


async def get_own_input(session: AsyncSession, *, input_id: UUID, producer_id: UUID) -> Input:
    """Get a product that this producer added itself; raises `InputNotFoundError`."""
    kept = await get_input(session, input_id=input_id, producer_id=producer_id)
    if kept.producer_id is None:
        raise InputNotFoundError
    return kept


def _check_unit(kind: InputKind, label: Label) -> None:
    if label.max_dose_unit is not None and label.max_dose_unit not in LIMIT_UNITS.get(kind, ()):
        raise UnitMisfitError


async def find_by_code(session: AsyncSession, *, producer_id: UUID, code: str) -> Input | None:
    """Find what a producer may use by the code on its pack (8 to 14 digits); its own before the house's."""
    whole = read_code(code)
    return None if whole is None else await repository.find_by_code(session, producer_id, whole)


async def add_interval(
    session: AsyncSession,
    *,
    input_id: UUID,
    crop: Crop,
    now: datetime,
    days: int | None = None,
    degree_days: int | None = None,
) -> InputInterval:
    """Keep the wait for one crop: exactly one of `days` and `degree_days` (sum of daily mean °C)."""
    made = InputInterval(input_id=input_id, crop=crop, days=days, degree_days=degree_days, created_at=now)
    session.add(made)
    await session.flush()
    return made


async def list_intervals(
    session: AsyncSession, input_ids: Collection[UUID]
) -> dict[UUID, list[InputInterval]]:
    """List the intervals of each input, by crop; one query."""
    found: dict[UUID, list[InputInterval]] = defaultdict(list)
    for interval in await repository.list_intervals(session, input_ids):
        found[interval.input_id].append(interval)
    return found


async def find_intervals(
    session: AsyncSession, *, input_ids: Collection[UUID], crop: Crop
) -> dict[UUID, InputInterval]:
    """Find the interval of each input for one crop, for those that have one; one query."""
    return {one.input_id: one for one in await repository.list_intervals_for(session, input_ids, crop)}
