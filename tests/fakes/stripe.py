"""A Stripe of our own for tests: the demo's card house, driven by hand, with late, repeated and reordered webhooks."""

from __future__ import annotations

from typing import Any

import httpx

from app.web.house import House
from storefront.payments.sandbox import card_house, keys
from storefront.payments.stripe_gateway import StripeGateway

SECRET = "whsec_demo"


class FakeStripe:
    """One card house: `gateway` is our side of it, `is_down` cuts the line."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.calls = 0
        self.is_down = False
        inner = httpx.ASGITransport(
            app=card_house.make_app(house.database, lambda: house.clock.now())  # noqa: PLW0108 - the clock is changed
        )
        fake = self

        class Line(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                fake.calls += 1
                if fake.is_down:
                    raise httpx.ConnectError("down")
                return await inner.handle_async_request(request)

        self.client = httpx.AsyncClient(
            transport=Line(), headers={"Authorization": f"Bearer {keys.CARD_KEY}"}, base_url=card_house.API
        )
        self.gateway = StripeGateway(
            secret_key=keys.CARD_KEY,
            webhook_secret=SECRET,
            client=httpx.AsyncClient(transport=Line()),
            api_url=card_house.API,
        )

    async def pay(self, session_id: str, number: str = "4242424242424242") -> dict[str, Any] | None:
        """Pay a session with a card; answers the event that tells of it, None when declined."""
        async with self._house.database.transaction() as session:
            return await card_house.pay(session, session_id, card_number=number, now=self._house.clock.now())

    async def announce(self, kind: str, subject: dict[str, Any]) -> dict[str, Any]:
        """Make an event of any kind about any object."""
        async with self._house.database.transaction() as session:
            return await card_house.announce(session, kind, subject, now=self._house.clock.now())


async def deliver(
    client: httpx.AsyncClient, event: dict[str, Any], *, secret: str = SECRET, at: int | None = None
) -> httpx.Response:
    """Deliver an event to our webhook."""
    raw, signature = card_house.sign(event, secret=secret, at=at)
    return await client.post("/webhooks/stripe", content=raw, headers={"Stripe-Signature": signature})
