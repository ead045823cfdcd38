"""The desk: many who ask for single labels at once are answered by one query.

While a query is on its way, whoever comes waits for the next one: alone nobody waits, and a crowd shares the way to the
database, which costs more than what it brings.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from traceability.scans import service as scans
from traceability.scans.history import Name, Scanned
from traceability.scans.service import ScanBuffer

if TYPE_CHECKING:
    from app.web.house import House


class LabelDesk:
    """Answers what is known of labels, at the moment of the query and never from memory."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._waiting: list[tuple[Name, asyncio.Future[Scanned]]] = []
        self._work: asyncio.Task[None] | None = None

    async def find(self, gtin: str, serial: str) -> Scanned:
        """Find a label and the looks at it. What the database raises reaches everybody who waited for it."""
        future: asyncio.Future[Scanned] = asyncio.get_running_loop().create_future()
        self._waiting.append(((gtin, serial), future))
        if self._work is None:
            self._work = asyncio.create_task(self._answer())
        return await future

    async def _answer(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                try:
                    found = await self._read({name for name, _future in asked})
                except Exception as error:  # noqa: BLE001 - it belongs to those who asked
                    for _name, future in asked:
                        if not future.done():
                            future.set_exception(error)
                else:
                    for name, future in asked:
                        if not future.done():  # who went away is not answered
                            future.set_result(found[name])
        finally:
            self._work = None

    async def _read(self, names: set[Name]) -> dict[Name, Scanned]:
        house = self._house
        fetch = house.database.line.fetch_rows
        return await scans.read_labels(fetch, house.port(ScanBuffer), names, now=house.clock.now())
