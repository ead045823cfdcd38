"""The orders' pages that a phone keeps."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.offline.ports import KeptPage
from producers.cooperatives.access import find_member
from producers.cooperatives.models import Role
from storefront.orders import parcels as order_parcels
from storefront.orders.models import OrderState

OPEN = (OrderState.AWAITING_CONFIRMATION, OrderState.PACKING, OrderState.SHIPPING)
MOST_PARCELS = 20


async def list_pages(request: Request, session: AsyncSession, person: Person) -> Sequence[KeptPage]:
    """The lists of what is to be done, and the parcels themselves, those that wait longest first."""
    member = await find_member(request, session, person)
    if member is None or not member.has(Role.PACKER, Role.ACCOUNTANT):
        return []
    url = request.app.url_path_for
    listed = str(url("storefront.fulfilment.list"))
    parcels = await order_parcels.list_parcels_of(
        session, producer_id=member.producer.id, states=OPEN, limit=MOST_PARCELS
    )
    return [
        KeptPage(listed),
        *(KeptPage(f"{listed}?tab={state.value}") for state in OPEN),
        *(
            KeptPage(str(url("storefront.fulfilment.show", consignment_id=parcel.consignment.id)))
            for parcel in parcels
        ),
        KeptPage(str(url("storefront.fulfilment.pick_list"))),
    ]
