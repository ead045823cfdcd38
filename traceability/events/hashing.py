"""The event hash (CBV 2.0, 8.9): one name for an event, the same for whoever computes it from the same facts.

The event is put into one canonical string and hashed by SHA-256. Left out are the event's id, its record time, its error
declaration and remarks; key order, spelling of GS1 keys, of terms and of numbers do not matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from traceability.events.identifiers import normalise
from traceability.events.vocabulary import expand

NAME = "ni:///sha-256;{digest}?ver=CBV2.0"
_IGNORED = frozenset({"recordTime", "eventID", "type", "errorDeclaration", "@context"})
_REMARKS = frozenset({"rdfs:comment", "comment"})
_PAIRS = {
    "bizTransactionList": ("bizTransaction", "bizTransaction"),
    "sourceList": ("source", "sourceDest"),
    "destinationList": ("destination", "sourceDest"),
}
"""Lists of a type and a value, with the name of the value and the vocabulary of the type."""
_QUANTITIES = frozenset({"quantity", "childQuantity", "inputQuantity", "outputQuantity"})
_EPCS = frozenset({"inputEPC", "outputEPC"})


class _Node(NamedTuple):
    """A field: its name, its text, the fields inside."""

    name: str
    text: str
    children: list[_Node]


_Order = Sequence[tuple[str, "_Order | None"]]
_QUANTITY: _Order = (("quantityElement", (("epcClass", None), ("quantity", None), ("uom", None))),)
_EPC: _Order = (("epc", None),)
_ID: _Order = (("id", None),)
_ORDER: _Order = (
    ("eventTime", None),
    ("eventTimeZoneOffset", None),
    ("certificationInfo", None),
    ("parentID", None),
    ("epcList", _EPC),
    ("inputEPCList", _EPC),
    ("childEPCs", _EPC),
    ("quantityList", _QUANTITY),
    ("childQuantityList", _QUANTITY),
    ("inputQuantityList", _QUANTITY),
    ("outputEPCList", _EPC),
    ("outputQuantityList", _QUANTITY),
    ("action", None),
    ("transformationID", None),
    ("bizStep", None),
    ("disposition", None),
    ("persistentDisposition", (("set", None), ("unset", None))),
    ("readPoint", _ID),
    ("bizLocation", _ID),
    (
        "sensorElementList",
        (
            (
                "sensorElement",
                (
                    (
                        "sensorMetadata",
                        (
                            ("time", None),
                            ("startTime", None),
                            ("endTime", None),
                            ("deviceID", None),
                            ("deviceMetadata", None),
                            ("rawData", None),
                            ("dataProcessingMethod", None),
                            ("bizRules", None),
                        ),
                    ),
                    (
                        "sensorReport",
                        (
                            ("type", None),
                            ("exception", None),
                            ("deviceID", None),
                            ("deviceMetadata", None),
                            ("rawData", None),
                            ("dataProcessingMethod", None),
                            ("time", None),
                            ("microorganism", None),
                            ("chemicalSubstance", None),
                            ("value", None),
                            ("component", None),
                            ("stringValue", None),
                            ("booleanValue", None),
                            ("hexBinaryValue", None),
                            ("uriValue", None),
                            ("minValue", None),
                            ("maxValue", None),
                            ("meanValue", None),
                            ("sDev", None),
                            ("percRank", None),
                            ("percValue", None),
                            ("uom", None),
                            ("coordinateReferenceSystem", None),
                        ),
                    ),
                ),
            ),
        ),
    ),
)
"""The order of the fields (CBV 2.0, 8.9.2); what it does not name follows in the order of its text."""
_TIMES = frozenset({"eventTime", "time", "startTime", "endTime"})


def hash_event(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> bytes:
    """The 32 bytes of an event's hash; `namespaces` are the prefixes that its document declares."""
    return hashlib.sha256(spell(event, namespaces).encode()).digest()


def name_of(digest: bytes) -> str:
    """The event id that a hash makes (CBV 2.0, 8.9.1)."""
    return NAME.format(digest=digest.hex())


