"""Parcels of fish that the scale settles, and how they are weighed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.core.ids import uuid7
from app.media.models import Photo
from storefront.fulfilment import reweighing, weighing
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.reweighing import Correction
from storefront.fulfilment.weighing import Weighing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import parcels, weighings
from storefront.orders.models import Order, OrderLine
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from tests.factories.orders import BANK, make_paid_order
from tests.factories.people import make_person, make_photo
from tests.factories.storefront import NOW, make_fish, make_stock

SCALE = UUID("019a0000-0000-7000-8000-00000000ca11")
PAID = 1_408_000
"""Two fish of 2,2 kg at most, at 320.000 đồng a kilo."""


async def show_scale(session: AsyncSession) -> UUID:
    """The photo of a scale, the same each time."""
    if await session.get(Photo, SCALE) is None:
        await make_photo(session, id=SCALE)
    return SCALE


@dataclass
class Work:
    """A parcel of fish that was taken on, the line to be weighed, its packer and a photo of their scale."""

    order: Order
    line: OrderLine
    packer: Person
    photo_id: UUID
    act: dict[str, Any]

    def typed(self, *weights_g: int, **how: Any) -> Weighing:
        """What the scale says."""
        given = {"id": uuid7(), "line_id": self.line.id, "photo_id": self.photo_id}
        return Weighing(weights_g=weights_g, **given | how)

    async def weigh(self, session: AsyncSession, *weights_g: int) -> None:
        """Weigh it for the first time."""
        await weighing.weigh(session, **self.act, weighing=self.typed(*weights_g))

    async def correct(
        self, session: AsyncSession, *weights_g: int, of: UUID | None = None, **how: Any
    ) -> Correction:
        """Say what it weighs after all, putting the last weighing (or `of`) right."""
        last = await weighings.list_weighed(session, [self.line.id])
        return Correction(
            weighing=self.typed(*weights_g, **how),
            of=of or last[0].record_id,
            reason="Gõ nhầm số của con đầu",
        )

    async def again(self, session: AsyncSession, *weights_g: int, **how: Any) -> Correction:
        """Weigh it again."""
        correction = await self.correct(session, *weights_g, **how)
        await self.press(session, correction)
        return correction

    async def press(self, session: AsyncSession, correction: Correction) -> None:
        """Send the form."""
        await reweighing.weigh_again(session, **self.act, correction=correction)

    async def waiting(self, session: AsyncSession) -> list[int]:
        """What still waits to go back, in đồng."""
        found = await refunds.list_of(session, PayableKind.ORDER, [self.order.id])
        return [one.amount_minor for one in found if one.paid_at is None]

    async def pay_back(self, session: AsyncSession) -> None:
        """Let the accountant send all that waits."""
        for one in await refunds.list_of(session, PayableKind.ORDER, [self.order.id]):
            if one.paid_at is None:
                await refunds.record_paid(
                    session,
                    refund_id=one.id,
                    bank_account=BANK,
                    reference="FT1",
                    person_id=self.packer.id,
                    now=NOW,
                )

    async def earned(self, session: AsyncSession) -> int:
        """What the producer is owed for goods."""
        return -await ledger.balance(session, accounts.seller_payable(self.act["producer_id"]))


async def start(session: AsyncSession, order: Order, *weights_g: int) -> Work:
    """Take a paid order of fish on; with weights its line is weighed."""
    packer = await make_person(session)
    [parcel] = await parcels.list_parcels(session, order)
    act = {
        "consignment_id": parcel.consignment.id,
        "producer_id": parcel.consignment.producer_id,
        "person_id": packer.id,
        "now": NOW,
    }
    line = next(line for line in parcel.lines if line.bounds_g)
    work = Work(order, line, packer, (await make_photo(session, owner_id=packer.id)).id, act)
    await fulfilment.confirm(session, **act)
    if weights_g:
        await work.weigh(session, *weights_g)
    return work


async def make_work(session: AsyncSession, *weights_g: int, quantity: int = 2, **of_fish: Any) -> Work:
    """A paid parcel of as many fish, taken on; with weights weighed."""
    fish = await make_fish(session, **of_fish)
    await make_stock(session, fish)
    return await start(session, await make_paid_order(session, fish, quantity=quantity), *weights_g)
