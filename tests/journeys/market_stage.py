"""Where the machine of the market plays: the house, what it knows by itself, and how it acts (tests/journeys/market.py)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from sqlalchemy import text

from app.web.house import House
from producers.cooperatives.models import Producer, ProducerKind
from producers.listings.models import SoldBy, Variant
from storefront.cash import service as cash
from storefront.orders import service as orders
from storefront.orders.models import Order
from storefront.pricing.models import DeliveryRate
from tests.factories.bundles import make_bundle
from tests.factories.people import make_person
from tests.factories.recalls import Shop, make_shop
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.factories.vouchers import make_voucher
from tests.fakes import stripe as card_fakes
from tests.fakes.clock import FrozenClock

T = TypeVar("T")
PICK = st.integers(0, 63)
"""Which of many: taken modulo their number."""
VOUCHER_USES = 2


@dataclass
class Stage:
    """Where the machine plays: the house, and the way from its thread into the house's loop."""

    house: House
    client: httpx.AsyncClient
    stripe: card_fakes.FakeStripe
    run: Callable[[Awaitable[Any]], Any]


@dataclass
class Report:
    """A bank's message: the body, how much it brings in, and whether it was delivered."""

    body: dict[str, object]
    amount_minor: int
    is_told: bool = False


@dataclass
class Page:
    """A card page: its id, and the event that tells of its payment once it is paid."""

    session_id: str
    amount_minor: int
    event: dict[str, Any] | None = None
    is_known: bool = False


@dataclass
class Kept:
    """What the machine knows by itself."""

    orders: list[UUID] = field(default_factory=list)
    carts: dict[UUID, UUID] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    on_hand: dict[UUID, int] = field(default_factory=dict)
    went_back: int = 0
    in_hand: int = 0
    parts: int = 0
    recall_id: UUID | None = None


class Played(RuleBasedStateMachine):
    """Acts in transactions of their own, on a market that is opened anew for each game. `stage` is set by the test that plays."""

    stage: ClassVar[Stage]

    def run(self, act: Callable[[Any], Awaitable[T]]) -> T:
        """Do something in a transaction of its own."""

        async def within() -> T:
            async with self.stage.house.database.transaction() as session:
                return await act(session)

        return self.stage.run(within())

    @property
    def clock(self) -> FrozenClock:
        """The house's clock, which stands until a rule moves it."""
        assert isinstance(self.stage.house.clock, FrozenClock)
        return self.stage.house.clock

    @initialize()
    def open_market(self) -> None:
        """Two producers: a household's tea by the box (two lots, scarce), by the bag and as a gift of both, a cooperative's fish by the gram."""
        self.stage.house.clock = FrozenClock(NOW)
        self.stage.stripe.is_down = False
        self.kept = Kept()

        async def build(session: Any) -> None:
            await session.execute(text("SELECT empty_all()"))
            self.shop: Shop = await make_shop(session)
            tea = await session.get_one(Producer, self.shop.producer_id)
            tea.kind = ProducerKind.HOUSEHOLD
            self.fish: Variant = await make_variant(
                session, sold_by=SoldBy.GRAM, step=500, price_minor=333_333, name="Cá tầm"
            )
            self.gift: Variant = await make_bundle(session, {self.shop.good: 2, self.shop.bad: 1})
            items = [
                self.shop.bad_item,
                self.shop.good_item,
                await make_stock(session, self.shop.bad, on_hand=2),
                await make_stock(session, self.fish, on_hand=2_500),
            ]
            self.shop.bad_item.on_hand, self.shop.good_item.on_hand = 2, 5
            session.add(
                DeliveryRate(producer_id=self.shop.producer_id, fee_minor=30_000, free_from_minor=700_000)
            )
            await make_voucher(
                session,
                producer_id=self.shop.producer_id,
                amount_minor=None,
                percent=13,
                valid_until=NOW + timedelta(days=2),
                uses_most=VOUCHER_USES,
                uses_per_phone=VOUCHER_USES,
            )
            self.staff_id: UUID = (await make_person(session)).id
            self.buyer_id: UUID = (await make_person(session)).id
            await cash.set_most(
                session,
                producer_id=self.shop.producer_id,
                most_minor=2_000_000,
                person_id=self.staff_id,
                now=NOW,
            )
            self.kept.on_hand = {item.id: item.on_hand for item in items}

        self.run(build)

    @staticmethod
    def _choose(many: Sequence[T], pick: int) -> T:
        return many[pick % len(many)]

    def _order(self, order_id: UUID) -> Order:
        return self.run(lambda session: orders.get_order(session, order_id))
