"""Facts: what an event says, in the one spelling in which it is indexed and compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote, unquote

from traceability.events.checking import read_instant
from traceability.events.identifiers import CANONICAL_ROOT, class_of, normalise
from traceability.events.reading import STANDARD_PREFIXES
from traceability.events.vocabulary import expand

Json = Any
EPC_ROLES = {
    "epcList": "epc",
    "childEPCs": "epc",
    "inputEPCList": "inputEPC",
    "outputEPCList": "outputEPC",
}
CLASS_ROLES = {
    "quantityList": "epcClass",
    "childQuantityList": "epcClass",
    "inputQuantityList": "inputEPCClass",
    "outputQuantityList": "outputEPCClass",
}
LOT_NUMBER = f"{{{STANDARD_PREFIXES['cbvmda']}}}lotNumber"
GTINS = f"{CANONICAL_ROOT}/01/"
_OWN = frozenset(
    {
        "@context", "type", "eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "certificationInfo",
        "errorDeclaration", "action", "epcList", "quantityList", "parentID", "childEPCs", "childQuantityList",
        "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID", "bizStep",
        "disposition", "persistentDisposition", "readPoint", "bizLocation", "bizTransactionList", "sourceList",
        "destinationList", "sensorElementList", "ilmd",
    }
)  # fmt: skip
_ERROR = frozenset({"declarationTime", "reason", "correctiveEventIDs"})
_ID = frozenset({"id"})
_NONE: frozenset[str] = frozenset()
_ELEMENT = frozenset({"sensorMetadata", "sensorReport"})


@dataclass(frozen=True)
class Quantity:
    """So much of a class; `uom` None counts pieces."""

    role: str
    epc_class: str
    amount: float | None
    uom: str | None


@dataclass(frozen=True)
class Facts:
    """One event, read for comparing. `event` is the document, `namespaces` the prefixes that hold in it."""

    event: Mapping[str, Json]
    namespaces: Mapping[str, str]
    recorded_at: datetime | None = None
    _names: dict[str, str] = field(default_factory=dict)

    @cached_property
    def happened_at(self) -> datetime:
        """When it happened, with its offset."""
        return read_instant(self.event["eventTime"])

    @cached_property
    def epcs(self) -> list[tuple[str, str]]:
        """Every instance with its role: `epc`, `parentID`, `inputEPC`, `outputEPC`."""
        found = [
            (role, normalise(uri)) for name, role in EPC_ROLES.items() for uri in self.event.get(name, ())
        ]
        if "parentID" in self.event:
            found.append(("parentID", normalise(self.event["parentID"])))
        return found

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Every class with its role and amount."""
        return [
            Quantity(role, normalise(part["epcClass"]), part.get("quantity"), part.get("uom"))
            for name, role in CLASS_ROLES.items()
            for part in self.event.get(name, ())
        ]

    @cached_property
    def lots(self) -> dict[str, list[str]]:
        """The lots to which instances were given their serials here (lot number in the ILMD), each with these instances."""
        found: dict[str, list[str]] = {}
        if self.event["type"] == "ObjectEvent" and self.event["action"] == "ADD":
            for name, number in self.scope("ILMD"):
                if name == LOT_NUMBER:
                    for _role, uri in self.epcs:
                        lot = lot_of(uri, str(number))
                        if lot is not None:
                            found.setdefault(lot, []).append(uri)
        return found

    def place(self, name: str) -> str | None:
        """The id of `readPoint` or `bizLocation`."""
        found = self.event.get(name)
        return normalise(found["id"]) if found else None

    def term(self, name: str) -> str | None:
        """The whole address of `bizStep` or `disposition`."""
        found = self.event.get(name)
        return expand(name, found) if found else None

    def dispositions(self, change: str) -> list[str]:
        """The persistent dispositions that were `set` or `unset`."""
        return [
            expand("disposition", word)
            for word in self.event.get("persistentDisposition", {}).get(change, ())
        ]

    def pairs(self, name: str) -> Iterator[tuple[str, str]]:
        """Type and value of business transactions, sources or destinations; the type as its whole address, or empty."""
        listed, field_ = PAIRS[name]
        for part in self.event.get(listed, ()):
            yield expand(field_, part.get("type", "")), normalise(part[name])

    @property
    def error(self) -> Mapping[str, Json] | None:
        """The error declaration."""
        return self.event.get("errorDeclaration")

    @cached_property
    def sensor_parts(self) -> list[Mapping[str, Json]]:
        """The metadata and the reports of every sensor element."""
        parts: list[Mapping[str, Json]] = []
        for element in self.event.get("sensorElementList", ()):
            if "sensorMetadata" in element:
                parts.append(element["sensorMetadata"])
            parts.extend(element["sensorReport"])
        return parts

    @cached_property
    def reports(self) -> list[Mapping[str, Json]]:
        """The reports of every sensor element."""
        return [
            report
            for element in self.event.get("sensorElementList", ())
            for report in element["sensorReport"]
        ]

    def name_of(self, key: str) -> str:
        """A field's name with its namespace written out, as `{uri}name`."""
        found = self._names.get(key)
        if found is None:
            prefix, colon, rest = key.partition(":")
            uri = self.namespaces.get(prefix) or STANDARD_PREFIXES.get(prefix) if colon else None
            found = self._names[key] = f"{{{uri}}}{rest}" if uri else key
        return found

    def scope(self, scope: str) -> Iterator[tuple[str, Json]]:
        """The extension fields of one place, each with its written-out name. Scopes: see `SCOPES`."""
        for holder, own in self._holders(scope.removeprefix("INNER_").removeprefix("INNER")):
            for key, value in holder.items():
                if key in own:
                    continue
                if scope.startswith("INNER"):
                    yield from self._inside(value)
                else:
                    for part in value if isinstance(value, list) else [value]:
                        yield self.name_of(key), part

    def _inside(self, value: Json) -> Iterator[tuple[str, Json]]:
        """Every field at any depth inside a value."""
        if isinstance(value, list):
            for part in value:
                yield from self._inside(part)
        elif isinstance(value, dict):
            for key, inner in value.items():
                for part in inner if isinstance(inner, list) else [inner]:
                    yield self.name_of(key), part
                yield from self._inside(inner)

    def _holders(self, scope: str) -> Sequence[tuple[Mapping[str, Json], frozenset[str]]]:
        """The objects of one place, with the names in them that are the standard's own."""
        event = self.event
        elements = event.get("sensorElementList", ())
        match scope:
            case "":
                return [(event, _OWN)]
            case "ILMD":
                found = [(event.get("ilmd", {}), _NONE)]
            case "ERROR_DECLARATION":
                found = [(event.get("errorDeclaration", {}), _ERROR)]
            case "readPoint" | "bizLocation":
                found = [(event.get(scope, {}), _ID)]
            case "SENSORELEMENT":
                found = [(element, _ELEMENT) for element in elements]
            case "SENSORMETADATA":
                found = [(element.get("sensorMetadata", {}), _NOT_FOREIGN) for element in elements]
            case _:
                found = [(report, _NOT_FOREIGN) for report in self.reports]
        return found


