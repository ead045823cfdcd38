"""What the repository refuses, field by field; each refusal names its field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.factories import epcis as made
from traceability.events.capturing import MOST_DOCUMENT, prepare_event
from traceability.events.checking import EventError, check_event
from traceability.events.reading import DocumentError, read_document, read_json


def deep(levels: int) -> Any:
    """Lists in lists."""
    value: Any = "x"
    for _level in range(levels):
        value = [value]
    return value


def report(**changes: Any) -> dict[str, Any]:
    """The water's event with another report."""
    return {"sensorElementList": [{"sensorReport": [{"type": "Temperature", **changes}]}]}


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (made.HARVEST, {"type": None}, "type"),
    (made.HARVEST, {"type": "HarvestEvent"}, "type"),
    (made.FOREIGN, {"type": "none:Such"}, "type"),
    (made.HARVEST, {"eventTime": ...}, "eventTime"),
    (made.HARVEST, {"eventTime": "22-07-2026"}, "eventTime"),
    (made.HARVEST, {"eventTime": "2026-11-01T07:30:00"}, "eventTime"),
    (made.HARVEST, {"eventTime": "2026-13-01T07:30:00Z"}, "eventTime"),
    (made.HARVEST, {"eventTime": 5}, "eventTime"),
    (made.HARVEST, {"eventTimeZoneOffset": "+7"}, "eventTimeZoneOffset"),
    (made.HARVEST, {"eventTimeZoneOffset": ...}, "eventTimeZoneOffset"),
    (made.HARVEST, {"action": ...}, "action"),
    (made.HARVEST, {"action": "CREATE"}, "action"),
    (made.HARVEST, {"bizStep": "harvesting"}, "bizStep"),
    (made.HARVEST, {"bizStep": "urn:epcglobal:cbv:bizstep:commissioning"}, "bizStep"),
    (made.HARVEST, {"bizStep": "https://ref.gs1.org/cbv/BizStep-harvesting"}, "bizStep"),
    (made.HARVEST, {"bizStep": 1}, "bizStep"),
    (made.HARVEST, {"disposition": "fresh"}, "disposition"),
    (made.HARVEST, {"epcList": "urn:x:y"}, "epcList"),
    (made.HARVEST, {"epcList": ["no uri"]}, "epcList[0]"),
    (made.HARVEST, {"epcList": ["urn:epc:id:sgtin:1.2.3"]}, "epcList[0]"),
    (made.HARVEST, {"epcList": ["urn:x:y", "urn:x:y"]}, "epcList"),
    (made.HARVEST, {"quantityList": [{"quantity": 1}]}, "quantityList[0].epcClass"),
    (made.HARVEST, {"quantityList": [{"epcClass": "urn:x:y", "quantity": "1"}]}, "quantityList[0].quantity"),
    (made.HARVEST, {"quantityList": [{"epcClass": "urn:x:y", "quantity": True}]}, "quantityList[0].quantity"),
    (made.HARVEST, {"quantityList": [{"epcClass": "urn:x:y", "uom": "kg"}]}, "quantityList[0].uom"),
    (made.HARVEST, {"quantityList": [{"epcClass": "urn:x:y", "cpf:x": 1}]}, "quantityList[0].cpf:x"),
    (made.HARVEST, {"quantityList": ["x"]}, "quantityList[0]"),
    (made.HARVEST, {"epcList": ..., "quantityList": ...}, "epcList"),
    (made.HARVEST, {"weather": "x"}, "weather"),
    (made.HARVEST, {"no:weather": "x"}, "no:weather"),
    (made.HARVEST, {"cpf:deep": deep(40)}, "cpf:deep" + "[0]" * 25),
    (made.HARVEST, {"cpf:nul": "a\x00b"}, "cpf:nul"),
    (made.HARVEST, {"cpf:nul": {"a\x00b": 1}}, "cpf:nul"),
    (made.HARVEST, {"cpf:inf": float("inf")}, "cpf:inf"),
    (made.HARVEST, {"cpf:huge": 10**400}, "cpf:huge"),
    (made.HARVEST, {"ilmd": {"leaves": 2}}, "ilmd.leaves"),
    (made.HARVEST, {"ilmd": "x"}, "ilmd"),
    (made.HARVEST, {"action": "OBSERVE"}, "ilmd"),
    (made.HARVEST, {"readPoint": {}}, "readPoint.id"),
    (made.HARVEST, {"readPoint": "urn:x:y"}, "readPoint"),
    (made.HARVEST, {"persistentDisposition": {}}, "persistentDisposition"),
    (made.HARVEST, {"persistentDisposition": {"set": []}}, "persistentDisposition.set"),
    (made.HARVEST, {"certificationInfo": "x"}, "certificationInfo"),
    (made.HARVEST, {"errorDeclaration": {"reason": "incorrect_data"}}, "errorDeclaration.declarationTime"),
    (made.HARVEST, {"@context": 5}, "@context"),
    (made.HARVEST, {"@context": {"cpf": "x", "n": {"@id": "urn:n:"}}, "n:x": float("nan")}, "n:x"),
    (made.ROLL, {"outputQuantityList": ..., "transformationID": ...}, "inputEPCList"),
    (made.ROLL, {"inputQuantityList": ..., "outputQuantityList": ...}, "inputEPCList"),
    (made.PACKING, {"parentID": ...}, "parentID"),
    (made.PACKING, {"childEPCs": ..., "childQuantityList": ...}, "childEPCs"),
    (made.GAUGE, {"parentID": ...}, "parentID"),
    (made.GAUGE, {"childEPCs": ...}, "childEPCs"),
    (made.GAUGE, {"action": "OBSERVE", "childEPCs": []}, "childEPCs"),
    (made.ORDER, {"bizTransactionList": ...}, "bizTransactionList"),
    (made.ORDER, {"bizTransactionList": []}, "bizTransactionList"),
    (made.ORDER, {"epcList": ...}, "epcList"),
    (made.SHIPPING, {"sourceList": [{"source": "urn:x:y"}]}, "sourceList[0].type"),
    (
        made.SHIPPING,
        {"destinationList": [{"type": "buyer", "destination": "urn:x:y"}]},
        "destinationList[0].type",
    ),
    (made.WATER, {"readPoint": ...}, "readPoint"),
    (made.WATER, {"sensorElementList": ...}, "epcList"),
    (made.WATER, {"sensorElementList": [{}]}, "sensorElementList[0].sensorReport"),
    (made.WATER, {"sensorElementList": [{"sensorReport": []}]}, "sensorElementList[0].sensorReport"),
    (made.WATER, report(time="2026-11-04T07:00:00+07:00"), "sensorElementList[0].sensorReport[0].time"),
    (made.WATER, report(type="Warmth"), "sensorElementList[0].sensorReport[0].type"),
    (made.WATER, report(booleanValue="true"), "sensorElementList[0].sensorReport[0].booleanValue"),
    (made.WATER, report(hexBinaryValue="xyz"), "sensorElementList[0].sensorReport[0].hexBinaryValue"),
    (made.WATER, report(component="w"), "sensorElementList[0].sensorReport[0].component"),
]


