"""Conditions: what each parameter of the EPCIS 2.0 query language (8.2.7.1) means for one event.

A condition is a test in memory, which is what the parameter means, and the terms of the index of which any event that
passes carries one: the database narrows down by terms, the test decides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from traceability.events.checking import read_instant
from traceability.events.facts import PAIRS, Facts, spell_value, term_key
from traceability.events.identifiers import class_of, link_of_urn, normalise
from traceability.events.units import convert
from traceability.events.vocabulary import CBV, EVENT_TYPES, expand, is_term

Test = Callable[[Facts], bool]
MOST_VALUES = 1_000


class QueryError(ValueError):
    """A parameter is unknown, or its value cannot be read; the text names it (QueryParameterException)."""


@dataclass(frozen=True)
class Condition:
    """One parameter: what it means, and index terms of which a passing event carries at least one (None: not indexed)."""

    name: str
    test: Test
    terms: frozenset[int] | None = None


ROLES = {
    "MATCH_epc": ("epc",),
    "MATCH_parentID": ("parentID",),
    "MATCH_inputEPC": ("inputEPC",),
    "MATCH_outputEPC": ("outputEPC",),
    "MATCH_anyEPC": ("epc", "parentID", "inputEPC", "outputEPC"),
}
CLASS_ROLES = {
    "MATCH_epcClass": ("epcClass",),
    "MATCH_inputEPCClass": ("inputEPCClass",),
    "MATCH_outputEPCClass": ("outputEPCClass",),
    "MATCH_anyEPCClass": ("epcClass", "inputEPCClass", "outputEPCClass"),
}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda one, other: bool(one == other),
    "GT": lambda one, other: bool(one > other),
    "GE": lambda one, other: bool(one >= other),
    "LT": lambda one, other: bool(one < other),
    "LE": lambda one, other: bool(one <= other),
}
_SENSOR_WORDS = {
    "EQ_deviceID": "deviceID",
    "EQ_dataProcessingMethod": "dataProcessingMethod",
    "EQ_microorganism": "microorganism",
    "EQ_chemicalSubstance": "chemicalSubstance",
    "EQ_bizRules": "bizRules",
    "EQ_stringValue": "stringValue",
    "EQ_hexBinaryValue": "hexBinaryValue",
    "EQ_uriValue": "uriValue",
}
_SENSOR_TIMES = frozenset({"time", "startTime", "endTime"})


# ---------------------------------------------------------------- values


def always(_facts: Facts) -> bool:
    """The test of a parameter that asks nothing."""
    return True


def listed(value: Any) -> list[Any]:
    """The values of a parameter, one or many."""
    return value if isinstance(value, list) else [value]


def texts(name: str, value: Any) -> list[str]:
    """The texts of a parameter; raises `QueryError`."""
    found = listed(value)
    if not found or len(found) > MOST_VALUES or not all(isinstance(part, str) and part for part in found):
        raise QueryError(f"{name}: must be one to {MOST_VALUES} texts")
    return found


def read_instant_of(name: str, value: Any) -> datetime:
    """The instant of a parameter; raises `QueryError`."""
    try:
        return read_instant(value)
    except (ValueError, TypeError) as error:
        raise QueryError(f"{name}: must be a date and time with its offset") from error


def number_of(name: str, value: Any) -> float:
    """The finite number of a parameter; raises `QueryError`."""
    number = as_number(value)
    if number is None:
        raise QueryError(f"{name}: must be a number")
    return number


def count_of(parameters: Mapping[str, Any], name: str) -> int | None:
    """The whole number of a parameter, None when it is not there; raises `QueryError`."""
    value = parameters.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"\d{1,9}", str(value)) or isinstance(value, bool):
        raise QueryError(f"{name}: must be a whole number")
    return int(value)


def is_off(name: str, value: Any) -> bool:
    """EXISTS with `false` asks nothing; empty, null, 1 and `true` ask."""
    if value in (None, "", "true", True, 1, "1", "null"):
        return False
    if value in ("false", False, 0, "0"):
        return True
    raise QueryError(f"{name}: must be true, false or empty")


def terms_of(words: Iterable[str]) -> frozenset[int]:
    """Terms of the index by their words."""
    return frozenset(term_key(word) for word in words)


def spellings(value: Any) -> set[str]:
    """How values that equal this one are spelled in the index."""
    found = {spell_value(value)}
    if isinstance(value, str):
        number = as_number(value)
        if number is not None:
            found.add(spell_value(number))
    return found


def as_number(value: Any) -> float | None:
    """A finite number, from JSON or text; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def value_test(name: str, compare: str, value: Any) -> Callable[[Any], bool]:
    """A test of one value of an event against the value of a parameter: as text, number or instant."""
    if compare == "EQ":
        wanted = {word for part in listed(value) for word in spellings(part)}
        return lambda found: not isinstance(found, (dict, list)) and spell_value(found) in wanted
    test = _COMPARE[compare]
    limit = as_number(value)
    if limit is not None:
        return lambda found: (number := as_number(found)) is not None and test(number, limit)
    instant = read_instant_of(name, value)
    return lambda found: (at := _as_instant(found)) is not None and test(at, instant)