def lot_of(uri: str, number: str) -> str | None:
    """The lot of a serialised pack (key 01 with a serial, canonical); None for a thing of another kind."""
    key, is_serial, _serial = uri.partition("/21/")
    return f"{key}/10/{quote(number, safe='')}" if is_serial and key.startswith(GTINS) else None


def units_term(lot: str) -> tuple[str, str] | None:
    """The two terms that every event carries that gave packs of a lot their serials; None for what is no lot."""
    key, is_lot, number = lot.partition("/10/")
    if not is_lot or not key.startswith(GTINS):
        return None
    return f"epc<{key}", f"ILMD{LOT_NUMBER}={unquote(number)}"


class _Plain(frozenset[str]):
    """Names without a namespace: the standard's own, never an extension."""

    def __contains__(self, name: object) -> bool:
        return ":" not in str(name)


_NOT_FOREIGN = _Plain()
PAIRS = {
    "bizTransaction": ("bizTransactionList", "bizTransaction"),
    "source": ("sourceList", "sourceDest"),
    "destination": ("destinationList", "sourceDest"),
}
SCOPES = (
    "",
    "ILMD",
    "ERROR_DECLARATION",
    "readPoint",
    "bizLocation",
    "SENSORELEMENT",
    "SENSORMETADATA",
    "SENSORREPORT",
)
"""Where extension fields may stand; each also with `INNER_` before it (`INNER` alone for the event itself)."""


INDEXED_SCOPES = ("", "ILMD")


def spell_value(value: Json) -> str:
    """One spelling for equal values: numbers as such, true and false in lower case, text as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"#{float(value)!r}"
    return str(value)


# ---------------------------------------------------------------- terms of the index


@lru_cache(maxsize=65_536)
def term_key(word: str) -> int:
    """The 64 bits under which a term is indexed (signed, as PostgreSQL's bigint)."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big", signed=True)


def list_terms(facts: Facts) -> list[int]:
    """The terms under which an event is found: what it names, where, why, by whom. Sorted, each once."""
    return sorted({term_key(word) for word in _words(facts)})


def _words(facts: Facts) -> Iterator[str]:
    event = facts.event
    yield f"eventType={event['type']}"
    yield from (f"{name}={event[name]}" for name in ("action", "transformationID") if name in event)
    yield from (f"{name}={facts.term(name)}" for name in ("bizStep", "disposition") if name in event)
    yield from (f"{name}={facts.place(name)}" for name in ("readPoint", "bizLocation") if name in event)
    for role, uri in facts.epcs:
        yield f"{role}={uri}"
        above = class_of(uri)
        if above is not None:
            yield f"{role}<{above}"
    yield from (f"{quantity.role}={quantity.epc_class}" for quantity in facts.quantities)
    for name in PAIRS:
        yield from (f"{name}:{kind}={value}" for kind, value in facts.pairs(name))
    parties = (value for name in ("source", "destination") for _kind, value in facts.pairs(name))
    yield from party_words(parties)
    yield from _rare_words(facts)


def _rare_words(facts: Facts) -> Iterator[str]:
    """Terms of what few events carry."""
    for change in ("set", "unset"):
        yield from (f"persistentDisposition_{change}={word}" for word in facts.dispositions(change))
    if facts.error is not None:
        yield "errorDeclaration"
        yield from (f"correctiveEventID={uri}" for uri in facts.error.get("correctiveEventIDs", ()))
    if facts.sensor_parts:
        yield "sensorElementList"
        yield from (
            f"deviceID={normalise(part['deviceID'])}" for part in facts.sensor_parts if "deviceID" in part
        )
        yield from (f"type={expand('measurement', report['type'])}" for report in facts.reports)
    for scope in INDEXED_SCOPES:
        for name, value in facts.scope(scope):
            yield f"{scope}{name}"
            if not isinstance(value, dict):
                yield f"{scope}{name}={spell_value(value)}"


def party_words(uris: Iterable[str]) -> Iterator[str]:
    """The terms that let a party see its own trade: its key whether it is named as a party (417) or a place (414)."""
    for uri in uris:
        for ai in ("/414/", "/417/"):
            if uri.startswith(CANONICAL_ROOT + ai):
                yield f"party={uri.removeprefix(CANONICAL_ROOT + ai).partition('/')[0]}"
                break
        else:
            yield f"party={uri}"
