"""Proof of delivery: who took a parcel, and a photo of it; both may be missing, each is written once."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.offline.uploads.errors import NotTakenError
from producers.cooperatives import photos
from storefront.fulfilment import service
from storefront.fulfilment.errors import ProofWrittenError
from storefront.orders import parcels
from storefront.orders.errors import WrongStateError
from storefront.orders.models import DeliveryProof, OrderState
from storefront.orders.parcels import Locked

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.files import Files
    from app.offline.uploads.ports import ArrivedFile, StoredRecord

ARRIVED: AbstractSet[OrderState] = frozenset(
    {OrderState.DELIVERED, OrderState.COMPLETED, OrderState.RETURNED}
)
"""The states of a parcel that somebody took."""
FIELD = "photo"


async def deliver(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    taken_by: str,
    photo_id: UUID | None,
    person_id: UUID,
    now: datetime,
    done_at: datetime | None = None,
) -> None:
    """The carrier says that the parcel arrived, and who took it if that is known. Raises as `service.deliver`."""
    arrived = await service.deliver(
        session,
        consignment_id=consignment_id,
        producer_id=producer_id,
        person_id=person_id,
        now=now,
        done_at=done_at,
    )
    for one in arrived:
        await add_proof(
            session,
            consignment_id=one,
            producer_id=producer_id,
            taken_by=taken_by,
            photo_id=photo_id,
            person_id=person_id,
            now=now,
        )


async def add_proof(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    taken_by: str,
    photo_id: UUID | None,
    person_id: UUID,
    now: datetime,
) -> None:
    """Write down who took a parcel that arrived, with or without a photo; what is missing may follow.

    The same again changes nothing, and nothing is nothing. Raises `WrongStateError` for a parcel that is not there yet,
    `ProofWrittenError` for another name or photo than is written, `OrderNotFoundError`.
    """
    locked = await service.lock_own(session, consignment_id, producer_id)
    await _write(session, locked, taken_by=taken_by, photo_id=photo_id, person_id=person_id, now=now)


async def take_file(
    session: AsyncSession, files: Files, *, record: StoredRecord, file: ArrivedFile, now: datetime
) -> None:
    """Put a photo to the parcel that a phone without signal said had arrived."""
    if file.field != FIELD:
        raise NotTakenError
    photo = await photos.keep_arrived(
        session, files, file=file, owner_id=record.person_id, is_public=False, now=now
    )
    locked = await parcels.lock_parcel(session, _parcel_of(record))
    await _write(session, locked, taken_by="", photo_id=photo.id, person_id=record.person_id, now=now)


def _parcel_of(record: StoredRecord) -> UUID:
    """The parcel in `/producer/orders/{consignment_id}/deliver`, whose word was taken in from this person."""
    return UUID(record.path.partition("?")[0].rstrip("/").split("/")[-2])


async def _write(
    session: AsyncSession,
    locked: Locked,
    *,
    taken_by: str,
    photo_id: UUID | None,
    person_id: UUID,
    now: datetime,
) -> None:
    parcel = locked.parcel
    if parcel.state not in ARRIVED:
        raise WrongStateError(parcel.state)
    if not taken_by and photo_id is None:
        return
    proof = (await parcels.list_proofs(session, [parcel.id])).get(parcel.id)
    if proof is None:
        session.add(
            DeliveryProof(
                consignment_id=parcel.id,
                taken_by=taken_by,
                photo_id=photo_id,
                recorded_by_id=person_id,
                created_at=now,
            )
        )
    else:
        if proof.taken_by not in {"", taken_by or proof.taken_by}:
            raise ProofWrittenError
        if proof.photo_id not in {None, photo_id or proof.photo_id}:
            raise ProofWrittenError
        proof.taken_by = proof.taken_by or taken_by
        proof.photo_id = proof.photo_id or photo_id
    await session.flush()
