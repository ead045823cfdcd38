"""Tracing: what became of things, and what they came from, step by step through the events.

Transformations lead from inputs to outputs, aggregations from what is packed to what it is packed in; back the other way.
An event that was declared wrong leads nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from traceability.events import repository
from traceability.events.facts import Facts, term_key
from traceability.events.identifiers import normalise

DEPTH = 12
MOST_REACHED = 100_000
_CHUNK = 2_000
_FORWARD = ("inputEPC", "inputEPCClass", "epc", "epcClass")
_BACKWARD = ("outputEPC", "outputEPCClass", "parentID")
_INPUTS = frozenset({"inputEPC", "inputEPCClass"})
_OUTPUTS = frozenset({"outputEPC", "outputEPCClass"})
_CHILDREN = frozenset({"epc", "epcClass"})


@dataclass(frozen=True)
class Reached:
    """How a thing was reached: over which event, from what, in how many steps."""

    event_id: str | None
    before: str | None
    steps: int


@dataclass(frozen=True)
class Trace:
    """Everything that was reached, with the way to each; `is_whole` is False when a limit ended the walk."""

    reached: Mapping[str, Reached] = field(default_factory=dict)
    is_whole: bool = True


async def trace(
    session: AsyncSession, starts: Collection[str], *, forward: bool, depth: int = DEPTH
) -> Trace:
    """Walk from `starts` (URIs in any spelling) to all that came of them, or backward to all that they came from."""
    reached = {normalise(uri): Reached(None, None, 0) for uri in starts}
    frontier = list(reached)
    for step in range(1, depth + 1):
        found: dict[str, Reached] = {}
        for start in range(0, len(frontier), _CHUNK):
            await _follow(session, frontier[start : start + _CHUNK], found, forward=forward, step=step)
        frontier = [uri for uri in found if uri not in reached]
        reached |= {uri: found[uri] for uri in frontier}
        if not frontier:
            return Trace(reached)
        if len(reached) > MOST_REACHED:
            break
    return Trace(reached, is_whole=False)


async def _follow(
    session: AsyncSession, frontier: Collection[str], found: dict[str, Reached], *, forward: bool, step: int
) -> None:
    """One step from each of these things."""
    here = set(frontier)
    roles = _FORWARD if forward else _BACKWARD
    keys = [term_key(f"{role}={uri}") for role in roles for uri in here]
    rows = await repository.list_linked(session, keys)
    wrong = {row.event_id for row in rows if row.is_error}
    for row in rows:
        if row.event_id in wrong or not (
            '"TransformationEvent"' in row.document or '"AggregationEvent"' in row.document
        ):
            continue
        event = json.loads(row.document)
        if event["type"] == "AggregationEvent" and event["action"] == "DELETE":
            continue
        near, far = _ends(Facts(event, {}), forward=forward)
        for before in here.intersection(near):
            for uri in far:
                found.setdefault(uri, Reached(row.event_id, before, step))


def _ends(facts: Facts, *, forward: bool) -> tuple[list[str], list[str]]:
    """The things at this end of an event, and those at the other."""
    named = facts.epcs + [(quantity.role, quantity.epc_class) for quantity in facts.quantities]
    if facts.event["type"] == "TransformationEvent":
        source = [uri for role, uri in named if role in _INPUTS]
        target = [uri for role, uri in named if role in _OUTPUTS]
    elif facts.event["type"] == "AggregationEvent":
        source = [uri for role, uri in named if role in _CHILDREN]
        target = [uri for role, uri in named if role == "parentID"]
    else:
        return [], []
    return (source, target) if forward else (target, source)
