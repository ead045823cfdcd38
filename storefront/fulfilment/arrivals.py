"""Parcels on their way of which nobody has said that they came: who got one says so, and both sides are asked (O18, O19)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.core.phone import format_phone
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from storefront.fulfilment import service
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import OrderState
from storefront.orders.parcels import Locked

ASKED = "asked whether it came"
ASK_AFTER = timedelta(days=7)
"""Nothing travels longer between two places of the country."""


async def receive(session: AsyncSession, *, order_id: UUID, consignment_id: UUID, now: datetime) -> None:
    """The buyer has the parcel in hand, whether its carrier said so or not; saying so twice is harmless.

    Raises `WrongStateError` for a parcel that has not left or whose price is still to be paid, `OrderNotFoundError`.
    """
    locked = await parcels.lock_parcel(session, consignment_id)
    if locked.order.id != order_id:
        raise OrderNotFoundError
    if locked.parcel.state is OrderState.SHIPPING:
        if locked.order.collect_minor:
            raise WrongStateError(locked.parcel.state)
        await service.deliver(
            session,
            consignment_id=consignment_id,
            producer_id=locked.parcel.producer_id,
            person_id=locked.order.person_id,
            now=now,
        )
    await parcels.complete_parcel(session, order_id=order_id, consignment_id=consignment_id, now=now)


async def list_silent(session: AsyncSession, *, now: datetime) -> list[UUID]:
    """List the parcels that left ASK_AFTER ago or earlier and of which nobody was asked yet, the first first."""
    return await parcels.list_under_way(session, before=now - ASK_AFTER, without_note=ASKED)


async def ask(
    session: AsyncSession, *, consignment_id: UUID, secret: bytes, address: str, now: datetime
) -> bool:
    """Ask the buyer and those who pack whether a silent parcel came, once; False when that is known or was asked by now.

    `address` is the site's own, without a slash at its end.
    """
    locked = await parcels.lock_parcel(session, consignment_id)
    if locked.parcel.state is not OrderState.SHIPPING:
        return False
    steps = await orders.list_steps(session, locked.order.id)
    if any((step.consignment_id, step.note) == (consignment_id, ASKED) for step in steps):
        return False
    await _ask_buyer(session, locked, secret=secret, address=address)
    words = _(
        "Đơn %(code)s gửi đi đã lâu mà chưa thấy báo tới. Bạn hỏi bên giao giúp; khách nhận rồi thì bạn ghi vào đơn "
        "để chợ trả tiền cho bạn.",
        code=locked.order.code,
    )
    await service.tell_packers(session, locked.parcel, words, kind="order_silent", now=now)
    await parcels.record_step(session, locked.order, locked.parcel, person_id=None, note=ASKED, now=now)
    return True


async def _ask_buyer(session: AsyncSession, locked: Locked, *, secret: bytes, address: str) -> None:
    """Who is to pay at the door is not asked to say that it came: that is the carrier's to say, with the money."""
    order = locked.order
    if order.collect_minor:
        return
    producer = await cooperatives.get_producer(session, locked.parcel.producer_id)
    words = _(
        "Chợ Phiên: đơn %(code)s tới tay bạn chưa? Nhận rồi thì bạn mở %(link)s , bấm Đã nhận được hàng. Chưa nhận thì "
        "bạn gọi %(producer)s, số %(phone)s.",
        code=order.code,
        link=f"{address}/orders/{orders.make_token(secret, order.id)}",
        producer=producer.name,
        phone=format_phone(producer.phone),
    )
    await notices.send_message(session, phone=order.buyer_phone, text=words, lang=order.language)
