"""The bundle: every page that one person's phone keeps, in one answer, so that a slow line is asked once."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.offline import transport
from app.offline.ports import KeptPage, OfflineRooms
from app.web.house import house_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from fastapi import Request
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.accounts.models import Person

MOST_PAGES = 120
# A kept form is filled in many times: its id is made on the phone each time, never taken from the page.
_OWN_IDS = re.compile(rb'(<input type="hidden" name="(?:id|void_id)" value=")[^"]*"')


@dataclass(frozen=True)
class Bundle:
    """The pages as JSON and the tag of their content."""

    body: bytes
    etag: str


async def list_pages(request: Request, session: AsyncSession, person: Person) -> list[KeptPage]:
    """The pages of all rooms for this person, each path once."""
    found: dict[str, KeptPage] = {}
    for source in house_of(request).port(OfflineRooms).sources:
        for page in await source(request, session, person):
            found.setdefault(page.path, page)
    return list(found.values())[:MOST_PAGES]


async def make_bundle(request: Request, pages: Iterable[KeptPage], *, person_id: UUID) -> Bundle | None:
    """Ask our own routes for each page; one that this person may not see is left out.

    None when nobody waits for it any more: who taps through pages asks anew on each, and leaves before the answer.
    """
    kept: list[dict[str, object]] = []
    data: list[dict[str, object]] = []
    files: dict[str, None] = {}
    for page in pages:
        if await request.is_disconnected():
            return None
        accept = "application/json" if page.is_data else "text/html"
        reply = await transport.call(request, method="GET", target=page.path, accept=accept, is_kept=True)
        if reply.status != 200:  # noqa: PLR2004 - the status that means "here is the page"
            continue
        files |= dict.fromkeys(page.files)
        until = page.until.isoformat() if page.until else None
        if page.is_data:
            data.append({"path": page.path, "until": until, "json": reply.body.decode()})
        else:
            html = _OWN_IDS.sub(rb'\1"', reply.body).decode()
            kept.append({"path": page.path, "is_first": page.is_first, "until": until, "html": html})
    said = {"person": str(person_id), "pages": kept, "data": data, "files": list(files)}
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return Bundle(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"')
