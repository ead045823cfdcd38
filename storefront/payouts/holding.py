"""What a producer has earned and gets only later: goods that are on their way, visits that are to come (BO6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.fees.models import FeeKind
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.operators import service as operators
from storefront.orders import parcels
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from storefront.refunds.models import Refund
from storefront.stays import bookings as stays
from storefront.tours import batches, bookings

KINDS = (
    "sale",
    "sale_reversed",
    "fee",
    "fee_reversed",
    "fee_retaken",
    "tax",
    "tax_reversed",
    "tax_retaken",
    "refund_owed",
    "refund_withdrawn",
    "cash_kept",
    "cash_returned",
)
"""The journals of a sale and of what follows from it, of all that touch what is owed to a producer."""


async def sum_held(
    session: AsyncSession, *, now: datetime, producer_id: UUID | None = None
) -> dict[UUID, dict[str, int]]:
    """Sum what waits, of every producer or one: {producer: {kind of payable: đồng}}; nine queries.

    It is what the books hold of those sales: less fee and tax, and less what went back.
    """
    waiting = {
        PayableKind.ORDER: await parcels.list_underway(session, producer_id),
        PayableKind.BOOKING: await bookings.list_to_come(session, producer_id, now=now),
        PayableKind.STAY: await stays.list_to_come(session, producer_id, now=now),
        PayableKind.BATCH: await batches.list_to_come(session, producer_id, now=now),
    }
    sellers: dict[str, set[UUID]] = defaultdict(set)
    for kind, sales in waiting.items():
        back = await refunds.list_of(session, kind, {payable_id for payable_id, _seller_id in sales})
        for source, seller_id in _spell(kind, sales, back):
            sellers[source].add(seller_id)
    visits = {booking_id for booking_id, _seller_id in waiting[PayableKind.BOOKING]}
    for sale_id, seller_id in await operators.list_sales(session, visits):
        sale = operators.source_of(sale_id)
        for source in _with_parts(sale, seller_id):
            sellers[source].add(seller_id)
    sums: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for source, account, balance in await ledger.sum_sources(session, KINDS, sellers):
        seller_id = accounts.producer_of(account)
        if seller_id in sellers[source]:
            sums[seller_id][accounts.kind_of(account)] -= balance
    return {seller_id: dict(kinds) for seller_id, kinds in sums.items()}


def _spell(
    kind: PayableKind, sales: Collection[tuple[UUID, UUID]], back: Sequence[Refund]
) -> Iterator[tuple[str, UUID]]:
    """Under which sources a sale, its taxes, its refunds and the fees of each may be booked, with whose money it is."""
    of_sale: dict[tuple[UUID, UUID], list[str]] = defaultdict(list)
    for refund in back:
        of_sale[refund.payable_id, refund.producer_id] += [refund.source, f"refund:{refund.id}"]
    for payable_id, seller_id in sales:
        sale = f"{kind}:{payable_id}"
        for root in (sale, *of_sale[payable_id, seller_id]):
            for source in _with_parts(root, seller_id):
                yield source, seller_id


def _with_parts(root: str, seller_id: UUID) -> Iterator[str]:
    """A sale or what followed from it, its tax, and the fees of each."""
    for source in (root, f"{root}:{seller_id}", f"{root}:back", f"{root}:rest"):
        yield source
        for part in FeeKind:
            yield f"{source}:{part}"
