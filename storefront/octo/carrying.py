"""Calls on their way to operators, no transaction open meanwhile."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
from structlog import get_logger

from app.core import http
from app.core.clock import Clock
from app.core.i18n import Catalogue
from storefront.octo import webhooks
from storefront.octo.webhooks import Call, Round
from traceability.subscriptions.targets import TargetError, locate, read_address

if TYPE_CHECKING:
    from app.core.db import Database

MOST_AT_ONCE = 4
ROUND_S = 45.0
"""How long one round takes new work in."""
CALLS_S = 60.0
"""How long the calls of one webhook may take together: half of what its claim lasts."""
CALL_S = 10.0
log = get_logger()


class Teller:
    """Tells operators what is new; one process has one, and runs one round at a time."""

    def __init__(
        self, *, catalogue: Catalogue, public_url: str, is_strict: bool, clock: Clock, call_s: float = CALL_S
    ) -> None:
        self._catalogue = catalogue
        self._public_url = public_url
        self._is_strict = is_strict
        self._clock = clock
        self._call_s = call_s
        self._is_running = False

    async def run(self, database: Database) -> None:
        """Tell all that is new, each webhook once; at once when a round is under way already."""
        if self._is_running:
            return
        self._is_running = True
        try:
            await self._run_round(database)
        finally:
            self._is_running = False

    async def _run_round(self, database: Database) -> None:
        deadline = time.monotonic() + ROUND_S
        seen: set[UUID] = set()
        while time.monotonic() < deadline:
            async with database.transaction() as session:
                due = await webhooks.list_due(
                    session, now=self._clock.now(), without=seen, limit=MOST_AT_ONCE
                )
            if not due:
                return
            seen.update(due)
            done = await asyncio.gather(*(self.tell(database, one) for one in due), return_exceptions=True)
            for webhook_id, result in zip(due, done, strict=True):
                if isinstance(result, BaseException):  # its claim ends by itself
                    log.error("webhook_broke", webhook=str(webhook_id), exc_info=result)
                elif result:
                    seen.discard(webhook_id)

    async def tell(self, database: Database, webhook_id: UUID) -> bool:
        """Tell one webhook what is new; answers whether there is more at once."""
        async with database.transaction() as session:
            packed = await webhooks.pack_round(
                session,
                webhook_id=webhook_id,
                catalogue=self._catalogue,
                public_url=self._public_url,
                now=self._clock.now(),
            )
        if packed is None:
            return False
        taken = 0
        until = time.monotonic() + CALLS_S
        async with http.make_client() as client:
            while taken < len(packed.calls) and time.monotonic() < until:
                if not await self._post(client, packed, packed.calls[taken]):
                    break
                taken += 1
        async with database.transaction() as session:
            kept = await webhooks.settle_round(session, packed, taken=taken, now=self._clock.now())
        return kept and packed.is_more and taken == len(packed.calls)

    async def _post(self, client: httpx.AsyncClient, packed: Round, call: Call) -> bool:
        """Send one call. A connection is used once: two names at one address must not share what TLS proved for one."""
        webhook = packed.webhook
        headers = {**webhook.headers, "Content-Type": "application/json", "Connection": "close"}
        try:
            async with asyncio.timeout(self._call_s):
                url = read_address(webhook.url, is_strict=self._is_strict)
                target = await locate(url, is_strict=self._is_strict)
                async with client.stream(
                    "POST",
                    target.url,
                    content=call.body,
                    headers={**headers, **target.headers},
                    extensions=dict(target.extensions),
                ) as response:
                    said: object = response.status_code
        except (httpx.HTTPError, TargetError, TimeoutError) as error:
            said = f"{type(error).__name__}: {error}"
        else:
            if response.is_success:
                return True
        log.warning("webhook_refused", webhook=str(webhook.id), said=said)
        return False
