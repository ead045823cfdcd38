"""One sale as races need it: an unpaid order, the one who is told of its money, and every provider that may tell of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.core.db import Database
from app.notices.models import Notice
from app.web.house import House
from producers.cooperatives.models import Role
from producers.listings.models import Listing
from storefront.ledger import service as ledger
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderState
from storefront.payments import cards
from storefront.payments.models import Payment, PaymentState
from storefront.stock.models import StockItem
from tests.factories.orders import BANK, SECRET, counters, get_payment, make_order
from tests.factories.people import make_person
from tests.factories.producers import make_membership
from tests.factories.storefront import make_stock, make_variant
from tests.fakes import messengers, wallets
from tests.fakes import stripe as fake_stripe

BUSY, AGAIN = 503, b'{"RspCode":"99"'
TOTAL = 380_000
"""One box at 350.000 đồng, and 30.000 for the way."""
Deliver = Callable[[], Awaitable[httpx.Response]]
MakeClient = Callable[[], httpx.AsyncClient]


@dataclass
class Sale:
    """An unpaid order of one of three boxes; `manager` is told once its money is there."""

    order: Order
    payment: Payment
    item: StockItem
    manager: Person

    @property
    def link(self) -> str:
        """The buyer's private page."""
        return f"/orders/{orders.make_token(SECRET, self.order.id)}"


@dataclass(frozen=True)
class Standing:
    """How a sale stands, as committed: shelf is (on hand, reserved, allocated), `told` how often its producer heard."""

    payment: PaymentState
    order: OrderState
    held_minor: int
    told: int
    shelf: tuple[int, int, int]


PAID_ONCE = Standing(PaymentState.PAID, OrderState.AWAITING_CONFIRMATION, TOTAL, 1, (3, 0, 1))
WAITING = Standing(PaymentState.PENDING, OrderState.AWAITING_PAYMENT, 0, 0, (3, 1, 0))


async def make_sale(session: AsyncSession) -> Sale:
    """See `Sale`."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=3)
    producer_id = (await session.get_one(Listing, variant.listing_id)).producer_id
    manager = await make_person(session)
    await make_membership(session, producer_id=producer_id, person_id=manager.id, role=Role.MANAGER)
    order = await make_order(session, variant)
    return Sale(order, await get_payment(session, order), item, manager)


async def see(db: Database, sale: Sale, account: str) -> Standing:
    """How a sale stands, with what `account` of the books holds."""
    async with db.transaction() as session:
        told = select(func.count()).where(
            Notice.person_id == sale.manager.id,
            Notice.kind == "order_paid",
            Notice.params["code"].astext == sale.order.code,
        )
        return Standing(
            (await session.get_one(Payment, sale.payment.id)).state,
            (await session.get_one(Order, sale.order.id)).state,
            await ledger.balance(session, account),
            int(await session.scalar(told) or 0),
            await counters(session, sale.item),
        )


async def insist(act: Deliver) -> httpx.Response:
    """Do it again while we are busy, as providers and browsers do: a machine under load is no fault."""
    for _time in range(5):
        answer = await act()
        if answer.status_code != BUSY and not answer.content.startswith(AGAIN):
            break
    return answer


class BankTeller:
    """A messenger that reports the transfer of a sale's whole price; the same bytes each time."""

    def __init__(self, messenger: messengers.Messenger) -> None:
        self.name, self.account = messenger.name, BANK
        self._messenger = messenger

    async def begin(self, house: House, visitor: httpx.AsyncClient, sale: Sale) -> Deliver:
        """Let the payer transfer; answers how the report is delivered."""
        body = self._messenger.make(sale.payment.code, TOTAL)
        raw, headers = self._messenger.prove(body, secret=self._messenger.secret, now=house.clock.now())
        return lambda: visitor.post(f"/webhooks/{self.name}", content=raw, headers=headers)


class CardTeller:
    """Stripe: the card page is paid, its event is delivered; `stripe` must stand at the card desk."""

    name, account = "stripe", "gateway_clearing:stripe"

    def __init__(self) -> None:
        self.stripe: fake_stripe.FakeStripe | None = None

    async def begin(self, house: House, visitor: httpx.AsyncClient, sale: Sale) -> Deliver:
        """Let the payer pay on the card page; answers how the event is delivered."""
        assert self.stripe is not None
        url = await cards.start_card(
            house.database,
            self.stripe.gateway,
            token=sale.payment.token,
            title="Chợ Phiên",
            back_url=f"http://127.0.0.1:8000{sale.link}",
            now=house.clock.now(),
        )
        event = await self.stripe.pay(url.rsplit("/", 1)[1])
        assert event is not None
        return lambda: fake_stripe.deliver(visitor, event)


class WalletTeller:
    """A wallet: its page is opened at our door, and it tells that this page was paid."""

    def __init__(self, wallet: wallets.Vnpay | wallets.Momo | wallets.Zalopay) -> None:
        self.name, self.account = wallet.name, f"gateway_clearing:{wallet.name}"
        self.wallet = wallet

    async def begin(self, house: House, visitor: httpx.AsyncClient, sale: Sale) -> Deliver:
        """Let the payer open the wallet's page and pay; answers how the notice is delivered."""
        answer = await visitor.post(
            f"/payments/{sale.payment.token}/wallet/{self.name}", data={"back": sale.link}
        )
        assert answer.status_code == 303, answer.text
        fields = self.wallet.fields(wallets.name_try(self.name, sale.payment.code), TOTAL)
        return lambda: self.wallet.send(visitor, fields)


Teller = BankTeller | CardTeller | WalletTeller
BANKS = [BankTeller(messenger) for messenger in messengers.ALL]
PAGES = [CardTeller(), *(WalletTeller(wallet) for wallet in wallets.WALLETS)]
"""Providers with a page of their own, from which the payer's browser comes back."""
ALL = [*BANKS, *PAGES]


def spell_return(teller: Teller, sale: Sale) -> str:
    """The address to which a provider's page sends the browser back, with all the success that it claims."""
    claims = {"session_id": "cs_test", "resultCode": "0", "status": "1", "vnp_ResponseCode": "00"}
    if isinstance(teller, WalletTeller):
        fields = teller.wallet.fields(wallets.name_try(teller.name, sale.payment.code), TOTAL)
        claims |= {name: str(value) for name, value in fields.items()}
    return f"{sale.link}?{urlencode(claims)}"
