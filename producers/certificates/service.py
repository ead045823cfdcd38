"""Certificates: papers with a number, an issuer and an end; a badge hides itself after that day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.ids import uuid7
from producers.certificates import repository
from producers.certificates.errors import CertificateNotFoundError
from producers.certificates.models import Certificate
from producers.certificates.schemas import NewCertificate
from producers.cooperatives.events import ProducerChanged
from producers.farms import service as farms


async def create_certificate(
    session: AsyncSession,
    *,
    producer_id: UUID,
    certificate: NewCertificate,
    now: datetime,
    photo_id: UUID | None = None,
    certificate_id: UUID | None = None,
) -> Certificate:
    """Keep a certificate of the producer, or of one of its farms (`FarmNotFoundError` for another's).

    With a `certificate_id` that made one before that one is answered (`CertificateNotFoundError` for another's).
    The shop hears that the producer changed, so that the badge is there at once.
    """
    if certificate.farm_id is not None:
        await farms.get_own_farm(session, farm_id=certificate.farm_id, producer_id=producer_id)
    values = {
        "id": certificate_id or uuid7(),
        "producer_id": producer_id,
        "created_at": now,
        "photo_id": photo_id,
        **certificate.model_dump(),
    }
    is_new = await repository.insert_certificate(session, values)
    made = await session.get_one(Certificate, values["id"])
    if made.producer_id != producer_id:
        raise CertificateNotFoundError
    if is_new:
        await emit(session, ProducerChanged(producer_id=producer_id))
    return made


async def list_certificates(session: AsyncSession, producer_id: UUID) -> list[Certificate]:
    """List all certificates of a producer, the one that ends last first."""
    return list(await repository.list_certificates(session, producer_id))


async def list_valid(session: AsyncSession, producer_id: UUID, *, on: date) -> list[Certificate]:
    """List the certificates that hold on a day (both ends included), the one that ends last first."""
    return [
        one
        for one in await repository.list_certificates(session, producer_id)
        if one.valid_from <= on <= one.valid_until
    ]
