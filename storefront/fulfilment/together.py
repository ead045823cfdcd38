"""Orders that go in one parcel, as packers send them: with the first, or alone when it does not wait (orders/PRICING.md J6, J7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.orders import company
from storefront.orders import parcels as order_parcels
from storefront.orders.company import Company, Fellow
from storefront.orders.models import Consignment
from storefront.orders.parcels import Parcel


@dataclass(frozen=True)
class Together:
    """What goes with one parcel: `lead` is the one that it is sent with, if that is another; `others` all but itself."""

    lead: Parcel | None
    others: tuple[Parcel, ...]


ALONE = Together(None, ())


async def find_all(
    session: AsyncSession, parcels: Collection[Parcel], *, now: datetime
) -> Mapping[UUID, Together]:
    """Say with what some parcels go, by the parcel's id; the same few queries for any number of them."""
    companies = await company.find_companies(session, [one.consignment for one in parcels])
    several = {id_: one for id_, one in companies.items() if len(one.fellows) > 1}
    members = {
        fellow.consignment.id: fellow.consignment for one in several.values() for fellow in one.fellows
    }
    whole = {
        one.consignment.id: one
        for one in await order_parcels.list_with_lines(session, list(members.values()))
    }
    found = dict.fromkeys(companies, ALONE)
    for id_, one in several.items():
        lead = one.lead
        found[id_] = Together(
            whole[lead.consignment.id] if lead and lead.consignment.id != id_ else None,
            tuple(
                whole[fellow.consignment.id]
                for fellow in one.fellows
                if fellow.consignment.id != id_ and fellow.counts(now)
            ),
        )
    return found


def list_following(found: Company, consignment: Consignment) -> tuple[list[Fellow], list[Fellow]]:
    """Divide what is sent with a locked parcel into what is packed and what stays behind, cancelled or not paid or not packed."""
    others = [one for one in found.fellows if one.consignment.id != consignment.id]
    packed = [one for one in others if one.is_here and one.consignment.packed_at is not None]
    return packed, [one for one in others if one not in packed]


async def let_go(session: AsyncSession, left: Collection[Fellow]) -> None:
    """Let what was not packed in time be sent alone, now or when it is paid; its buyer pays nothing more."""
    for one in left:
        one.consignment.travels_with_id = None
    await session.flush()
