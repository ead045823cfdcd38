"""Power cuts: the server is killed in the middle of checkouts, and the books stay whole."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

from app.core.ids import uuid7
from tests.books import read_breaches
from tests.serving import Instance
from tests.shared_demo import demo_instance

CHECKOUTS, KILLS = (1_000, 10) if os.environ.get("CHOPHIEN_SOAK") else (50, 1)
ROUND = CHECKOUTS // KILLS
PATIENCE_S = 120
BUYERS = 8
TOUR = "mot-buoi-hai-che-tan-cuong"
HEADERS = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "vi"}


@dataclass
class Answered:
    """What buyers were told before the power went."""

    orders: list[str] = field(default_factory=list)
    bookings: list[str] = field(default_factory=list)
    errors: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def _order(client: httpx.Client, variant_id: str, number: int) -> str:
    """Put one pack into a fresh basket and order it; answers the private page's path."""
    client.cookies.clear()
    added = client.post("/cart/lines", data={"variant_id": variant_id, "quantity": "1"})
    if added.status_code != 303:
        raise httpx.HTTPError(f"{added.status_code}: {added.text[-300:]}")
    page = client.get("/checkout").raise_for_status().text
    total = page.split('name="total" value="')[1].split('"')[0]
    placed = client.post(
        "/checkout",
        data={
            "name": f"Người mua {number}", "phone": f"09{number:08}", "commune_text": "Phường Ba Đình",
            "commune_code": "00004", "line": "số 1", "total": total,
        },
        headers={"X-Forwarded-For": f"10.0.{number // 250}.{number % 250}"},
    )  # fmt: skip
    if placed.status_code != 303:
        raise httpx.HTTPError(f"{placed.status_code}: {placed.text[-300:]}")
    return placed.headers["location"]


def _pay(client: httpx.Client, path: str) -> None:
    """Let the demo's bank report the exact amount; a repeat after the restart is the bank's own affair."""
    bank = client.get(path).raise_for_status().text.split('href="/demo/bank/')[1].split('"')[0].split("?")[0]
    client.post(f"/demo/bank/{bank}", data={"act": "exact", "back": path})


def _book(client: httpx.Client, slug: str, number: int) -> str | None:
    """Hold a seat on the newest date; answers the private page's path, or None when the date is full."""
    form = client.get(f"/tours/{slug}/book").raise_for_status().text
    departure = form.split('name="departure_id" value="')[-1].split('"')[0]
    unit = form.split('name="unit_')[1].split('"')[0]
    held = client.post(
        f"/tours/{slug}/book",
        data={
            "id": str(uuid7()), "departure_id": departure, f"unit_{unit}": "1",
            "contact_name": f"Khách {number}", "contact_phone": "0912 345 678",
        },
    )  # fmt: skip
    return held.headers["location"] if held.status_code == 303 else None


def _buy(
    instance: Instance, variant_id: str, numbers: list[int], answered: Answered, gone: threading.Event
) -> None:
    with httpx.Client(base_url=instance.base, headers=HEADERS, timeout=20) as client:
        for number in numbers:
            if gone.is_set():
                return
            try:
                path = _order(client, variant_id, number)
                with answered.lock:
                    answered.orders.append(path)
                if number % 3 == 0:
                    _pay(client, path)
                if number % 4 == 0 and (seat := _book(client, TOUR, number)):
                    with answered.lock:
                        answered.bookings.append(seat)
            except (httpx.HTTPError, IndexError):
                with answered.lock:
                    answered.errors += 1


def _postmaster(instance: Instance) -> int:
    """The process id of the instance's own database server."""
    data = instance.database()
    data.start()
    try:
        with psycopg.connect(data.url().replace("+psycopg", "")) as connection:
            row = connection.execute(
                "SELECT setting FROM pg_settings WHERE name = 'data_directory'"
            ).fetchone()
        assert row is not None
        return int((Path(row[0]) / "postmaster.pid").read_text().splitlines()[0])
    finally:
        data.stop()