@pytest.mark.parametrize(("base", "changes", "said"), REFUSED)
def test_faulty_events_are_refused_by_name(base: dict[str, Any], changes: dict[str, Any], said: str) -> None:
    """The refusal begins with the path of the field that is wrong."""
    event = {name: value for name, value in {**copy.deepcopy(base), **changes}.items() if value is not ...}
    with pytest.raises(EventError) as refusal:
        prepare_event(event, made.NAMESPACES)
    assert str(refusal.value).startswith(f"{said}:")


def test_what_is_no_object_or_too_large_is_refused() -> None:
    """An event is an object of bounded size, of whole characters."""
    for wrong in ("x", None, []):
        with pytest.raises(EventError, match="an event must be an object"):
            prepare_event(wrong, {})
        with pytest.raises(EventError, match="an event must be an object"):
            check_event(wrong, {})
    with pytest.raises(EventError, match="characters at most"):
        prepare_event({**made.FOREIGN, "ext:long": "x" * MOST_DOCUMENT}, made.NAMESPACES)
    with pytest.raises(EventError, match="half a character"):
        prepare_event({**made.FOREIGN, "ext:half": "\ud800"}, made.NAMESPACES)


def test_an_error_declaration_may_repeat_a_sensor_time_that_was_wrong() -> None:
    """A reading after its event is refused, but not in the event that is declared wrong for it."""
    late = {**made.WATER, "eventTime": "2026-11-03T06:00:00+07:00"}
    with pytest.raises(EventError, match="after the event itself"):
        check_event(late, made.NAMESPACES)
    check_event({**late, "errorDeclaration": {"declarationTime": "2026-11-05T00:00:00Z"}}, made.NAMESPACES)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"@context": ...}, "@context"),
        ({"@context": [5]}, "@context"),
        ({"@context": "no uri"}, "@context"),
        ({"type": "Document"}, "type"),
        ({"schemaVersion": ...}, "schemaVersion"),
        ({"schemaVersion": "1.2"}, "schemaVersion"),
        ({"creationDate": ...}, "creationDate"),
        ({"creationDate": "today"}, "creationDate"),
        ({"epcisBody": ...}, "epcisBody"),
        ({"epcisBody": {}}, "epcisBody"),
        ({"note": "x"}, "note"),
        ({"epcisHeader": []}, "epcisHeader"),
        ({"epcisHeader": {"epcisMasterData": {"vocabularyList": 1}}}, "epcisHeader"),
        ({"epcisHeader": {"epcisMasterData": {"vocabularyList": [1]}}}, "epcisHeader"),
        (
            {"epcisHeader": {"epcisMasterData": {"vocabularyList": [{"vocabularyElementList": [{}]}]}}},
            "epcisHeader",
        ),
        (
            {
                "epcisHeader": {
                    "epcisMasterData": {
                        "vocabularyList": [{"vocabularyElementList": [{"id": "urn:x:y", "children": [1]}]}]
                    }
                }
            },
            "epcisHeader",
        ),
        (
            {
                "epcisHeader": {
                    "epcisMasterData": {
                        "vocabularyList": [{"vocabularyElementList": [{"id": "urn:x:y", "attributes": 1}]}]
                    }
                }
            },
            "epcisHeader",
        ),
        (
            {
                "epcisHeader": {
                    "epcisMasterData": {
                        "vocabularyList": [{"vocabularyElementList": [{"id": "urn:x:y", "attributes": [1]}]}]
                    }
                }
            },
            "epcisHeader",
        ),
    ],
)
def test_faulty_documents_are_refused(changes: dict[str, Any], said: str) -> None:
    """An envelope that is none is refused before its events are looked at."""
    body = {name: value for name, value in made.make_document(**changes).items() if value is not ...}
    with pytest.raises(DocumentError, match=said):
        read_document(body)


def test_documents_are_objects_of_strict_json() -> None:
    """A list is no document, NaN is no JSON, a foreign field with a namespace is fine."""
    with pytest.raises(DocumentError, match="must be an object"):
        read_document([])
    with pytest.raises(DocumentError, match="no JSON"):
        read_json(b'{"a": Infinity}')
    assert len(read_document(made.make_document(**{"cpf:note": "x"})).events) == len(made.EVERY)
    query = {
        "@context": made.CONTEXT,
        "type": "EPCISQueryDocument",
        "epcisBody": {"queryResults": {"resultsBody": {"eventList": []}}},
    }
    assert read_document(query).events == []
    with pytest.raises(DocumentError, match="eventList"):
        read_document({**query, "epcisBody": {"queryResults": 1}})