def _as_instant(value: Any) -> datetime | None:
    try:
        return read_instant(value)
    except (ValueError, TypeError):
        return None


# ---------------------------------------------------------------- parameters with fixed names


def _event_type(name: str, value: Any) -> Condition:
    kinds = frozenset(texts(name, value))
    for kind in kinds:
        if kind not in EVENT_TYPES and ":" not in kind:
            raise QueryError(f"{name}: {kind!r} is no event type")
    return Condition(
        name, lambda facts: facts.event["type"] in kinds, terms_of(f"eventType={kind}" for kind in kinds)
    )


def _action(name: str, value: Any) -> Condition:
    actions = frozenset(texts(name, value))
    if not actions <= {"ADD", "OBSERVE", "DELETE"}:
        raise QueryError(f"{name}: must be ADD, OBSERVE or DELETE")
    return Condition(
        name,
        lambda facts: facts.event.get("action") in actions,
        terms_of(f"action={action}" for action in actions),
    )


def _expanded(name: str, value: Any, vocabulary: str) -> frozenset[str]:
    """Terms as whole addresses; a bare word that is no term is refused."""
    words = texts(name, value)
    for word in words:
        if not is_term(vocabulary, word) and (":" not in word or word.startswith(CBV)):
            raise QueryError(f"{name}: {word!r} is no term of the vocabulary")
    return frozenset(expand(vocabulary, word) for word in words)


def _business_term(name: str, value: Any) -> Condition:
    field_ = name.removeprefix("EQ_")
    words = _expanded(name, value, field_)
    return Condition(
        name, lambda facts: facts.term(field_) in words, terms_of(f"{field_}={word}" for word in words)
    )


def _persistent(name: str, value: Any) -> Condition:
    change = name.rpartition("_")[2]
    words = _expanded(name, value, "disposition")
    return Condition(
        name,
        lambda facts: not words.isdisjoint(facts.dispositions(change)),
        terms_of(f"persistentDisposition_{change}={word}" for word in words),
    )


def _equal_place(name: str, value: Any) -> Condition:
    return at_place(name, name.removeprefix("EQ_"), {normalise(uri) for uri in texts(name, value)})


def at_place(name: str, field_: str, uris: set[str]) -> Condition:
    """The read point or business location is one of these."""
    return Condition(
        name, lambda facts: facts.place(field_) in uris, terms_of(f"{field_}={uri}" for uri in uris)
    )


def _transformation(name: str, value: Any) -> Condition:
    ids = frozenset(texts(name, value))
    return Condition(
        name,
        lambda facts: facts.event.get("transformationID") in ids,
        terms_of(f"transformationID={one}" for one in ids),
    )


def _error_exists(name: str, value: Any) -> Condition:
    if is_off(name, value):
        return Condition(name, always)
    return Condition(name, lambda facts: facts.error is not None, terms_of(["errorDeclaration"]))


def _error_time(name: str, value: Any) -> Condition:
    compare, instant = _COMPARE[name[:2]], read_instant_of(name, value)
    return Condition(
        name,
        lambda facts: (
            facts.error is not None and compare(read_instant(facts.error["declarationTime"]), instant)
        ),
        terms_of(["errorDeclaration"]),
    )


