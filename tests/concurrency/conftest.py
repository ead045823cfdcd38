"""What races of providers share: all of them open, and a fresh sale."""

import httpx
import pytest

from storefront.payments.ports import CardDesk
from storefront.payments.wallet_ports import Wallets
from tests.factories import sales
from tests.fakes import stripe as fake_stripe
from tests.fakes import wallets as fake_wallets


@pytest.fixture
def providers(house):
    """Stripe and all wallets stand in this house; answers the fake Stripe."""
    cards_before, wallets_before = house.port(CardDesk), house.port(Wallets)
    stripe = fake_stripe.FakeStripe(house)
    house.provide(CardDesk, CardDesk(stripe.gateway))
    line = httpx.MockTransport(fake_wallets.answer_pages)
    opened = [wallet.open(transport=line) for wallet in fake_wallets.WALLETS]
    house.provide(Wallets, Wallets({gateway.name: gateway for gateway in opened}))
    for teller in sales.PAGES:
        if isinstance(teller, sales.CardTeller):
            teller.stripe = stripe
    yield stripe
    house.provide(CardDesk, cards_before)
    house.provide(Wallets, wallets_before)


@pytest.fixture
async def sale(db):
    """An unpaid order of 380.000 đồng."""
    async with db.transaction() as session:
        return await sales.make_sale(session)
