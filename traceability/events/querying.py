"""Queries: the parameters of the EPCIS 2.0 query language (8.2.7.1), read into conditions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from traceability.events.conditions import (
    CLASS_ROLES,
    FIXED,
    ROLES,
    Condition,
    QueryError,
    always,
    at_place,
    count_of,
    is_off,
    listed,
    match_classes,
    match_epcs,
    measured,
    paired,
    read_instant_of,
    spellings,
    terms_of,
    texts,
    value_test,
)
from traceability.events.facts import INDEXED_SCOPES, Facts
from traceability.events.identifiers import normalise


@dataclass(frozen=True)
class MasterData:
    """What is known of things: what lies inside them, and their attributes."""

    children: Mapping[str, Iterable[str]] = field(default_factory=dict)
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, elements: Iterable[tuple[str, Iterable[str], Mapping[str, Any]]]) -> MasterData:
        """Gather elements: thing, what lies inside it, its attributes."""
        children: dict[str, set[str]] = {}
        attributes: dict[str, dict[str, Any]] = {}
        for uri, below, known in elements:
            children.setdefault(normalise(uri), set()).update(normalise(child) for child in below)
            attributes.setdefault(normalise(uri), {}).update(known)
        return cls(children, attributes)

    def with_descendants(self, uris: Iterable[str]) -> set[str]:
        """These things and all that lies inside them, at any depth."""
        found: set[str] = set()
        waiting = [normalise(uri) for uri in uris]
        while waiting:
            uri = waiting.pop()
            if uri not in found:
                found.add(uri)
                waiting.extend(self.children.get(uri, ()))
        return found


@dataclass(frozen=True)
class Query:
    """A whole query. `happened` and `recorded` are half-open spans of instants; `event_ids` None means any."""

    conditions: Sequence[Condition] = ()
    happened: tuple[datetime | None, datetime | None] = (None, None)
    recorded: tuple[datetime | None, datetime | None] = (None, None)
    event_ids: frozenset[str] | None = None
    order_by: str = "recordTime"
    is_ascending: bool = True
    limit: int | None = None
    """`eventCountLimit`: so many events and no more."""
    most: int | None = None
    """`maxEventCount`: more than so many is an error."""
    per_page: int | None = None

    def accepts(self, facts: Facts) -> bool:
        """Whether an event belongs to the result: what the query means, whatever the database does."""
        if self.event_ids is not None and facts.event.get("eventID") not in self.event_ids:
            return False
        return (
            _within(facts.happened_at, self.happened)
            and (facts.recorded_at is None or _within(facts.recorded_at, self.recorded))
            and all(condition.test(facts) for condition in self.conditions)
        )


def _within(instant: datetime, span: tuple[datetime | None, datetime | None]) -> bool:
    start, end = span
    return (start is None or instant >= start) and (end is None or instant < end)


# ---------------------------------------------------------------- reading


def needs_master_data(parameters: Iterable[str]) -> bool:
    """Whether a query asks for what only master data can tell."""
    return any(name.startswith(("WD_", "HASATTR_", "EQ_ATTR_")) for name in parameters)


def split_parameters(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Read the query string of a GET: lists are divided by `|` or repeated."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, []).extend(value.split("|"))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def read_query(
    parameters: Mapping[str, Any],
    *,
    namespaces: Mapping[str, Iterable[str]],
    master: MasterData | None = None,
) -> Query:
    """Read parameters as JSON values (or the strings of a GET); raises `QueryError`.

    `namespaces`: what each prefix may stand for in the name of a field.
    """
    return _Reader(namespaces, master or MasterData()).read(parameters)


_DESCENDANTS = re.compile(r"WD_(readPoint|bizLocation)")
_HAS_ATTRIBUTE = re.compile(r"HASATTR_(.+)", re.DOTALL)
_MEASURED = re.compile(
    r"(EQ|GT|GE|LT|LE)_"
    r"(?:(quantity|percRank)|(value|minValue|maxValue|meanValue|sDev|percValue|quantity)_([A-Z0-9]{2,4}))"
)
_PAIRED = re.compile(r"EQ_(bizTransaction|source|destination)_(.+)", re.DOTALL)
_EXTENSION = re.compile(
    r"(EQ|GT|GE|LT|LE|EXISTS)_(INNER_)?"
    r"(ILMD_|ERROR_DECLARATION_|SENSORELEMENT_|SENSORMETADATA_|SENSORREPORT_|readPoint_|bizLocation_)?"
    r"([A-Za-z][\w.\-]*:.+)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"EQ_ATTR_([A-Za-z]\w*?|[A-Za-z][\w.\-]*:\w+?)_(.+)", re.DOTALL)
_FIELDS_WITH_ATTRIBUTES = frozenset(
    {"bizStep", "disposition", "readPoint", "bizLocation", "epcClass", "bizTransaction"}
)


_OUTER = frozenset(
    {
        "GE_eventTime", "LT_eventTime", "GE_recordTime", "LT_recordTime", "EQ_eventID", "orderBy", "orderDirection",
        "eventCountLimit", "maxEventCount", "perPage", "nextPageToken",
    }
)  # fmt: skip


_Flexible = Callable[[re.Match[str], Any], Condition]


class _Reader:
    """Reads the parameters of one query."""

    def __init__(self, namespaces: Mapping[str, Iterable[str]], master: MasterData) -> None:
        self.namespaces = namespaces
        self.master = master

    def read(self, parameters: Mapping[str, Any]) -> Query:
        parameters = {name: value for name, value in parameters.items() if name != "@context"}
        conditions = []
        for name, value in parameters.items():
            if name not in _OUTER:
                conditions.append(self._condition(name, value))
        limit = count_of(parameters, "eventCountLimit")
        most = count_of(parameters, "maxEventCount")
        if limit is not None and most is not None:
            raise QueryError("eventCountLimit and maxEventCount exclude each other")
        if limit is not None and "orderBy" not in parameters:
            raise QueryError("eventCountLimit: needs orderBy")
        order = parameters.get("orderBy")
        if order not in {None, "eventTime", "recordTime"}:
            raise QueryError("orderBy: this repository orders by eventTime or recordTime")
        direction = parameters.get("orderDirection", "DESC")
        if direction not in {"ASC", "DESC"}:
            raise QueryError("orderDirection: must be ASC or DESC")
        ids = parameters.get("EQ_eventID")
        return Query(
            conditions=conditions,
            happened=self._span(parameters, "eventTime"),
            recorded=self._span(parameters, "recordTime"),
            event_ids=None if ids is None else frozenset(texts("EQ_eventID", ids)),
            order_by=str(order or "recordTime"),
            is_ascending=order is None or direction == "ASC",
            limit=limit,
            most=most,
            per_page=count_of(parameters, "perPage"),
        )

    def _span(self, parameters: Mapping[str, Any], name: str) -> tuple[datetime | None, datetime | None]:
        found = []
        for bound in ("GE", "LT"):
            value = parameters.get(f"{bound}_{name}")
            found.append(None if value is None else read_instant_of(f"{bound}_{name}", value))
        return found[0], found[1]

    def _condition(self, name: str, value: Any) -> Condition:
        fixed = FIXED.get(name)
        if fixed is not None:
            return fixed(name, value)
        if name in ROLES:
            return match_epcs(name, texts(name, value))
        if name in CLASS_ROLES:
            return match_classes(name, texts(name, value))
        return self._flexible(name, value)

    def _flexible(self, name: str, value: Any) -> Condition:
        """A parameter whose name holds a field, a unit or a type."""
        readers: tuple[tuple[re.Pattern[str], _Flexible], ...] = (
            (_DESCENDANTS, self._descendants),
            (_HAS_ATTRIBUTE, self._has_attribute),
            (_ATTRIBUTE, self._attribute_is),
            (_MEASURED, _measure),
            (_PAIRED, _pair),
            (_EXTENSION, self._extension),
        )
        for shape, read in readers:
            found = shape.fullmatch(name)
            if found is not None:
                return read(found, value)
        raise QueryError(f"{name}: no parameter of the query language")

    def _descendants(self, found: re.Match[str], value: Any) -> Condition:
        return at_place(found[0], found[1], self.master.with_descendants(texts(found[0], value)))

    def _names(self, said: str) -> frozenset[str]:
        """Every written-out name that `prefix:field` may stand for."""
        prefix, _colon, rest = said.partition(":")
        uris = self.namespaces.get(prefix)
        return frozenset({said}) if uris is None else frozenset(f"{{{uri}}}{rest}" for uri in uris)

    def _extension(self, found: re.Match[str], value: Any) -> Condition:
        name, compare = found[0], found[1]
        scope = ((found[2] or "") + (found[3] or "")).rstrip("_")
        names = self._names(found[4])
        indexed = scope in INDEXED_SCOPES
        if compare == "EXISTS":
            if is_off(name, value):
                return Condition(name, always)
            return Condition(
                name,
                lambda facts: any(found in names for found, _value in facts.scope(scope)),
                terms_of(f"{scope}{one}" for one in names) if indexed else None,
            )
        matches = value_test(name, compare, value)
        terms = None
        if indexed and compare == "EQ":
            spelled = {word for part in listed(value) for word in spellings(part)}
            terms = terms_of(f"{scope}{one}={word}" for one in names for word in spelled)
        elif indexed:
            terms = terms_of(f"{scope}{one}" for one in names)
        return Condition(
            name,
            lambda facts: any(key in names and matches(found) for key, found in facts.scope(scope)),
            terms,
        )

    # ------------------------------------------------------------ attributes of master data

    def _has_attribute(self, found: re.Match[str], value: Any) -> Condition:
        attributes = texts(found[0], value)
        things = {
            uri for uri, known in self.master.attributes.items() if any(one in known for one in attributes)
        }
        return self._field_among(found[0], found[1], things)

    def _attribute_is(self, found: re.Match[str], value: Any) -> Condition:
        matches = value_test(found[0], "EQ", texts(found[0], value))
        things = {
            uri
            for uri, known in self.master.attributes.items()
            if found[2] in known and matches(known[found[2]])
        }
        return self._field_among(found[0], found[1], things)

    def _field_among(self, name: str, said: str, things: set[str]) -> Condition:
        if ":" in said:
            names = self._names(said)
            return Condition(
                name,
                lambda facts: any(
                    key in names and isinstance(found, str) and normalise(found) in things
                    for key, found in facts.scope("")
                ),
                terms_of(one for one in names),
            )
        if said not in _FIELDS_WITH_ATTRIBUTES:
            raise QueryError(f"{name}: {said} is no field whose values have attributes")
        return Condition(name, lambda facts: not things.isdisjoint(_values_of(facts, said)))


def _measure(found: re.Match[str], value: Any) -> Condition:
    return measured(found[0], found[1], found[2] or found[3], found[4], value)


def _pair(found: re.Match[str], value: Any) -> Condition:
    return paired(found[0], found[1], found[2], texts(found[0], value))


def _values_of(facts: Facts, said: str) -> set[str]:
    if said in {"readPoint", "bizLocation"}:
        place = facts.place(said)
        return {place} if place else set()
    if said in {"bizStep", "disposition"}:
        term = facts.term(said)
        return {term} if term else set()
    if said == "epcClass":
        return {quantity.epc_class for quantity in facts.quantities}
    return {value for _kind, value in facts.pairs(said)}
