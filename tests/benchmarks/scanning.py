"""Scanning: the pages behind a product's, a lot's and a label's code, each look counted; many labels, none of them hot."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import psycopg

from app.core.ids import uuid7
from app.core.signing import Signer
from tests.benchmarks.load import UnexpectedAnswerError, Visitor, expect
from traceability.labels.press import Press, link_of

LABELS = 5_000
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_SEED = 952


def print_labels(conninfo: str, scan: str, signer: Signer) -> list[str]:
    """Put so many labels of the demo's lot into the books; answers their signed paths."""
    _empty, _key, gtin, _lot, lot_code, _serial, first = scan.split("/")
    chosen = random.Random(_SEED)
    serials = ["".join(chosen.choices(_ALPHABET, k=12)) for _ in range(LABELS)]
    with psycopg.connect(conninfo) as connection:
        for serial in serials:
            connection.execute(
                "INSERT INTO serials (id, sheet_id, lot_id, gtin, serial, state, created_at) "
                "SELECT %s, sheet_id, lot_id, gtin, %s, state, created_at FROM serials WHERE gtin = %s AND serial = %s "
                "ON CONFLICT DO NOTHING",
                [uuid7(), serial, gtin, first],
            )
    press = Press("", signer)
    return [link_of(press, gtin=gtin, lot_code=lot_code, serial=serial) for serial in serials]


def count_scans(conninfo: str) -> int:
    """How many looks are in the books."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM scans").fetchone()
    return int(row[0]) if row else 0


def wait_for_scans(conninfo: str, expected: int, *, patience_s: float = 5) -> int:
    """Count the looks in the books once all are written: that takes up to a second."""
    deadline = time.monotonic() + patience_s
    while (found := count_scans(conninfo)) < expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def wait_until_told(conninfo: str, *, patience_s: float = 120) -> None:
    """Wait until what the demo wrote is told and logged: until then its stories change every five seconds."""
    waits = "SELECT EXISTS (SELECT 1 FROM chronicle_queue WHERE fault IS NULL) OR EXISTS (SELECT 1 FROM log_queue)"
    deadline = time.monotonic() + patience_s
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while (row := connection.execute(waits).fetchone()) is not None and row[0]:
            if time.monotonic() > deadline:
                raise UnexpectedAnswerError("what the demo wrote is not told yet")
            time.sleep(0.5)


class Scanning:
    """Looks one address after the other; `seen` counts the answers."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self.seen = 0

    async def look(self, visitor: Visitor) -> None:
        """Look at the next label."""
        path = self._paths[self.seen % len(self._paths)]
        self.seen += 1
        expect(await visitor.get(path), 200, path)


def levels(scan: str) -> dict[str, str]:
    """The addresses of a label's product and lot."""
    parts = scan.split("/")
    return {"GTIN": "/".join(parts[:3]), "lot": "/".join(parts[:5])}
