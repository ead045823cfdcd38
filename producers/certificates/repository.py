"""Selects of certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from producers.certificates.models import Certificate


async def insert_certificate(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert a certificate; False when its id is there."""
    statement = insert(Certificate).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(Certificate.id)) is not None


async def list_certificates(session: AsyncSession, producer_id: UUID) -> Sequence[Certificate]:
    """Select a producer's certificates, the one that ends last first."""
    statement = (
        select(Certificate)
        .where(Certificate.producer_id == producer_id)
        .order_by(Certificate.valid_until.desc(), Certificate.id)
    )
    return (await session.scalars(statement)).all()
