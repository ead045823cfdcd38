"""A big print job: the worker sets it while pages go on answering, and every symbol leads where it says.

Five hundred labels in `make test`; `CHOPHIEN_SOAK=1` prints ten thousand, and then holds time and memory to their limits.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.instances import write_into
from tests.factories.traceability import NOW, make_lot, make_workshop
from tests.serving import Instance, named, resident_mb
from tests.symbols import read_pages
from traceability.labels import service
from traceability.labels.schemas import Layout

IS_SOAK = bool(os.environ.get("CHOPHIEN_SOAK"))
LABELS = 10_000 if IS_SOAK else 700  # two files at least
WAIT_S = 600.0
JOB_S = 120.0
MEMORY_MB = 300.0
PEOPLE = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (Android; Mobile)"}


async def order_labels(session: AsyncSession) -> UUID:
    """A lot of two tonnes, and a print job of it."""
    shop = await make_workshop(session)
    lot = await make_lot(session, shop, quantity_g=2_000_000)
    sheet = await service.print_labels(
        session, lot_id=lot.id, count=LABELS, layout=Layout.A4, person_id=shop.person_id, now=NOW
    )
    return sheet.id


def is_ready(conninfo: str, sheet_id: UUID) -> bool:
    """Whether the worker is done with it."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT pdf_key FROM label_sheets WHERE id = %s", [sheet_id]).fetchone()
    return row is not None and row[0] is not None


def decode(pdf: bytes) -> list[str]:
    """Every symbol of a file, as a reader sees it."""
    return [symbol for page in read_pages(pdf) for symbol in page]


def test_every_symbol_of_a_big_job_decodes_and_answers() -> None:
    """Set by the worker while pages answer; each symbol is read back once, is one of the job's, and its page is signed."""
    instance = Instance(demo=False, is_measured=True)
    data = instance.database()
    try:
        instance.start()
        assert instance.process is not None
        [worker] = named(instance.process.pid, "chophien-worker")
        data.start()
        conninfo = data.url().replace("+psycopg", "")
        began = time.monotonic()
        sheet_id = write_into(instance, order_labels)
        slowest, memory = 0.0, 0.0
        with httpx.Client(base_url=instance.base, headers=PEOPLE, timeout=30) as visitor:
            while not is_ready(conninfo, sheet_id):
                assert time.monotonic() - began < WAIT_S
                asked = time.monotonic()
                assert visitor.get("/").status_code == 200
                slowest = max(slowest, time.monotonic() - asked)
                memory = max(memory, resident_mb(worker))
                time.sleep(0.1)
            took = time.monotonic() - began
            files = sorted(Path(instance.folder, "var").rglob(f"labels/{sheet_id}*.pdf"))
            read = [address for file in files for address in decode(file.read_bytes())]
            with psycopg.connect(conninfo) as connection:
                rows = connection.execute(
                    "SELECT serial FROM serials WHERE sheet_id = %s", [sheet_id]
                ).fetchall()
            assert len(read) == LABELS and {one.partition("/21/")[2][:13] for one in read} == {row[0] for row in rows}  # fmt: skip
            for address in read:
                answer = visitor.get(address.replace(instance.base, ""))
                assert answer.status_code == 200 and "Chữ ký số trong mã đúng là của chợ" in answer.text
        print(f"{LABELS} labels: {took:.0f} s, slowest page {slowest:.2f} s, worker {memory:.0f} MB")  # noqa: T201 - shown by `pytest -s`
        if IS_SOAK:  # by hand, on a quiet machine
            assert took <= JOB_S and memory < MEMORY_MB and slowest < WAIT_S / 100
    finally:
        data.stop()
        instance.remove()
