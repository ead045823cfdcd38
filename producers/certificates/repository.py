"""Selects of certificates."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from producers.certificates.models import Certificate


async def list_certificates(session: AsyncSession, producer_id: UUID) -> Sequence[Certificate]:
    """Select a producer's certificates, the one that ends last first."""
    statement = (
        select(Certificate)
        .where(Certificate.producer_id == producer_id)
        .order_by(Certificate.valid_until.desc(), Certificate.id)
    )
    return (await session.scalars(statement)).all()