def _one(connection: psycopg.Connection[tuple[object, ...]], query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(str(row[0] or 0))


def _check_books(instance: Instance, answered: Answered) -> None:
    """Every answered order exists once, and nothing of money, goods or seats is lost or doubled (tests/books.py)."""
    assert len(set(answered.orders)) == len(answered.orders)
    with httpx.Client(base_url=instance.base, headers=HEADERS, timeout=20) as client:
        for path in answered.orders + answered.bookings:
            assert client.get(path).status_code == 200, path
    data = instance.database()
    data.start()
    try:
        with psycopg.connect(data.url().replace("+psycopg", "")) as connection:
            assert read_breaches(connection) == []
            placed = "SELECT count(*) FROM orders WHERE buyer_name LIKE 'Người mua %'"
            assert _one(connection, placed) >= len(answered.orders)
    finally:
        data.stop()


def _cut_power(
    instance: Instance, variant_id: str, victim: str, answered: Answered, first: int, percent: int
) -> None:
    """Let buyers order, and kill when so many percent of this round's orders were answered."""
    postmaster, gone, known = _postmaster(instance), threading.Event(), len(answered.orders)
    share = [list(range(first + start, first + ROUND, BUYERS)) for start in range(BUYERS)]
    with ThreadPoolExecutor(BUYERS) as pool:
        futures = [pool.submit(_buy, instance, variant_id, numbers, answered, gone) for numbers in share]
        wanted, deadline = known + ROUND * percent // 100, time.monotonic() + PATIENCE_S
        while len(answered.orders) < wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        if victim == "database":
            os.kill(postmaster, signal.SIGKILL)
        instance.kill()
        gone.set()
        for future in futures:
            future.result(60)
    assert wanted <= len(answered.orders) < known + ROUND


@pytest.mark.parametrize("victim", ["server", "database"])
def test_a_power_cut_in_the_middle_of_checkouts_loses_and_doubles_nothing(victim: str) -> None:
    """`kill -9` in the middle of many checkouts: after the restart every answered order is there once, the books sum up."""
    instance = demo_instance()
    instance.environment["CHOPHIEN_TRUSTED_PROXIES"] = "1"  # each order comes from a network of its own
    try:
        instance.start()
        with psycopg_url(instance) as connection:
            row = connection.execute(
                "SELECT v.id FROM variants v JOIN stock_items s ON s.variant_id = v.id WHERE v.sold_by = 'piece' "
                "ORDER BY s.on_hand - s.reserved - s.allocated DESC LIMIT 1"
            ).fetchone()
            assert row is not None
            variant_id = str(row[0])
            connection.execute(
                "UPDATE stock_items SET on_hand = on_hand + 10000 WHERE variant_id = %s", (variant_id,)
            )
        answered, chance = Answered(), random.Random(victim)
        for number in range(KILLS):
            _cut_power(instance, variant_id, victim, answered, number * ROUND, chance.randint(30, 80))
            instance.start()
        assert answered.bookings
        _check_books(instance, answered)
        with httpx.Client(base_url=instance.base, headers=HEADERS, timeout=20) as client:
            assert client.get(_order(client, variant_id, CHECKOUTS + 1)).status_code == 200
    finally:
        instance.remove()


class psycopg_url:  # noqa: N801 - reads as a function: a connection to the instance's database
    """A connection to the instance's own database, which stays up while it is used."""

    def __init__(self, instance: Instance) -> None:
        self._data = instance.database()

    def __enter__(self) -> psycopg.Connection[tuple[object, ...]]:
        self._data.start()
        self._connection = psycopg.connect(self._data.url().replace("+psycopg", ""), autocommit=True)
        return self._connection

    def __exit__(self, *_exc: object) -> None:
        self._connection.close()
        self._data.stop()
