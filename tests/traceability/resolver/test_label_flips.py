"""A label's address with any character changed: the scan page never calls its signature ours."""

from __future__ import annotations

import asyncio
import string

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.db import Database
from app.web.house import House
from tests.factories import traceability as made
from traceability.labels.press import link_of, open_press

GOOD = "Chữ ký số trong mã đúng là của chợ"
CHARACTERS = string.ascii_letters + string.digits + "-_.~/?=&%+!*'(),:;@"


async def test_any_changed_character_of_a_label_is_told(
    client: httpx.AsyncClient, db: Database, house: House
) -> None:
    """Number, lot, serial, signature and what stands between them: as printed it is ours, changed it never is."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
        serial = await made.make_serial(session, lot)
    press = open_press(house.settings.public_url, house.secret)
    link = link_of(press, gtin=lot.gtin, lot_code=lot.code, serial=serial.serial)
    address = link.removeprefix(house.settings.public_url)
    assert GOOD in (await client.get(address)).text
    loop = asyncio.get_running_loop()

    async def look(changed: str) -> None:
        async with httpx.AsyncClient(
            transport=client._transport, base_url=client.base_url, headers=client.headers
        ) as visitor:
            answer = await visitor.get(changed, follow_redirects=True)
        assert answer.status_code < 500
        assert GOOD not in answer.text, changed

    @settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(1, len(address) - 1), st.sampled_from(CHARACTERS))
    def flip(place: int, other: str) -> None:
        if address[place] != other:
            changed = address[:place] + other + address[place + 1 :]
            asyncio.run_coroutine_threadsafe(look(changed), loop).result()

    await asyncio.to_thread(flip)
