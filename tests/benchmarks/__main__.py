"""Measure a whole demo instance and print a table in Markdown; `python -m tests.benchmarks --help`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import httpx
import psycopg

from app.core.postgres import EmbeddedPostgres
from tests.benchmarks import booking, booklet, buying, closing, load, pgbench, shop, tracing, visiting
from tests.benchmarks.load import Act, Figures, Visitor, expect
from tests.benchmarks.tracing import Server
from tests.serving import Instance, free_port

PARTS = ("pages", "scans", "orders", "booklet", "close", "capture", "finding", "visits", "shop")
ENOUGH = 1_000_000  # packs on every shelf, so that nobody measures "sold out"


@contextlib.contextmanager
def bare_server() -> Iterator[Server]:
    """The hello-world of the same server, on a port of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.hello", str(port)])
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.TransportError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.05)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(10)


def page(path: str) -> Act:
    """Ask for a page that must be there."""

    async def act(visitor: Visitor) -> None:
        expect(await visitor.get(path), 200, path)

    return act


def fill_shelves(conninfo: str) -> None:
    """Put enough on every shelf; orders then differ from real ones in nothing else."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("UPDATE stock_items SET on_hand = on_hand + %s", [ENOUGH])


def count_paid(conninfo: str) -> int:
    """How many payments the database knows as paid."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM payments WHERE state = 'paid'").fetchone()
    return int(row[0]) if row else 0


def describe_machine() -> str:
    """The machine in one line: a figure without it says nothing."""
    memory = next(
        line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal")
    )
    gigabytes = int(memory.split()[1]) / 1024**2
    cores = len(os.sched_getaffinity(0))
    load_now = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{cores} cores, {gigabytes:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load {load_now} (1, 5, 15 min) at this point"
    )


def row(name: str, figures: Figures, hello: Figures) -> str:
    """One line of the table."""
    ratio = figures.per_second / hello.per_second
    return (
        f"| {name} | {figures.per_second:,.0f} | {figures.p50_ms:.1f} | {figures.p99_ms:.1f} | {ratio:.2f} |"
    )


async def measure_pages(port: int, links: dict[str, str], *, clients: int, seconds: float) -> list[str]:
    """The hello-world first, then the pages, in one table."""
    with bare_server() as bare:
        hello = await load.measure(bare.port, page("/"), clients=clients, seconds=seconds)
        lines = [row("hello-world, same server", hello, hello)]
        async with Visitor(port) as visitor:
            offer = expect(await visitor.get(links["product"]), 200, "product").text
        basket = buying.Buying([buying.find_variant(offer)])

        async def show_basket(visitor: Visitor) -> None:
            if not visitor.cookies:
                await basket.fill(visitor)
            expect(await visitor.get("/cart"), 200, "basket")

        acts = {
            "scan page (a label's own)": page(links["scan"]),
            "home": page(links["home"]),
            "search": page("/search?q=che"),
            "product": page(links["product"]),
            "basket (private, never cached)": show_basket,
        }
        for name, act in acts.items():
            lines.append(row(name, await load.measure(port, act, clients=clients, seconds=seconds), hello))
    return lines


async def measure_orders(
    port: int, links: dict[str, str], *, clients: int, seconds: float
) -> tuple[Figures, int]:
    """Whole orders, and how many were paid in all (also while warming up)."""
    async with Visitor(port) as visitor:
        offer = expect(await visitor.get(links["product"]), 200, "product").text
    buyers = buying.Buying([buying.find_variant(offer)])
    figures = await load.measure(
        port, buyers.order, clients=clients, seconds=seconds, warm_up=load.UNTIL_WARM_S
    )
    return figures, buyers.paid