def spell(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> str:
    """The canonical string of an event (its pre-hash string)."""
    fields = _fields(event, namespaces, "")
    told = _take(fields, _ORDER, is_event=True)
    return (
        f"eventType={event['type']}{told}{_tell([field for field in fields if field.name not in _IGNORED])}"
    )


# ---------------------------------------------------------------- fields of a document


def _fields(value: Mapping[str, Any], namespaces: Mapping[str, str], inside: str) -> list[_Node]:
    """The fields of an object, as the standard's XML has them: lists in an element of their own."""
    fields: list[_Node] = []
    for key, content in value.items():
        if key in _REMARKS or key == "@context":
            continue
        name = _expand_key(key, namespaces)
        if key in _PAIRS and isinstance(content, list):
            fields.append(_Node(key, "", [_pair(*_PAIRS[key], part, namespaces) for part in content]))
            continue
        nodes = _nodes(name, content, namespaces, inside)
        if name == "childEPCs":
            fields.append(_Node(name, "", [node._replace(name="epc") for node in nodes]))
        elif name.endswith("List"):
            parts = [node._replace(name=_element(name[:-4], node)) for node in nodes]
            fields.append(_Node(name, "", parts))
        else:
            fields.extend(nodes)
    return fields


def _element(stem: str, node: _Node) -> str:
    """What a part of a list is called."""
    if stem in _EPCS:
        return "epc"
    return "quantityElement" if stem in _QUANTITIES and node.children else stem


def _nodes(name: str, content: Any, namespaces: Mapping[str, str], inside: str) -> list[_Node]:
    if isinstance(content, list):
        return [node for part in content for node in _nodes(name, part, namespaces, inside)]
    if isinstance(content, dict):
        text = str(content["#text"]) if "#text" in content else ""
        rest = {key: part for key, part in content.items() if key != "#text"}
        return [_Node(name, text, _fields(rest, namespaces, name))]
    return [_Node(name, _text(name, content, namespaces, inside), [])]


_VOCABULARIES = {
    ("bizStep", ""): "bizStep",
    ("disposition", ""): "disposition",
    ("set", "persistentDisposition"): "disposition",
    ("unset", "persistentDisposition"): "disposition",
    ("type", "sensorReport"): "measurement",
    ("exception", "sensorReport"): "exception",
    ("component", "sensorReport"): "component",
}


def _text(name: str, content: Any, namespaces: Mapping[str, str], inside: str) -> str:
    if isinstance(content, str):
        text: str = content
        field = _VOCABULARIES.get((name, inside))
        # The released generator knows no prefix that the document does not declare, not even `gs1:` (see decision 0033).
        if field is not None and not text.startswith("gs1:"):
            text = expand(field, text)
        prefix, colon, rest = text.partition(":")
        if colon and prefix in namespaces:
            text = namespaces[prefix] + rest
        return text.strip()
    return str(content)


def _expand_key(key: str, namespaces: Mapping[str, str]) -> str:
    prefix, colon, rest = key.partition(":")
    return f"{{{namespaces[prefix]}}}{rest}" if colon and prefix in namespaces else key


def _pair(name: str, field: str, part: Mapping[str, Any], namespaces: Mapping[str, str]) -> _Node:
    """A type and its value in this order, whatever order the document has; the node's name is the whole text."""
    said = ""
    if "type" in part:
        said = f"type={_canonise(_text('type', expand(field, str(part['type'])), namespaces, ''))}"
    return _Node(f"{said}{name}={_canonise(_text(name, part[name], namespaces, ''))}", "", [])


# ---------------------------------------------------------------- the string


def _take(fields: list[_Node], order: _Order, *, is_event: bool = False) -> str:
    """Tell the fields that the order names, and take them out; fields of other namespaces follow inside their element."""
    own: list[_Node] = []
    if not is_event:
        own = [field for field in fields if field.name.startswith("{")]
        fields[:] = [field for field in fields if not field.name.startswith("{")]
    told = ""
    for name, inner in order:
        found = [field for field in fields if field.name == name]
        if found:
            told += "".join(sorted(_tell_field(field, inner) for field in found))
            fields[:] = [field for field in fields if field.name != name or field.children]
    return told + _tell(own)


def _tell_field(field: _Node, inner: _Order | None) -> str:
    below = _take(field.children, inner) if inner else ""
    text = field.text
    if text:
        text = _instant(text) if field.name in _TIMES else _canonise(text)
    return f"{field.name}={text}{below}" if text else f"{field.name}{below}" if below else ""


def _tell(fields: Sequence[_Node]) -> str:
    """Tell fields that have no order of their own: sorted by their text."""
    told = []
    for field in fields:
        text = f"={_canonise(field.text)}" if field.text else ""
        told.append(f"{field.name}{text}{_tell(field.children)}")
    return "".join(sorted(told))


@lru_cache(maxsize=8192)
def _canonise(text: str) -> str:
    """One spelling of a value: terms as addresses, numbers without needless zeros, GS1 keys as canonical links."""
    if text.startswith("urn:epcglobal:cbv:"):
        for field in ("bizStep", "disposition", "bizTransaction", "sourceDest", "reason"):
            text = expand(field, text)
    try:
        number = float(text)
        text = str(int(number)) if number == int(number) else str(number)
    except (ValueError, OverflowError):
        return normalise(text)
    return text


def _instant(text: str) -> str:
    """An instant in UTC with milliseconds, half a millisecond to the even one."""
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return text
    rounded = instant.replace(microsecond=0) + timedelta(microseconds=round(instant.microsecond, -3))
    return rounded.isoformat(timespec="milliseconds").replace("+00:00", "Z")
