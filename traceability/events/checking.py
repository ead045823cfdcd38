"""What an event must keep to: the shape of EPCIS 2.0 (8.2) and the rules that its JSON schema cannot say.

Hand-written, for it stands on the hot path: a general validator takes some fifty times as long. A refusal names the
field by its path. Words are the protocol's and English, as its reader is a program.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from traceability.events.identifiers import link_of_urn
from traceability.events.vocabulary import ACTIONS, is_term

MOST_DEPTH = 24
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x1f]+")
_OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)")
_UOM = re.compile(r"[A-Z0-9]{2,3}")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.IGNORECASE | re.ASCII
)
_CURIE_PREFIXES = frozenset({"cbv", "gs1", "epcis", "cbvmda", "rdfs", "owl", "xsd", "dcterms"})
"""Prefixes that the standard's own context declares."""
_OLD_TERMS = re.compile(r"urn:epcglobal:cbv|https?://ns\.gs1\.org/cbv/")
_TERM_SPACE = "https://ref.gs1.org/cbv/"

Namespaces = Mapping[str, str]
_Check = Callable[[Any, str, Namespaces], None]


class EventError(ValueError):
    """This is no EPCIS event; the text says which field is wrong, and how."""


@lru_cache(maxsize=4096)
def read_instant(text: str) -> datetime:
    """Read an instant with its offset; raises ValueError."""
    if not _INSTANT.fullmatch(text):
        raise ValueError("not a date and time with an offset")
    return datetime.fromisoformat(text.upper())


@lru_cache(maxsize=8192)
def is_uri(text: str) -> bool:
    """Whether a text has the shape of a URI; a malformed EPC URN has not."""
    if _URI.fullmatch(text) is None:
        return False
    return not text.startswith(("urn:epc:id:", "urn:epc:class:")) or link_of_urn(text) is not None


def check_event(event: Any, namespaces: Namespaces) -> None:
    """Raise `EventError` unless this is an event that may be captured."""
    if not isinstance(event, dict):
        raise EventError("an event must be an object")
    kind = event.get("type")
    if not isinstance(kind, str):
        raise EventError("type: every event has a type")
    rules = _RULES.get(kind)
    if rules is None:
        _check_foreign_type(kind, namespaces)
        rules = _EVENT
    for name in ("eventTime", "eventTimeZoneOffset", *_REQUIRED.get(kind, ())):
        if name not in event:
            raise EventError(f"{name}: missing")
    _check_fields(event, rules, "", namespaces, open_to_all=kind not in _RULES)
    _check_sense(kind, event)


def _check_foreign_type(kind: str, namespaces: Namespaces) -> None:
    if not is_uri(kind) or not _is_known_name(kind, namespaces):
        raise EventError(f"type: {kind!r} is neither one of the five event types nor a URI")


def _check_fields(
    value: Mapping[str, Any],
    rules: Mapping[str, _Check],
    path: str,
    namespaces: Namespaces,
    *,
    open_to_all: bool = False,
) -> None:
    for name, content in value.items():
        check = rules.get(name)
        if check is not None:
            check(content, path + name, namespaces)
        elif open_to_all or _is_known_name(name, namespaces):
            _extension(content, path + name, namespaces)
        else:
            raise EventError(f"{path}{name}: not a field of this place, and without a declared namespace")


def _is_known_name(name: str, namespaces: Namespaces) -> bool:
    prefix, colon, rest = name.partition(":")
    if not colon or not rest:
        return False
    return prefix in namespaces or prefix in _CURIE_PREFIXES or rest.startswith("//") or prefix == "urn"


# ---------------------------------------------------------------- single values


def _refuse(path: str, what: str) -> EventError:
    return EventError(f"{path}: {what}")


def _uri(value: Any, path: str, _namespaces: Namespaces) -> None:
    if not isinstance(value, str) or not is_uri(value):
        raise _refuse(path, "must be a URI")