def main() -> None:
    """Start an instance, measure, print, and leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="how long each line is measured")
    parser.add_argument("--clients", type=int, default=8, help="visitors at once")
    parser.add_argument("--events", type=int, help="events in the store that is searched")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS, help="some parts alone")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # by way of `finally`
    asked = {"clients": given.clients, "seconds": given.seconds}
    instance = Instance(
        is_measured=True,
        CHOPHIEN_BANK_ACCOUNT=buying.ACCOUNT,
        CHOPHIEN_BANK_ACCOUNT_NAME=buying.ACCOUNT_NAME,
        CHOPHIEN_SEPAY_SECRET=buying.SECRET,
        CHOPHIEN_TRUSTED_PROXIES="1",
    )
    try:
        say(describe_machine())
        started = instance.start()
        say(f"First start with the demo: {started:.1f} s.")
        instance.stop()
        say(f"Second start: {instance.start():.1f} s.\n")
        with EmbeddedPostgres(instance.folder / "var" / "postgres") as server:
            report(instance, server, asked, given.only)
            report_tracing(instance, server, asked, given.only, tracing.events_asked(given.events))
    finally:
        instance.remove()


def report(
    instance: Instance, server: EmbeddedPostgres, asked: dict[str, int], parts: Collection[str]
) -> None:
    """Measure the market; UnexpectedAnswerError when it took another number of payments than were sent."""
    say(f"{asked['clients']} clients, {asked['seconds']} s each, one web process and one worker, fsync on.\n")
    if "pages" in parts:
        say("| page | requests/s | p50 ms | p99 ms | to hello-world |\n| --- | ---: | ---: | ---: | ---: |")
        for line in asyncio.run(measure_pages(instance.port, instance.links(), **asked)):
            say(line)
    if "orders" in parts:
        report_orders(instance, server, asked)
    if "booklet" in parts:
        made = asyncio.run(booklet.measure(instance.port, server.url()))
        say(f"\n| booklet of {booklet.ENTRIES:,} entries | median s | slowest s | KiB |")
        say("| --- | ---: | ---: | ---: |")
        for kind in made.seconds:
            say(made.row(kind))
    if "visits" in parts:
        report_visits(instance, server, asked)
    if "close" in parts:
        closed = asyncio.run(closing.measure(server.url()))
        say(f"\n| close of a month with {closed.orders:,} orders | |\n| --- | ---: |")
        say(f"| journals of the month, entries of all books | {closed.journals:,}, {closed.entries:,} |")
        say(f"| the month written in | {closed.filled_s:.0f} s |")
        say(
            "| closed in (one after the other) | "
            + ", ".join(f"{took:.2f} s" for took in closed.seconds)
            + " |"
        )


def report_visits(instance: Instance, server: EmbeddedPostgres, asked: dict[str, int]) -> None:
    """Measure the free seats of a tour's year."""
    year = asyncio.run(visiting.measure_year(instance.port, server.url(), **asked))
    say(f"\n| a tour's year: {year.dates} dates, {visiting.PARTIES} bookings each | p50 ms | p99 ms |")
    say("| --- | ---: | ---: |")
    say(f"| its free seats, the select and its objects | {year.p50_ms:.1f} | {year.p99_ms:.1f} |")
    say(f"| the page of a month, cached | {year.page.p50_ms:.1f} | {year.page.p99_ms:.1f} |")
    report_bookings(instance, server, seconds=asked["seconds"])


def report_bookings(instance: Instance, server: EmbeddedPostgres, *, seconds: float) -> None:
    """Measure bookings, next to the hello-world of the same minute."""
    instance.stop()
    instance.environment["CHOPHIEN_WORKERS"] = str(booking.WEB_PROCESSES)
    instance.start()
    with bare_server() as bare:
        hello = asyncio.run(load.measure(bare.port, page("/"), clients=booking.CLIENTS, seconds=seconds))
    booked = asyncio.run(
        booking.measure_bookings(
            instance.port, server.url(), seconds=seconds, taken=visiting.PARTIES // 2 * 2
        )
    )
    say(
        f"\n| hold and confirm, {booking.CLIENTS} clients, {booking.WEB_PROCESSES} web processes | |\n| --- | ---: |"
    )
    say(f"| bookings/s | {booked.per_second:,.1f} |")
    say(f"| p50, p95, p99 | {booked.p50_ms:.0f} ms, {booked.p95_ms:.0f} ms, {booked.p99_ms:.0f} ms |")
    say(f"| hello-world/s, one process of the same server | {hello.per_second:,.0f} |")
    say(f"| bookings to hello-world | {booked.per_second / hello.per_second:.4f} |")
    instance.environment.pop("CHOPHIEN_WORKERS")


def report_orders(instance: Instance, server: EmbeddedPostgres, asked: dict[str, int]) -> None:
    """Measure whole orders next to what the database does alone."""
    conninfo = server.url().replace("+psycopg", "", 1)
    fill_shelves(conninfo)
    before = count_paid(conninfo)
    orders, sent = asyncio.run(measure_orders(instance.port, instance.links(), **asked))
    booked = count_paid(conninfo) - before
    if booked != sent:
        raise load.UnexpectedAnswerError(f"{sent} orders were paid, {booked} are in the books")
    alone = pgbench.measure(server, **asked)
    say("\n| whole order: basket, checkout, page, paid | |\n| --- | ---: |")
    say(f"| orders/s ({sent} paid, as many in the books) | {orders.per_second:,.1f} |")
    say(f"| p50, p99 | {orders.p50_ms:.0f} ms, {orders.p99_ms:.0f} ms |")
    say(f"| pgbench on the same server, 1 client | {alone.alone:,.0f} tx/s |")
    say(f"| pgbench on the same server, {asked['clients']} clients | {alone.together:,.0f} tx/s |")
    say(f"| orders to pgbench transactions | 1 : {alone.together / orders.per_second:,.0f} |")


def report_tracing(
    instance: Instance, server: EmbeddedPostgres, asked: dict[str, int], parts: Collection[str], events: int
) -> None:
    """Measure traceability; the store comes last, for it makes everything behind it slower."""
    if "scans" in parts:
        say("")
        with bare_server() as bare:
            tracing.report_scans(instance, server, bare, say, **asked)
    if "capture" in parts:
        say("")
        tracing.report_capture(instance, server, say, seconds=asked["seconds"])
    if "finding" in parts:
        say("")
        tracing.report_finding(instance, server, say, events=events, **asked)
    if "shop" in parts:
        with bare_server() as bare:
            conninfo = server.url().replace("+psycopg", "", 1)
            shop.report(instance, conninfo, bare.port, count_paid, say, seconds=asked["seconds"])
    say(f"\n{describe_machine()}")


def say(line: str) -> None:
    """Print at once, for whoever watches."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
