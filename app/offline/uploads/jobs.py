"""Work after commit: sweeping up."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.offline.uploads import repository, service
from app.offline.uploads.receiving import FOLDER

if TYPE_CHECKING:
    from app.core.db import Database
    from app.core.files import Files

_UUID_LENGTH = 36


async def sweep(database: Database, *, now: datetime, files: Files) -> None:
    """Nightly: drop what waited too long, and every piece whose file is not under way (any more)."""
    async with database.transaction() as session:
        await service.forget_old(session, now=now)
    keys = await files.list_keys(FOLDER)
    by_id: dict[UUID, list[str]] = {}
    for key in keys:
        with contextlib.suppress(ValueError):
            by_id.setdefault(UUID(key.rpartition("/")[2][:_UUID_LENGTH]), []).append(key)
    async with database.transaction() as session:
        live = await repository.list_open_ids(session, by_id.keys())
    for upload_id in by_id.keys() - live:
        for key in by_id[upload_id]:
            await files.delete(key)