def _text(value: Any, path: str, _namespaces: Namespaces) -> None:
    if not isinstance(value, str) or "\x00" in value:
        raise _refuse(path, "must be text")


def _instant(value: Any, path: str, _namespaces: Namespaces) -> None:
    try:
        read_instant(value)
    except (ValueError, TypeError) as error:
        raise _refuse(path, "must be a date and time with its offset (RFC 3339)") from error


def _offset(value: Any, path: str, _namespaces: Namespaces) -> None:
    if not isinstance(value, str) or not _OFFSET.fullmatch(value):
        raise _refuse(path, "must be an offset such as +07:00")


def _number(value: Any, path: str, _namespaces: Namespaces) -> None:
    try:
        is_number = not isinstance(value, bool) and isinstance(value, (int, float)) and math.isfinite(value)
    except OverflowError:  # a whole number of hundreds of digits
        is_number = False
    if not is_number:
        raise _refuse(path, "must be a number")


def _boolean(value: Any, path: str, _namespaces: Namespaces) -> None:
    if not isinstance(value, bool):
        raise _refuse(path, "must be true or false")


def _hex(value: Any, path: str, _namespaces: Namespaces) -> None:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise _refuse(path, "must be hexadecimal digits")


def _uom(value: Any, path: str, _namespaces: Namespaces) -> None:
    if not isinstance(value, str) or not _UOM.fullmatch(value):
        raise _refuse(path, "must be a unit of UN/ECE Recommendation 20, two or three capitals or digits")


def _action(value: Any, path: str, _namespaces: Namespaces) -> None:
    if not isinstance(value, str) or value not in ACTIONS:
        raise _refuse(path, "must be ADD, OBSERVE or DELETE")


def _term(field: str) -> _Check:
    """A word of one list of the CBV, or a URI of another vocabulary."""

    def check(value: Any, path: str, _namespaces: Namespaces) -> None:
        if not isinstance(value, str):
            raise _refuse(path, "must be text")
        if ":" not in value:
            if not is_term(field, value):
                raise _refuse(
                    path, f"{value!r} is no term of the Core Business Vocabulary; other vocabulary is a URI"
                )
        elif _OLD_TERMS.match(value) or not is_uri(value):
            raise _refuse(path, "must be a bare term or a URI of another vocabulary")
        elif value.startswith((_TERM_SPACE, "cbv:", "gs1:")) and not is_term(field, value):
            raise _refuse(path, f"{value!r} is no term of the Core Business Vocabulary")

    return check


# ---------------------------------------------------------------- lists and objects


def _list(check: _Check, *, at_least: int = 0, is_set: bool = False) -> _Check:
    def check_all(value: Any, path: str, namespaces: Namespaces) -> None:
        if not isinstance(value, list):
            raise _refuse(path, "must be a list")
        if len(value) < at_least:
            raise _refuse(path, f"must hold at least {at_least}")
        for place, part in enumerate(value):
            check(part, f"{path}[{place}]", namespaces)
        if is_set and len(set(value)) != len(value):
            raise _refuse(path, "holds something twice")

    return check_all


def _object(
    rules: Mapping[str, _Check], required: Collection[str] = (), *, is_closed: bool = False
) -> _Check:
    def check(value: Any, path: str, namespaces: Namespaces) -> None:
        if not isinstance(value, dict):
            raise _refuse(path, "must be an object")
        for name in required:
            if name not in value:
                raise _refuse(f"{path}.{name}", "missing")
        if is_closed and not value.keys() <= rules.keys():
            raise _refuse(f"{path}.{min(value.keys() - rules.keys())}", "not a field of this place")
        _check_fields(value, rules, path + ".", namespaces)

    return check


def _extension(value: Any, path: str, namespaces: Namespaces, depth: int = 0) -> None:
    """Any JSON, as deep as a person would write it, without what a database cannot keep."""
    if depth > MOST_DEPTH:
        raise _refuse(path, "nested too deeply")
    if isinstance(value, str):
        _text(value, path, namespaces)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            _extension(part, f"{path}[{place}]", namespaces, depth + 1)
    elif isinstance(value, dict):
        for name, part in value.items():
            _text(name, path, namespaces)
            _extension(part, f"{path}.{name}", namespaces, depth + 1)
    elif value is not None and not isinstance(value, bool):
        _number(value, path, namespaces)


