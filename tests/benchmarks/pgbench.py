"""pgbench: what the same database server does alone (TPC-B, the tool's own transaction: five statements, one commit)."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from sqlalchemy import make_url

from app.core.postgres import EmbeddedPostgres

DATABASE = "pgbench"
SCALE = 10  # a million accounts; fewer branches than clients would measure their queue
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


@dataclass(frozen=True)
class Transactions:
    """Transactions per second with one client, and with many."""

    alone: float
    together: float


def measure(server: EmbeddedPostgres, *, clients: int, seconds: int) -> Transactions:
    """Fill a database of its own on the running server, measure, and drop it."""
    server.drop_database(DATABASE)
    server.create_database(DATABASE)
    try:
        _run(server, "--initialize", "--quiet", f"--scale={SCALE}")
        return Transactions(
            _rate(_run(server, "--client=1", f"--time={seconds}")),
            _rate(_run(server, f"--client={clients}", "--jobs=2", f"--time={seconds}")),
        )
    finally:
        server.drop_database(DATABASE)


def _run(server: EmbeddedPostgres, *options: str) -> str:
    address = make_url(server.url(DATABASE))
    where = [f"--host={address.query['host']}", f"--port={address.query['port']}", "--username=postgres"]
    done = subprocess.run(
        [server.binaries / "pgbench", *where, *options, DATABASE], capture_output=True, text=True, check=True
    )
    return done.stdout


def _rate(report: str) -> float:
    found = _TPS.search(report)
    if found is None:
        raise LookupError(f"pgbench reported no rate: {report[-500:]}")
    return float(found[1])
