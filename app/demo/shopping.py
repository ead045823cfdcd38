"""The demo's last scene: buyers, and orders in every state."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.core.clock import today
from app.demo import cast
from app.demo.paying import pay
from app.places import service as places
from storefront.delivery.ways import Destination
from storefront.fulfilment import invoicing
from storefront.fulfilment import service as fulfilment
from storefront.invoices.ports import IssuedInvoice
from storefront.invoices.schemas import TAX_OFFICE
from storefront.orders import cancelling, parcels
from storefront.orders import service as orders
from storefront.orders.models import OrderState
from storefront.payments.models import PayableKind
from storefront.pricing import service as pricing

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from app.demo.stage import Stage
    from storefront.orders.models import Order

Basket = tuple[tuple[str, int], ...]
# (buyer, days ago, basket, state to reach)
PLANS: tuple[tuple[int, int, Basket, OrderState], ...] = (
    (0, 21, (("non/Gói 200 g", 2),), OrderState.COMPLETED),
    (1, 18, (("moc/Gói 500 g", 3),), OrderState.COMPLETED),
    (2, 12, (("moc/Gói 500 g", 1), ("non/Gói 500 g", 1)), OrderState.COMPLETED),
    (3, 9, (("dinh/Hộp 100 g", 1),), OrderState.RETURNED),
    (4, 6, (("dinh/Hộp 200 g", 1), ("non/Gói 200 g", 1)), OrderState.DELIVERED),
    (5, 3, (("moc/Gói 500 g", 2),), OrderState.SHIPPING),
    (0, 2, (("dinh/Hộp 100 g", 2),), OrderState.SHIPPING),
    (6, 1, (("hoi/Khay 300 g", 3),), OrderState.PACKING),
    (7, 1, (("non/Gói 200 g", 4),), OrderState.PACKING),
    (1, 0, (("tam/Con 1,8 đến 2,2 kg", 2), ("khuc/Khay 500 g", 2)), OrderState.AWAITING_CONFIRMATION),
    (2, 0, (("dinh/Hộp 100 g", 1), ("hoi/Khay 300 g", 2)), OrderState.AWAITING_CONFIRMATION),
    (3, 5, (("moc/Gói 500 g", 5),), OrderState.CANCELLED),
    (4, 0, (("non/Gói 500 g", 1),), OrderState.AWAITING_PAYMENT),
)
WAY = (
    OrderState.AWAITING_CONFIRMATION, OrderState.PACKING, OrderState.SHIPPING, OrderState.DELIVERED,
)  # fmt: skip


async def play(stage: Stage) -> None:
    """Let the buyers buy."""
    for number, (buyer, days_ago, basket, goal) in enumerate(PLANS):
        # Today's orders are a few minutes old, so that the unpaid one still waits for its money.
        placed_at = (
            stage.at(days_ago, 9 + number % 8, 10)
            if days_ago
            else stage.now - timedelta(minutes=3 * (14 - number))
        )
        order = await _place(stage, buyer, basket, placed_at)
        if goal is OrderState.AWAITING_PAYMENT:
            continue
        if goal is OrderState.CANCELLED:
            await cancelling.expire_order(
                stage.session, order_id=order.id, now=placed_at + timedelta(hours=1)
            )
            continue
        await _pay(stage, order, number, placed_at + timedelta(minutes=2))
        for parcel in await parcels.list_parcels(stage.session, order):
            await _carry(stage, parcel.consignment.id, parcel.consignment.producer_id, goal, placed_at)


async def _place(stage: Stage, buyer: int, basket: Basket, at: datetime) -> Order:
    name, phone, line = cast.BUYERS[buyer]
    person = await stage.person(name, phone, days_ago=30)
    quote = await pricing.quote(
        stage.session,
        lines=[pricing.CartItem(stage.variants[key].id, quantity) for key, quantity in basket],
        to=Destination(commune_code=cast.HA_NOI_BA_DINH, now=at),
        now=at,
        phone=phone,
    )
    address = await places.create_address(
        stage.session,
        recipient_name=name,
        phone=phone,
        commune_code=cast.HA_NOI_BA_DINH,
        line=line,
        person_id=person,
        now=at,
    )
    who = orders.Buyer(
        name=name, phone=phone, address_id=address.id, person_id=person, note="", language="vi"
    )
    return await orders.create_order(
        stage.session, secret=stage.secret, cart_id=None, quote=quote, buyer=who, now=at
    )


async def _pay(stage: Stage, order: Order, number: int, at: datetime) -> None:
    await pay(stage, PayableKind.ORDER, order.id, f"order-{number}", at)


async def _carry(
    stage: Stage, consignment_id: UUID, producer_id: UUID, goal: OrderState, placed_at: datetime
) -> None:
    """Confirm, pack, ship and deliver one parcel as far as the plan goes; no step is later than now."""
    person_id = stage.people[cast.FARMER if producer_id == stage.producers["tea"].id else cast.FISH_FARMER]
    who: Any = {
        "session": stage.session, "consignment_id": consignment_id, "producer_id": producer_id, "person_id": person_id,
    }  # fmt: skip

    def later(hours: int) -> datetime:
        return min(placed_at + timedelta(hours=hours), stage.now)

    reached = WAY.index(goal) if goal in WAY else len(WAY)
    if reached >= 1:
        await fulfilment.confirm(**who, now=later(1))
    if reached >= 2:
        await fulfilment.pack(**who, scanned="", now=later(5))
        await fulfilment.ship(
            **who,
            carrier="Viettel Post",
            tracking_number=f"VTP{stage.chance.randrange(10**9):09}",
            now=later(8),
        )
    if reached >= 3:
        await fulfilment.deliver(**who, now=later(50))
    if goal is OrderState.COMPLETED:
        order_id = (await parcels.lock_parcel(stage.session, consignment_id)).order.id
        await parcels.complete_parcel(
            stage.session, order_id=order_id, consignment_id=consignment_id, now=later(72)
        )
        issued = IssuedInvoice(
            symbol="1C26TTM", number=f"{placed_at:%d%m%H}", lookup_code=f"TM{consignment_id.hex[-8:].upper()}",
            lookup_url=TAX_OFFICE, issued_on=today(later(72)),
        )  # fmt: skip
        await invoicing.write_invoice(**who, issued=issued, now=later(72))
    if goal is OrderState.RETURNED:
        await fulfilment.take_back(**who, now=later(80))
