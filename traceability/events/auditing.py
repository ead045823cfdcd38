"""The audit: every stored event against its hash and its log entry."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from traceability.events import errors, repository
from traceability.events.capturing import LEAF_LENGTH, make_leaf
from traceability.events.checking import read_instant
from traceability.events.hashing import hash_event, name_of
from traceability.events.models import StoredEvent
from traceability.events.repository import Cursor
from traceability.transparency import service as transparency

_BATCH = 500
_DIGEST = 32


async def audit(session: AsyncSession) -> int:
    """Compute every event's hash and log entry anew; answers how many there are. Raises `AuditError` at the first fault."""
    after: Cursor | None = None
    count = 0
    while True:
        rows = await repository.list_whole(session, after=after.sequence if after else 0, limit=_BATCH)
        if not rows:
            return count
        contexts = await repository.list_contexts(session, {row.context_id for row in rows})
        leaves: dict[bytes, str] = {}
        for row in rows:
            if not _is_whole(row, contexts.get(row.context_id, {})):
                raise errors.AuditError(f"{row.event_id}: nội dung không khớp với mã băm")
            leaves[make_leaf(row.digest, row.document)] = row.event_id
        missing = await transparency.find_missing(session, list(leaves))
        if missing:
            raise errors.AuditError(f"{leaves[missing[0]]}: không có trong sổ công khai")
        count += len(rows)
        after = Cursor(rows[-1].sequence)


def _is_whole(row: StoredEvent, namespaces: Mapping[str, str]) -> bool:
    """Whether what stands beside an event is what the event itself says."""
    try:
        event = json.loads(row.document)
        return (
            hash_event(event, namespaces) == row.digest
            and event["eventID"] == row.event_id
            and ("errorDeclaration" in event) == row.is_error
            and read_instant(event["eventTime"]) == row.event_time
        )
    except (ValueError, KeyError, TypeError, AttributeError):  # it is no event any more
        return False


def describe_entry(entry: bytes) -> str:
    """What a log entry names: the event id that its hash makes; other entries in hexadecimal."""
    return name_of(entry[:_DIGEST]) if len(entry) == LEAF_LENGTH else entry.hex()
