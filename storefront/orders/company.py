"""What travels in one parcel: the first order's goods, and those of orders that were added to it (PRICING.md, J1 to J9).

The first parcel names nobody; every other one names it in `travels_with_id`, so one index finds them all. Whoever changes
one of them holds the lock of the first one's order: `repository.lock_order` takes it along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from producers.cooperatives.models import Producer
from storefront.orders import repository
from storefront.orders.models import Consignment, Order, OrderState
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from storefront.refunds.models import RefundReason
from storefront.refunds.service import Claim

_HERE = {OrderState.AWAITING_CONFIRMATION, OrderState.PACKING}
_NOT_TAKEN = {OrderState.AWAITING_PAYMENT, OrderState.CANCELLED}


@dataclass(frozen=True)
class Fellow:
    """One order's goods in a parcel."""

    consignment: Consignment
    order: Order

    @property
    def is_taken(self) -> bool:
        """Whether it is paid, or taken on to be paid on delivery, and was not cancelled."""
        return self.consignment.state not in _NOT_TAKEN

    @property
    def is_here(self) -> bool:
        """Whether it is to be sent and has not left."""
        return self.consignment.state in _HERE

    def is_awaited(self, now: datetime) -> bool:
        """Whether its buyer may still pay it."""
        return (
            self.consignment.state is OrderState.AWAITING_PAYMENT
            and self.order.state is OrderState.AWAITING_PAYMENT
            and self.order.expires_at > now
        )

    def counts(self, now: datetime) -> bool:
        """Whether it travels, or is going to as soon as it is paid."""
        return self.is_taken or self.is_awaited(now)


@dataclass(frozen=True)
class Company:
    """All that travels in one parcel, the oldest first; one alone is the rule."""

    fellows: Sequence[Fellow]

    @property
    def lead(self) -> Fellow | None:
        """The one that the others are sent with: the oldest that is not cancelled."""
        return next((one for one in self.fellows if one.is_taken), None)

    def is_open(self, now: datetime) -> bool:
        """Whether the parcel takes more: its packing has not begun, and its day is not over."""
        lead = self.lead
        return (
            lead is not None
            and lead.is_here
            and lead.consignment.packed_at is None
            and (lead.consignment.deliver_on is None or lead.consignment.deliver_on >= today(now))
        )

    def find_awaited(self, now: datetime) -> Fellow | None:
        """The one that was added and is not paid yet, while it may be."""
        return next((one for one in self.fellows if one.is_awaited(now)), None)

    def has_followers(self, consignment_id: UUID) -> bool:
        """Whether some were added later than one and not cancelled, in time or not."""
        return any(
            one.consignment.id > consignment_id and one.consignment.state is not OrderState.CANCELLED
            for one in self.fellows
        )

    def list_after(self, consignment_id: UUID, now: datetime) -> list[Fellow]:
        """List those that were added later than one and travel, or may."""
        return [one for one in self.fellows if one.consignment.id > consignment_id and one.counts(now)]


async def find_companies(session: AsyncSession, consignments: Collection[Consignment]) -> dict[UUID, Company]:
    """Find with what some parcels travel, by the parcel's id; one query."""
    firsts = {one.travels_with_id or one.id for one in consignments}
    return _group(consignments, await repository.list_travelling(session, firsts))


async def find_companies_of(
    session: AsyncSession, order_id: UUID
) -> tuple[dict[Consignment, Producer], dict[UUID, Company]]:
    """List an order's parcels with their producers, and find with what each travels, by its id; one query."""
    found = await repository.list_travelling_of(session, order_id)
    own = {one: producer for one, order, producer in found if order.id == order_id}
    return own, _group(own, [(one, order) for one, order, _producer in found])


def _group(
    consignments: Collection[Consignment], found: Collection[tuple[Consignment, Order]]
) -> dict[UUID, Company]:
    """Put each parcel together with those that travel with it."""
    fellows: dict[UUID, list[Fellow]] = defaultdict(list)
    for one, order in found:
        fellows[one.travels_with_id or one.id].append(Fellow(one, order))
    return {one.id: Company(fellows[one.travels_with_id or one.id]) for one in consignments}


async def find_company(session: AsyncSession, consignment: Consignment) -> Company:
    """Find with what one parcel travels; one query."""
    return (await find_companies(session, [consignment]))[consignment.id]


async def keeps_fee(session: AsyncSession, consignment: Consignment, *, now: datetime) -> bool:
    """Whether the delivery of a parcel stays paid though nothing of its own goods is sent: what was added travels by it (J8)."""
    return bool((await find_company(session, consignment)).list_after(consignment.id, now))


async def end(session: AsyncSession, consignments: Collection[Consignment], *, now: datetime) -> None:
    """Settle what ended parcels leave to those that travel with them; the caller holds their locks.

    While some still travel nothing changes but the one that goes first. When none does, deliveries that stayed paid for
    them go back, and an order that wakes up later goes by itself.
    """
    for company in {
        tuple(one.consignment.id for one in found.fellows): found
        for found in (await find_companies(session, consignments)).values()
    }.values():
        for one in reversed(company.fellows):
            if one.consignment.is_fee_kept and not company.list_after(one.consignment.id, now):
                await _give_fee_back(session, one, now=now)
        if not any(one.counts(now) for one in company.fellows):
            for one in company.fellows:
                one.consignment.travels_with_id = None
    await session.flush()


async def _give_fee_back(session: AsyncSession, one: Fellow, *, now: datetime) -> None:
    order, consignment = one.order, one.consignment
    consignment.is_fee_kept = False
    await refunds.open_refund(
        session,
        Claim(
            payable_kind=PayableKind.ORDER,
            payable_id=order.id,
            code=order.code,
            producer_id=consignment.producer_id,
            payee_name=order.buyer_name,
            payee_phone=order.buyer_phone,
            reason=RefundReason.CANCELLED,
            source=f"delivery:{consignment.id}",
            paid_minor=order.total_minor,
            credit_minor=order.credit_minor,
            payer_id=order.person_id,
            goods_minor=0,
            delivery_minor=consignment.delivery_minor,
        ),
        person_id=None,
        now=now,
    )
