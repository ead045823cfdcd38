"""Selects of inputs and their intervals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from producers.farms.models import Crop
from producers.inputs.models import Input, InputInterval


async def insert_input(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert an input; False when its id is there."""
    statement = insert(Input).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(Input.id)) is not None


async def list_inputs(session: AsyncSession, producer_id: UUID) -> Sequence[Input]:
    """Select what a producer may use: its own and those known to the whole house."""
    statement = select(Input).where(or_(Input.producer_id == producer_id, Input.producer_id.is_(None)))
    return (await session.scalars(statement)).all()


async def list_inputs_by_id(session: AsyncSession, ids: Collection[UUID]) -> Sequence[Input]:
    """Select several inputs."""
    return (await session.scalars(select(Input).where(Input.id.in_(ids)))).all()


async def find_by_code(session: AsyncSession, producer_id: UUID, pack_code: str) -> Input | None:
    """Select what a producer may use by the pack's code: its own first, of several the one that was kept last."""
    statement = (
        select(Input)
        .where(
            Input.pack_code == pack_code,
            or_(Input.producer_id == producer_id, Input.producer_id.is_(None)),
        )
        .order_by(Input.producer_id.is_(None), Input.created_at.desc(), Input.id.desc())
        .limit(1)
    )
    return await session.scalar(statement)


async def list_intervals(session: AsyncSession, input_ids: Collection[UUID]) -> Sequence[InputInterval]:
    """Select the intervals of several inputs, by crop."""
    statement = (
        select(InputInterval).where(InputInterval.input_id.in_(input_ids)).order_by(InputInterval.crop)
    )
    return (await session.scalars(statement)).all()


async def list_intervals_for(
    session: AsyncSession, input_ids: Collection[UUID], crop: Crop
) -> Sequence[InputInterval]:
    """Select the intervals of several inputs for one crop."""
    statement = select(InputInterval).where(InputInterval.input_id.in_(input_ids), InputInterval.crop == crop)
    return (await session.scalars(statement)).all()
