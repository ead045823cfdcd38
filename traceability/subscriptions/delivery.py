"""Delivery: reports on their way to their receivers, several at once, no transaction open meanwhile."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
from structlog import get_logger

from app.core import http
from app.core.clock import Clock
from traceability.subscriptions import service
from traceability.subscriptions.service import Outcome, Report
from traceability.subscriptions.targets import TargetError, locate, read_address

if TYPE_CHECKING:
    from app.core.db import Database

MOST_AT_ONCE = 8
ROUND_S = 45.0
"""How long one round takes new work in."""
POLL_S = 1.0
REPORT_S = 20.0
"""How long one receiver may take, from the look-up of its name to its answer's status."""
_TOO_LARGE = 413
log = get_logger()


class Courier:
    """Carries what is due; one process has one, and runs one round at a time, so that slow receivers hold up no other job."""

    def __init__(self, *, secret: bytes, is_strict: bool, clock: Clock, report_s: float = REPORT_S) -> None:
        self._secret = secret
        self._is_strict = is_strict
        self._clock = clock
        self._report_s = report_s
        self._is_running = False

    async def run(self, database: Database) -> None:
        """Carry everything that is due, and what falls due meanwhile; at once when a round is under way already."""
        if self._is_running:
            return
        self._is_running = True
        try:
            if await self._list_due(database, set(), 1):
                async with http.make_client() as client:
                    await self._run_round(database, client)
        finally:
            self._is_running = False

    async def _list_due(self, database: Database, without: set[UUID], limit: int) -> list[UUID]:
        async with database.transaction() as session:
            return await service.list_due(session, now=self._clock.now(), without=without, limit=limit)

    async def _run_round(self, database: Database, client: httpx.AsyncClient) -> None:
        deadline = time.monotonic() + ROUND_S
        under_way: dict[asyncio.Task[None], UUID] = {}
        spoilt: set[UUID] = set()
        try:
            while True:
                room = MOST_AT_ONCE - len(under_way)
                if room and time.monotonic() < deadline:
                    for one in await self._list_due(database, spoilt.union(under_way.values()), room):
                        under_way[asyncio.create_task(self.deliver(database, client, one))] = one
                if not under_way:
                    return
                done, _waiting = await asyncio.wait(
                    under_way, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    one = under_way.pop(task)
                    error = task.exception()
                    if error is not None:  # its claim ends by itself
                        spoilt.add(one)
                        log.error("report_broke", subscription=str(one), exc_info=error)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def deliver(self, database: Database, client: httpx.AsyncClient, subscription_id: UUID) -> None:
        """Carry one report of one subscription, if there is one to carry."""
        async with database.transaction() as session:
            report = await service.pack_report(
                session, subscription_id=subscription_id, secret=self._secret, now=self._clock.now()
            )
        if report is None:
            return
        outcome = await self._post(client, report)
        async with database.transaction() as session:
            await service.settle_report(session, report=report, outcome=outcome, now=self._clock.now())

    async def _post(self, client: httpx.AsyncClient, report: Report) -> Outcome:
        """Send a report. A connection is used once: two names at one address must not share what TLS proved for one."""
        said: object
        headers = {
            "Content-Type": "application/problem+json" if report.is_problem else "application/ld+json",
            "Connection": "close",
            "GS1-EPCIS-Version": "2.0.0",
            "GS1-CBV-Version": "2.0.0",
        }
        if report.signature is not None:
            headers["GS1-Signature"] = report.signature
        try:
            async with asyncio.timeout(self._report_s):
                url = read_address(report.subscription.dest, is_strict=self._is_strict)
                target = await locate(url, is_strict=self._is_strict)
                async with client.stream(
                    "POST",
                    target.url,
                    content=report.body,
                    headers={**headers, **target.headers},
                    extensions=dict(target.extensions),
                ) as response:
                    said = response.status_code
        except (httpx.HTTPError, TargetError, TimeoutError) as error:
            said = f"{type(error).__name__}: {error}"
        else:
            if response.is_success:
                return Outcome.TAKEN
        log.warning("report_refused", subscription=str(report.subscription.id), said=said)
        return Outcome.TOO_LARGE if said == _TOO_LARGE else Outcome.FAILED
