"""Tracing: what became of things, and what they came from, step by step through the events.

Transformations lead from inputs to outputs, aggregations from what is packed to what it is packed in; back the other way.
Where packs of a lot got their serials (`commissioning`, the lot number in the ILMD) the way leads from the lot to its
packs. An event that was declared wrong leads nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from traceability.events import repository
from traceability.events.facts import LOT_NUMBER, Facts, term_key, units_term
from traceability.events.identifiers import normalise

DEPTH = 12
MOST_REACHED = 100_000
_CHUNK = 2_000
_LOTS = 100
_FORWARD = ("inputEPC", "inputEPCClass", "epc", "epcClass")
_BACKWARD = ("outputEPC", "outputEPCClass", "parentID", "epc")
_INPUTS = frozenset({"inputEPC", "inputEPCClass"})
_OUTPUTS = frozenset({"outputEPC", "outputEPCClass"})
_CHILDREN = frozenset({"epc", "epcClass"})
_UNIT = "/21/"
_STEPS = ('"TransformationEvent"', '"AggregationEvent"')
_NUMBERED = LOT_NUMBER.rpartition("}")[2] + '"'
"""What stands in the text of every event that leads on (a lot's number), so that others need not be read."""


@dataclass(frozen=True)
class Reached:
    """How a thing was reached: over which event, from what, in how many steps."""

    event_id: str | None
    before: str | None
    steps: int


@dataclass(frozen=True)
class Trace:
    """Everything that was reached, with the way to each; `is_whole` is False when a limit ended the walk.

    Of the packs of a lot only those are named that lead on; `unit_count` is how many there are in all.
    """

    reached: Mapping[str, Reached] = field(default_factory=dict)
    is_whole: bool = True
    unit_count: int = 0


async def trace(
    session: AsyncSession, starts: Collection[str], *, forward: bool, depth: int = DEPTH
) -> Trace:
    """Walk from `starts` (URIs in any spelling) to all that came of them, or backward to all that they came from."""
    reached = {normalise(uri): Reached(None, None, 0) for uri in starts}
    frontier = list(reached)
    units = 0
    for step in range(1, depth + 1):
        found: dict[str, Reached] = {}
        for start in range(0, len(frontier), _CHUNK):
            await _follow(session, frontier[start : start + _CHUNK], found, forward=forward, step=step)
        if forward:
            for start in range(0, len(frontier), _LOTS):
                units += await _follow_units(session, frontier[start : start + _LOTS], found, step=step)
        frontier = [uri for uri in found if uri not in reached]
        reached |= {uri: found[uri] for uri in frontier}
        if not frontier:
            return Trace(reached, unit_count=units)
        if len(reached) > MOST_REACHED:
            break
    return Trace(reached, is_whole=False, unit_count=units)


async def _follow(
    session: AsyncSession, frontier: Collection[str], found: dict[str, Reached], *, forward: bool, step: int
) -> None:
    """One step from each of these things."""
    here = set(frontier)
    roles = _FORWARD if forward else _BACKWARD
    keys = [
        term_key(f"{role}={uri}")
        for role in roles
        for uri in here
        if not (_UNIT in uri and role.endswith("Class")) and (role != "epc" or forward or _UNIT in uri)
    ]
    marks = _STEPS if forward else (*_STEPS, _NUMBERED)
    for row, event in _read(await repository.list_linked(session, keys), marks):
        near, far = _ends(Facts(event, {}), forward=forward)
        for before in here.intersection(near):
            for uri in far:
                found.setdefault(uri, Reached(row.event_id, before, step))


async def _follow_units(
    session: AsyncSession, frontier: Collection[str], found: dict[str, Reached], *, step: int
) -> int:
    """The packs of these lots: those that lead on are found, all are counted. One event's packs at a time."""
    terms = {lot: pair for lot in frontier if (pair := units_term(lot)) is not None}
    if not terms:
        return 0
    pairs = [(term_key(key), term_key(number)) for key, number in terms.values()]
    count = 0
    for row, event in _read(await repository.list_commissioning(session, pairs), (_NUMBERED,)):
        for lot, units in Facts(event, {}).lots.items():
            if lot in terms:
                beyond: dict[str, Reached] = {}
                await _follow(session, units, beyond, forward=True, step=step + 1)
                count += len(units)
                for unit in {way.before for way in beyond.values() if way.before}:
                    found.setdefault(unit, Reached(row.event_id, lot, step))
    return count


def _read(
    rows: Collection[Row[str, bool, str]], marks: Collection[str]
) -> Iterator[tuple[Row[str, bool, str], Mapping[str, object]]]:
    """Those of these events whose text holds a mark; one that was declared wrong leads nowhere, nor does its declaration."""
    wrong = {row.event_id for row in rows if row.is_error}
    for row in rows:
        if row.event_id not in wrong and any(mark in row.document for mark in marks):
            event = json.loads(row.document)
            if event["type"] != "AggregationEvent" or event["action"] != "DELETE":
                yield row, event


def _ends(facts: Facts, *, forward: bool) -> tuple[list[str], list[str]]:
    """The things at this end of an event, and those at the other."""
    named = facts.epcs + [(quantity.role, quantity.epc_class) for quantity in facts.quantities]
    if facts.event["type"] == "TransformationEvent":
        source = [uri for role, uri in named if role in _INPUTS]
        target = [uri for role, uri in named if role in _OUTPUTS]
    elif facts.event["type"] == "AggregationEvent":
        source = [uri for role, uri in named if role in _CHILDREN]
        target = [uri for role, uri in named if role == "parentID"]
    elif facts.lots and not forward:  # forward, packs are looked at event by event: see `_follow_units`
        source, target = list(facts.lots), [uri for units in facts.lots.values() for uri in units]
    else:
        return [], []
    return (source, target) if forward else (target, source)