def _error_reason(name: str, value: Any) -> Condition:
    words = _expanded(name, value, "reason")
    return Condition(
        name,
        lambda facts: facts.error is not None and expand("reason", facts.error.get("reason", "")) in words,
        terms_of(["errorDeclaration"]),
    )


def _corrective(name: str, value: Any) -> Condition:
    ids = frozenset(texts(name, value))
    return Condition(
        name,
        lambda facts: (
            facts.error is not None and not ids.isdisjoint(facts.error.get("correctiveEventIDs", ()))
        ),
        terms_of(f"correctiveEventID={one}" for one in ids),
    )


def _sensor_exists(name: str, value: Any) -> Condition:
    if is_off(name, value):
        return Condition(name, always)
    return Condition(name, lambda facts: bool(facts.sensor_parts), terms_of(["sensorElementList"]))


def _sensor_time(name: str, value: Any) -> Condition:
    bound, field_ = name.split("_")
    compare, instant = _COMPARE[bound], read_instant_of(name, value)
    return Condition(
        name,
        lambda facts: any(
            field_ in part and compare(read_instant(part[field_]), instant) for part in facts.sensor_parts
        ),
        terms_of(["sensorElementList"]),
    )


def _sensor_type(name: str, value: Any) -> Condition:
    kinds = frozenset(expand("measurement", word) for word in texts(name, value))
    return Condition(
        name,
        lambda facts: any(expand("measurement", report["type"]) in kinds for report in facts.reports),
        terms_of(f"type={kind}" for kind in kinds),
    )


def _sensor_word(name: str, value: Any) -> Condition:
    field_ = _SENSOR_WORDS[name]
    words = frozenset(normalise(word) for word in texts(name, value))
    return Condition(
        name,
        lambda facts: any(normalise(part[field_]) in words for part in facts.sensor_parts if field_ in part),
        terms_of(f"deviceID={word}" for word in words)
        if field_ == "deviceID"
        else terms_of(["sensorElementList"]),
    )


def _sensor_boolean(name: str, value: Any) -> Condition:
    if value not in (True, False, "true", "false"):
        raise QueryError(f"{name}: must be true or false")
    wanted = value in (True, "true")
    return Condition(
        name,
        lambda facts: any(report.get("booleanValue") is wanted for report in facts.reports),
        terms_of(["sensorElementList"]),
    )


FIXED: Mapping[str, Callable[[str, Any], Condition]] = {
    "eventType": _event_type,
    "EQ_action": _action,
    "EQ_bizStep": _business_term,
    "EQ_disposition": _business_term,
    "EQ_persistentDisposition_set": _persistent,
    "EQ_persistentDisposition_unset": _persistent,
    "EQ_readPoint": _equal_place,
    "EQ_bizLocation": _equal_place,
    "EQ_transformationID": _transformation,
    "EXISTS_errorDeclaration": _error_exists,
    **{
        f"{bound}_{spelling}": _error_time
        for bound in ("GE", "LT")
        for spelling in ("errorDeclarationTime", "errorDeclaration_Time")
    },
    "EQ_errorReason": _error_reason,
    "EQ_correctiveEventID": _corrective,
    "EXISTS_sensorElementList": _sensor_exists,
    **{f"{bound}_{name}": _sensor_time for bound in ("GE", "LT") for name in sorted(_SENSOR_TIMES)},
    "EQ_type": _sensor_type,
    **dict.fromkeys(_SENSOR_WORDS, _sensor_word),
    "EQ_booleanValue": _sensor_boolean,
}


# ---------------------------------------------------------------- matching, measuring, pairs


def match_epcs(name: str, uris: Sequence[str]) -> Condition:
    """EPCs by themselves, or by a pattern (EPCIS 2.0, 8.2.7.1.1)."""
    roles = ROLES[name]
    exact = {normalise(uri) for uri in uris}
    classes = {link for uri in uris if uri.startswith("urn:epc:idpat:") and (link := link_of_urn(uri))}
    wide = [pattern for uri in uris if (pattern := _company_pattern(uri))]

    def test(facts: Facts) -> bool:
        return any(
            role in roles
            and (uri in exact or class_of(uri) in classes or any(pattern.match(uri) for pattern in wide))
            for role, uri in facts.epcs
        )

    words = {f"{role}={uri}" for role in roles for uri in exact}
    words |= {f"{role}<{link}" for role in roles for link in classes}
    return Condition(name, test, None if wide else terms_of(words))