def _ilmd(value: Any, path: str, namespaces: Namespaces) -> None:
    if not isinstance(value, dict):
        raise _refuse(path, "must be an object")
    _check_fields(value, {}, path + ".", namespaces)


def _certification(value: Any, path: str, namespaces: Namespaces) -> None:
    (_list(_uri) if isinstance(value, list) else _uri)(value, path, namespaces)


def _context(value: Any, path: str, namespaces: Namespaces) -> None:
    _extension(value, path, namespaces)


def _dispositions(value: Any, path: str, namespaces: Namespaces) -> None:
    _PERSISTENT(value, path, namespaces)
    if not value:
        raise _refuse(path, "must set or unset something")


_PERSISTENT = _object(
    {
        "set": _list(_term("disposition"), at_least=1, is_set=True),
        "unset": _list(_term("disposition"), at_least=1, is_set=True),
    },
    is_closed=True,
)
_PLACE = _object({"id": _uri}, ("id",))
_QUANTITIES = _list(
    _object({"epcClass": _uri, "quantity": _number, "uom": _uom}, ("epcClass",), is_closed=True)
)
_SENSOR_TEXT: Mapping[str, _Check] = {
    "time": _instant,
    "deviceID": _uri,
    "deviceMetadata": _uri,
    "rawData": _uri,
    "dataProcessingMethod": _uri,
    "bizRules": _uri,
}
_REPORT: Mapping[str, _Check] = {
    **_SENSOR_TEXT,
    "type": _term("measurement"),
    "exception": _term("exception"),
    "microorganism": _uri,
    "chemicalSubstance": _uri,
    "coordinateReferenceSystem": _uri,
    "value": _number,
    "component": _term("component"),
    "stringValue": _text,
    "booleanValue": _boolean,
    "hexBinaryValue": _hex,
    "uriValue": _uri,
    "minValue": _number,
    "maxValue": _number,
    "meanValue": _number,
    "sDev": _number,
    "percRank": _number,
    "percValue": _number,
    "uom": _text,
}
_SENSORS = _list(
    _object(
        {
            "sensorMetadata": _object({**_SENSOR_TEXT, "startTime": _instant, "endTime": _instant}),
            "sensorReport": _list(_object(_REPORT, ("type",)), at_least=1),
        },
        ("sensorReport",),
    )
)
_EVENT: Mapping[str, _Check] = {
    "@context": _context,
    "type": _text,
    "eventTime": _instant,
    "recordTime": _instant,
    "eventTimeZoneOffset": _offset,
    "eventID": _uri,
    "certificationInfo": _certification,
    "errorDeclaration": _object(
        {"declarationTime": _instant, "reason": _term("reason"), "correctiveEventIDs": _list(_uri)},
        ("declarationTime",),
    ),
}
_BUSINESS: Mapping[str, _Check] = {
    **_EVENT,
    "bizStep": _term("bizStep"),
    "disposition": _term("disposition"),
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": _list(
        _object(
            {"type": _term("bizTransaction"), "bizTransaction": _uri}, ("bizTransaction",), is_closed=True
        )
    ),
    "sourceList": _list(
        _object({"type": _term("sourceDest"), "source": _uri}, ("type", "source"), is_closed=True)
    ),
    "destinationList": _list(
        _object({"type": _term("sourceDest"), "destination": _uri}, ("type", "destination"), is_closed=True)
    ),
    "sensorElementList": _SENSORS,
}
_EPCS = _list(_uri, is_set=True)
_CHILDREN: Mapping[str, _Check] = {
    **_BUSINESS,
    "action": _action,
    "parentID": _uri,
    "childEPCs": _list(_uri),
    "childQuantityList": _QUANTITIES,
}
_RULES: Mapping[str, Mapping[str, _Check]] = {
    "ObjectEvent": {
        **_BUSINESS,
        "action": _action,
        "epcList": _EPCS,
        "quantityList": _QUANTITIES,
        "persistentDisposition": _dispositions,
        "ilmd": _ilmd,
    },
    "AggregationEvent": _CHILDREN,
    "AssociationEvent": _CHILDREN,
    "TransactionEvent": {
        **_BUSINESS,
        "action": _action,
        "parentID": _uri,
        "epcList": _list(_uri),
        "quantityList": _QUANTITIES,
    },
    "TransformationEvent": {
        **_BUSINESS,
        "inputEPCList": _EPCS,
        "inputQuantityList": _QUANTITIES,
        "outputEPCList": _EPCS,
        "outputQuantityList": _QUANTITIES,
        "transformationID": _uri,
        "persistentDisposition": _dispositions,
        "ilmd": _ilmd,
    },
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "ObjectEvent": ("action",),
    "AggregationEvent": ("action",),
    "AssociationEvent": ("action", "parentID"),
    "TransactionEvent": ("action", "bizTransactionList"),
}


