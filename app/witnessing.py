"""The command's way to the public log: looked over, proved, witnessed."""

from __future__ import annotations

import httpx

from app.core.db import Database
from app.core.settings import Settings
from traceability.chronicle.auditing import audit_labels
from traceability.events import service as events
from traceability.events.errors import AuditError
from traceability.transparency import commands, service
from traceability.transparency.commands import CommandError

PATIENCE_S = 30.0

__all__ = ["CommandError", "show_keys", "verify_file", "verify_other", "verify_own", "witness"]


async def verify_own(settings: Settings, url: str) -> tuple[int, int]:
    """Look over this instance's log, every event behind it and every label; answers how many entries and events. Raises `CommandError`."""
    async with Database(url, pool_size=2) as database:
        async with commands.open_own(database, commands.own_log(settings)) as fetch:
            seen = await commands.verify_log(settings, fetch, commands.own_key(settings))
        async with database.snapshot() as session:  # printers and tellers go on meanwhile
            try:
                count = await events.audit(session)
                await audit_labels(session)
            except AuditError as error:
                raise CommandError(f"sự kiện SAI: {error}") from error
    return seen.size, count


async def verify_other(settings: Settings, source: str, key: str | None) -> int:
    """Look over a log at an address or in a folder; answers its size. Raises `CommandError`."""
    wanted = commands.own_key(settings) if key is None else commands.parse_key(key)
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        seen = await commands.verify_log(settings, commands.open_source(source, client), wanted)
    return seen.size


def show_keys(settings: Settings) -> list[str]:
    """The keys of this instance: of its log, and as a witness of others."""
    own = service.open_witness(settings.public_url, commands.secret_of(settings))
    return [commands.own_key(settings).spell(), own.key.spell()]


def verify_file(settings: Settings, text: str, key: str | None) -> list[str]:
    """Check a proof offline; answers what it says. Raises `CommandError`."""
    wanted = commands.own_key(settings) if key is None else commands.parse_key(key)
    index, size, entry = commands.verify_file(text, wanted)
    return [
        f"Đúng: dòng thứ {index + 1} trong sổ {wanted.name}, khi sổ có {size} dòng.",
        f"Mã sự kiện: {events.describe_entry(entry)}",
    ]


async def witness(settings: Settings, source: str, key: str) -> int:
    """Sign another log's head if it goes on from what was signed before; answers its size. Raises `CommandError`."""
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        return await commands.witness(settings, source, commands.parse_key(key), client)