def match_classes(name: str, uris: Sequence[str]) -> Condition:
    """Classes by themselves, or by a pattern."""
    roles = CLASS_ROLES[name]
    exact = {normalise(uri) for uri in uris}
    wide = [pattern for uri in uris if (pattern := _company_pattern(uri))]

    def test(facts: Facts) -> bool:
        return any(
            quantity.role in roles
            and (quantity.epc_class in exact or any(pattern.match(quantity.epc_class) for pattern in wide))
            for quantity in facts.quantities
        )

    return Condition(
        name, test, None if wide else terms_of(f"{role}={uri}" for role in roles for uri in exact)
    )


_WIDE = re.compile(r"urn:epc:idpat:(sgtin|grai|gdti|sgcn|sscc|sgln|giai|gsrn)((?::|\.)\d{6,12})((?:\.\*)+)")
_WIDE_KEYS = {
    "sgtin": "01/\\d",
    "sscc": "00/\\d",
    "grai": "8003/0",
    "gdti": "253/",
    "sgcn": "255/",
    "sgln": "414/",
    "giai": "8004/",
    "gsrn": "8018/",
}


def _company_pattern(uri: str) -> re.Pattern[str] | None:
    """A pattern of all that one company numbered (`urn:epc:idpat:sgtin:0614141.*.*`)."""
    found = _WIDE.fullmatch(uri)
    if found is None or link_of_urn(uri) is not None:
        return None
    return re.compile(rf"https://id\.gs1\.org/{_WIDE_KEYS[found[1]]}{found[2][1:]}")


_INCLUSIVE = frozenset({"EQ", "GE", "LE"})


def measured(name: str, compare: str, field_: str, uom: str | None, value: Any) -> Condition:
    """A number of a report or a quantity, in any unit that can be converted."""
    test = _COMPARE[compare]
    limits = [number_of(name, part) for part in listed(value)]
    if compare != "EQ" and len(limits) > 1:
        raise QueryError(f"{name}: takes one number")

    def passes(found: Any, found_uom: str | None) -> bool:
        number = as_number(found)
        if number is not None and uom is not None:
            number = convert(number, found_uom, uom)
        if number is None:
            return False
        near = any(math.isclose(number, limit, rel_tol=1e-9, abs_tol=1e-9) for limit in limits)
        if near or compare == "EQ":  # a converted number misses its limit by a hair
            return near and compare in _INCLUSIVE
        return test(number, limits[0])

    if field_ == "quantity":
        return Condition(name, lambda facts: any(passes(part.amount, part.uom) for part in facts.quantities))
    return Condition(
        name,
        lambda facts: any(passes(report.get(field_), report.get("uom")) for report in facts.reports),
        terms_of(["sensorElementList"]),
    )


def paired(name: str, field_: str, kind: str, uris: Sequence[str]) -> Condition:
    """Classes by themselves, or by a pattern."""
    """The read point or business location is one of these."""
    """Terms of the index by their words."""
    """The whole number of a parameter, None when it is not there; raises `QueryError`."""
    """The finite number of a parameter; raises `QueryError`."""
    """The instant of a parameter; raises `QueryError`."""
    """The texts of a parameter; raises `QueryError`."""
    """The values of a parameter, one or many."""
    """The test of a parameter that asks nothing."""
    """A business transaction, source or destination of one type."""
    _listed_in, vocabulary = PAIRS[field_]
    if not is_term(vocabulary, kind) and ":" not in kind:
        raise QueryError(f"{name}: {kind!r} is no term of the vocabulary")
    whole = expand(vocabulary, kind)
    wanted = {(whole, normalise(uri)) for uri in uris}
    return Condition(
        name,
        lambda facts: not wanted.isdisjoint(facts.pairs(field_)),
        terms_of(f"{field_}:{one}={uri}" for one, uri in wanted),
    )