# ---------------------------------------------------------------- rules between fields


def _check_sense(kind: str, event: Mapping[str, Any]) -> None:
    """What must hold between fields (EPCIS 2.0, 7.4)."""
    check = _SENSE.get(kind)
    if check is not None:
        check(event)
    if (
        "errorDeclaration" not in event
    ):  # which repeats a wrong event as it was, and may be wrong for this very reason
        _check_sensor_times(event)


def _check_object(event: Mapping[str, Any]) -> None:
    if "epcList" not in event and not event.get("quantityList"):
        if not event.get("sensorElementList"):
            raise EventError("epcList: an ObjectEvent names things, or carries what sensors saw")
        if "readPoint" not in event:
            raise EventError("readPoint: what sensors saw without a thing needs a place")
    if "ilmd" in event and event["action"] != "ADD":
        raise EventError("ilmd: only with action ADD")


def _check_children(event: Mapping[str, Any]) -> None:
    if event["action"] != "DELETE" and not (event.get("childEPCs") or event.get("childQuantityList")):
        raise EventError(f"childEPCs: action {event['action']} names at least one child")
    if event["action"] != "OBSERVE" and "parentID" not in event:
        raise EventError(f"parentID: action {event['action']} names the parent")


def _check_transaction(event: Mapping[str, Any]) -> None:
    if not event["bizTransactionList"]:
        raise EventError("bizTransactionList: must hold at least 1")
    if event["action"] != "DELETE" and "epcList" not in event and not event.get("quantityList"):
        raise EventError("epcList: a TransactionEvent names things")


def _check_transformation(event: Mapping[str, Any]) -> None:
    has_input = bool(event.get("inputEPCList") or event.get("inputQuantityList"))
    has_output = bool(event.get("outputEPCList") or event.get("outputQuantityList"))
    if not (has_input and has_output) and not ("transformationID" in event and (has_input or has_output)):
        raise EventError(
            "inputEPCList: a TransformationEvent has input and output, or a transformationID and one of them"
        )


def _check_sensor_times(event: Mapping[str, Any]) -> None:
    happened = read_instant(event["eventTime"])
    for place, element in enumerate(event.get("sensorElementList", ())):
        parts = [("sensorMetadata", element.get("sensorMetadata", {}))]
        parts += [
            (f"sensorReport[{number}]", report) for number, report in enumerate(element["sensorReport"])
        ]
        for name, part in parts:
            if "time" in part and read_instant(part["time"]) > happened:
                raise EventError(f"sensorElementList[{place}].{name}.time: after the event itself")


_SENSE: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "ObjectEvent": _check_object,
    "AggregationEvent": _check_children,
    "AssociationEvent": _check_children,
    "TransactionEvent": _check_transaction,
    "TransformationEvent": _check_transformation,
}
