"""Capture: from documents to rows, without a database: checked, named, hashed, read for the index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from traceability.events.checking import EventError, check_event
from traceability.events.facts import Facts, list_terms
from traceability.events.hashing import hash_event, name_of
from traceability.events.reading import namespaces_of

LEAF_LENGTH = 64
MOST_DOCUMENT = 60_000
"""Bytes of one event: what one column and one log entry hold with room to spare."""


@dataclass(frozen=True)
class Prepared:
    """An event that may be stored."""

    event_id: str
    is_error: bool
    digest: bytes
    event_time: datetime
    namespaces: Mapping[str, str]
    context_id: int
    terms: Sequence[int]
    document: str

    @property
    def leaf(self) -> bytes:
        """What the log holds of it."""
        return make_leaf(self.digest, self.document)


@dataclass(frozen=True)
class Faulty:
    """An event of a document that is none."""

    place: int
    reason: str


def make_leaf(digest: bytes, document: str) -> bytes:
    """A log entry: the event hash, and the hash of the very bytes that are stored.

    The event hash alone leaves the id, an error declaration and the spelling of numbers open.
    """
    return digest + hashlib.sha256(document.encode()).digest()


def prepare(events: Sequence[Any], namespaces: Mapping[str, str]) -> tuple[list[Prepared], list[Faulty]]:
    """Check and read the events of one document."""
    good: list[Prepared] = []
    bad: list[Faulty] = []
    for place, event in enumerate(events):
        try:
            good.append(prepare_event(event, namespaces))
        except EventError as error:
            bad.append(Faulty(place, str(error)))
    return good, bad


def prepare_event(event: Any, outer: Mapping[str, str]) -> Prepared:
    """Check and read one event; raises `EventError`."""
    if not isinstance(event, dict):
        raise EventError("an event must be an object")
    namespaces = namespaces_of(event, outer)
    check_event(event, namespaces)
    kept = {name: value for name, value in event.items() if name not in {"recordTime", "@context"}}
    try:
        digest = hash_event(event, namespaces)
    except UnicodeEncodeError as error:
        raise EventError("text holds half a character") from error
    kept.setdefault("eventID", name_of(digest))
    document = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    if len(document) > MOST_DOCUMENT:
        raise EventError(f"an event may have {MOST_DOCUMENT} characters at most")
    used = used_namespaces(document, namespaces)
    facts = Facts(kept, used)
    return Prepared(
        event_id=kept["eventID"],
        is_error="errorDeclaration" in kept,
        digest=digest,
        event_time=facts.happened_at,
        namespaces=used,
        context_id=context_key(used),
        terms=list_terms(facts),
        document=document,
    )


def used_namespaces(document: str, namespaces: Mapping[str, str]) -> dict[str, str]:
    """The prefixes that an event uses, so that answers are not burdened with those that it does not."""
    return {prefix: uri for prefix, uri in namespaces.items() if f'"{prefix}:' in document}


def context_key(namespaces: Mapping[str, str]) -> int:
    """The number of a set of prefixes."""
    spelled = json.dumps(dict(sorted(namespaces.items())), ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(spelled.encode()).digest()[:8], "big", signed=True)
