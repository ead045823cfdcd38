"""The tables of traceability: pages behind codes, capture, and finding among a million events."""

from __future__ import annotations

import asyncio
import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.core.postgres import EmbeddedPostgres
from app.core.secret import load_secret
from app.core.settings import Settings
from tests.benchmarks import capturing, finding, recalling, scanning
from tests.benchmarks.capturing import PER_DOCUMENT, PROFILED, ROUNDS, Capturing
from tests.benchmarks.load import Act, Figures, UnexpectedAnswerError, Visitor, expect, measure
from tests.serving import Instance, named
from traceability.labels.press import label_signer

FEW, MANY = 50_000, 1_000_000
PROGRAMS = (1, 2, 4)
_PAIRS = 9
_FIRST_CAPTURED = 2_000_000
"""Cases that are captured have numbers behind those of the store: nothing comes twice."""

Say = Callable[[str], None]


def events_asked(said: int | None) -> int:
    """How large the store shall be: as said, a million in a soak, else few."""
    return said or (MANY if os.environ.get("CHOPHIEN_SOAK") else FEW)


# ---------------------------------------------------------------- pages behind codes


@dataclass(frozen=True)
class Server:
    """A server's port and process."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """The time that its process has worked: what others do on the machine is not in it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Paired:
    """A page next to the hello-world of the same minute: medians of some pairs; ratios to hello-world's."""

    per_second: float
    p50_ms: float
    p99_ms: float
    ratio: float
    cpu_us: float
    cpu_ratio: float


@dataclass
class Counted:
    """An act that counts itself: the warming up costs work too."""

    act: Act
    done: int = 0

    async def run(self, visitor: Visitor) -> None:
        """Do it."""
        await self.act(visitor)
        self.done += 1


async def hello(visitor: Visitor) -> None:
    """The bare server's one page."""
    expect(await visitor.get("/"), 200, "hello-world")


async def measure_work(server: Server, act: Act, *, clients: int, seconds: float) -> tuple[Figures, float]:
    """The figures of an act, and the microseconds that the server's process worked for one."""
    counted = Counted(act)
    before = server.cpu_s()
    figures = await measure(server.port, counted.run, clients=clients, seconds=seconds, warm_up=0.5)
    return figures, 1_000_000 * (server.cpu_s() - before) / counted.done


async def measure_paired(server: Server, bare: Server, act: Act, *, clients: int, seconds: float) -> Paired:
    """Hello-world, page, hello-world, page: a machine that others use is not the same for long."""
    pairs = []
    for _ in range(_PAIRS):
        plain, plain_us = await measure_work(bare, hello, clients=clients, seconds=seconds / _PAIRS)
        page, page_us = await measure_work(server, act, clients=clients, seconds=seconds / _PAIRS)
        pairs.append(
            (
                page.per_second, page.p50_ms, page.p99_ms, page.per_second / plain.per_second,
                page_us, plain_us / page_us,
            )
        )  # fmt: skip
    return Paired(*(statistics.median(values) for values in zip(*pairs, strict=True)))


def report_scans(
    instance: Instance, server: EmbeddedPostgres, bare: Server, say: Say, *, clients: int, seconds: float
) -> None:
    """Measure the pages behind a product's, a lot's and a label's code; a look that is not counted is an error."""
    assert instance.process is not None
    web = Server(instance.port, named(instance.process.pid, "chophien-web")[0])
    conninfo = server.url().replace("+psycopg", "", 1)
    scan = instance.links()["scan"]
    signer = label_signer(load_secret(Settings(data_dir=Path(instance.environment["CHOPHIEN_DATA_DIR"]))))
    labels = scanning.print_labels(conninfo, scan, signer)
    pages = {**{name: [path] for name, path in scanning.levels(scan).items()}, "label (signed)": labels}
    scanning.wait_until_told(conninfo)
    say(
        "| code of | requests/s | p50 ms | p99 ms | to hello-world | CPU of the web process | to hello-world |"
    )
    say("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    before, seen = scanning.count_scans(conninfo), 0
    for name, paths in pages.items():
        looking = scanning.Scanning(paths)
        found = asyncio.run(measure_paired(web, bare, looking.look, clients=clients, seconds=seconds))
        seen += looking.seen
        say(
            f"| {name} | {found.per_second:,.0f} | {found.p50_ms:.1f} | {found.p99_ms:.1f} | {found.ratio:.2f} "
            f"| {found.cpu_us:.0f} µs | {found.cpu_ratio:.2f} |"
        )
    written = scanning.wait_for_scans(conninfo, before + seen) - before
    if written != seen:
        raise UnexpectedAnswerError(f"{seen} looks, {written} in the books")
    say(f"\n{seen:,} looks, as many in the books.")


# ---------------------------------------------------------------- events


def report_capture(instance: Instance, server: EmbeddedPostgres, say: Say, *, seconds: float) -> None:
    """Measure capture over HTTP, and the steps of one process."""
    key = _make_key(instance, "epcis")
    sending = Capturing(key, _FIRST_CAPTURED)
    say(
        f"| capture, documents of {PER_DOCUMENT} | events/s | p50 ms | p99 ms |\n| --- | ---: | ---: | ---: |"
    )
    for programs in PROGRAMS:
        found = asyncio.run(capturing.measure_clients(instance.port, sending, programs, seconds=seconds))
        rate = found.per_second * PER_DOCUMENT
        say(f"| {programs} at once | {rate:,.0f} | {found.p50_ms:.0f} | {found.p99_ms:.0f} |")
    steps = asyncio.run(capturing.profile(server.url(), start=2 * _FIRST_CAPTURED))
    say(f"\n| one process, ms a document (median of {ROUNDS} times {PROFILED}) | | |\n| --- | ---: | ---: |")
    for step, took in steps.items():
        say(f"| {step} | {took:.1f} | {100 * took / steps['whole']:.0f} % |")


def report_finding(
    instance: Instance, server: EmbeddedPostgres, say: Say, *, events: int, clients: int, seconds: float
) -> None:
    """Load the store and ask it for the history of single packs."""
    took = finding.load(server.url().replace("+psycopg", "", 1), events)
    say(f"{events:,} events loaded by COPY in {took:.0f} s.\n")
    key = _make_key(instance, "inspector")
    packs = finding.choose_packs(events)
    say("| MATCH_anyEPC | queries/s | p50 ms | p99 ms |\n| --- | ---: | ---: | ---: |")
    for asking in sorted({1, clients}):
        found = asyncio.run(finding.measure_http(instance.port, key, packs, clients=asking, seconds=seconds))
        say(
            f"| over HTTP, {asking} at once | {found.per_second:,.0f} | {found.p50_ms:.1f} | {found.p99_ms:.1f} |"
        )
    alone = asyncio.run(finding.measure_service(server.url(), packs))
    say(f"| the service alone | {1000 / alone.p50_ms:,.0f} | {alone.p50_ms:.1f} | {alone.p99_ms:.1f} |")
    walked = asyncio.run(recalling.measure(server.url()))
    say(
        f"\n| recall: {recalling.ORDERS:,} parcels in {recalling.DEPTH} steps, and back | median ms | slowest of {recalling.ROUNDS} |"
        "\n| --- | ---: | ---: |"
    )
    say(f"| the walk alone | {walked.p50_ms:,.0f} | {walked.slowest_ms:,.0f} |")


def _make_key(instance: Instance, kind: str) -> str:
    return instance.run("keys", "create", "--kind", kind, "--name", "bench").stdout.strip()
