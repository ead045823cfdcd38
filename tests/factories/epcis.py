"""EPCIS documents of a tea garden, a workshop and a trout stream: one of each event type, with every kind of field."""

from __future__ import annotations

import copy
from typing import Any

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
NAMESPACES = {"cpf": "https://chophien.example/farm/", "ext": "https://ext.example/ns/"}
GARDEN = "https://id.gs1.org/414/9521234000013"
WORKSHOP = "urn:epc:id:sgln:9521234.00002.0"
SHOP = "https://id.gs1.org/417/9521234500044"
LEAF = "https://id.gs1.org/01/09521234100010/10/LA261101"
TEA = "urn:epc:class:lgtin:9521234.020001.TC261105A"
PACK = "https://id.gs1.org/01/09521234200017/21/{}"

HARVEST: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-01T07:30:00.000+07:00",
    "eventTimeZoneOffset": "+07:00",
    "epcList": [],
    "quantityList": [{"epcClass": LEAF, "quantity": 42.5, "uom": "KGM"}],
    "action": "ADD",
    "bizStep": "commissioning",
    "disposition": "active",
    "readPoint": {"id": GARDEN, "cpf:slope": "north"},
    "bizLocation": {"id": GARDEN},
    "persistentDisposition": {"set": ["completeness_verified"], "unset": ["completeness_inferred"]},
    "certificationInfo": ["https://cert.example/vietgap/1", "https://cert.example/ocop/2"],
    "ilmd": {
        "cbvmda:lotNumber": "LA261101",
        "cpf:leaves": 2,
        "cpf:pickedBy": {"cpf:household": "Nguyễn Thị Hoa", "cpf:hands": [1, 2, {"cpf:left": True}]},
    },
    "cpf:weather": "sương mù",
}
ROLL: dict[str, Any] = {
    "type": "TransformationEvent",
    "eventTime": "2026-11-01T16:00:00+07:00",
    "eventTimeZoneOffset": "+07:00",
    "transformationID": "urn:uuid:019a3f6e-0000-7000-8000-000000000001",
    "inputQuantityList": [{"epcClass": LEAF, "quantity": 42.5, "uom": "KGM"}],
    "outputQuantityList": [{"epcClass": TEA, "quantity": 9000, "uom": "GRM"}],
    "bizStep": "creating_class_instance",
    "disposition": "in_progress",
    "readPoint": {"id": WORKSHOP},
    "ilmd": {"cbvmda:bestBeforeDate": "2027-11-01"},
}
PACKING: dict[str, Any] = {
    "type": "AggregationEvent",
    "eventTime": "2026-11-02T08:00:00.250+07:00",
    "eventTimeZoneOffset": "+07:00",
    "parentID": "urn:epc:id:sscc:9521234.1000000001",
    "childEPCs": [PACK.format("AAA111"), PACK.format("AAA112")],
    "childQuantityList": [{"epcClass": TEA, "quantity": 200, "uom": "GRM"}],
    "action": "ADD",
    "bizStep": "packing",
    "readPoint": {"id": WORKSHOP},
}
SHIPPING: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-03T09:15:00+07:00",
    "eventTimeZoneOffset": "+07:00",
    "eventID": "urn:uuid:019a3f6e-0000-7000-8000-000000000002",
    "epcList": ["https://chophien.example/00/095212340000000017"],
    "action": "OBSERVE",
    "bizStep": "shipping",
    "disposition": "in_transit",
    "bizTransactionList": [
        {"type": "po", "bizTransaction": "https://chophien.example/orders/CP7K2M9Q"},
        {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:9521234000013:DA-1"},
    ],
    "sourceList": [
        {"type": "owning_party", "source": "urn:epc:id:pgln:9521234.00001"},
        {"type": "location", "source": WORKSHOP},
    ],
    "destinationList": [{"type": "owning_party", "destination": SHOP}],
}
ORDER: dict[str, Any] = {
    "type": "TransactionEvent",
    "eventTime": "2026-11-03T08:00:00Z",
    "eventTimeZoneOffset": "+07:00",
    "bizTransactionList": [{"type": "po", "bizTransaction": "https://chophien.example/orders/CP7K2M9Q"}],
    "epcList": [PACK.format("AAA111")],
    "action": "ADD",
    "bizStep": "reserving",
}
GAUGE: dict[str, Any] = {
    "type": "AssociationEvent",
    "eventTime": "2026-10-01T08:00:00+07:00",
    "eventTimeZoneOffset": "+07:00",
    "parentID": "https://id.gs1.org/414/9521234000037",
    "childEPCs": ["urn:epc:id:giai:9521234.TEMP7"],
    "action": "ADD",
    "bizStep": "assembling",
}
WATER: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-04T06:00:00+07:00",
    "eventTimeZoneOffset": "+07:00",
    "action": "OBSERVE",
    "bizStep": "sensor_reporting",
    "readPoint": {"id": "https://id.gs1.org/414/9521234000037"},
    "sensorElementList": [
        {
            "sensorMetadata": {
                "time": "2026-11-04T05:59:00+07:00",
                "startTime": "2026-11-04T05:00:00+07:00",
                "endTime": "2026-11-04T06:00:00+07:00",
                "deviceID": "urn:epc:id:giai:9521234.TEMP7",
                "dataProcessingMethod": "https://chophien.example/253/9521234000051",
                "bizRules": "https://chophien.example/253/9521234000068",
                "ext:calibrated": "2026-01-05",
            },
            "sensorReport": [
                {"type": "Temperature", "value": 15.5, "minValue": 14.0, "maxValue": 17.25, "uom": "CEL"},
                {
                    "type": "ext:Oxygen",
                    "meanValue": 8.1,
                    "sDev": 0.2,
                    "uom": "M1",
                    "chemicalSubstance": "https://identifiers.org/inchikey:MYMOFIZGZYHOMD-UHFFFAOYSA-N",
                },
                {"type": "AbsoluteHumidity", "percRank": 50, "percValue": 12.5, "uom": "A93"},
                {"type": "ext:Seen", "booleanValue": True, "stringValue": "trong", "hexBinaryValue": "f0A0"},
                {
                    "type": "Dimensionless",
                    "exception": "ALARM_CONDITION",
                    "component": "x",
                    "uriValue": "https://id.gs1.org/8004/9521234TEMP7",
                    "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
                },
            ],
        }
    ],
}
CORRECTION: dict[str, Any] = {
    **SHIPPING,
    "errorDeclaration": {
        "declarationTime": "2026-11-05T10:00:00+07:00",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:019a3f6e-0000-7000-8000-000000000009"],
        "ext:said": "sai ngày",
    },
}
FOREIGN: dict[str, Any] = {
    "type": "https://ext.example/ns/TastingEvent",
    "eventTime": "2026-11-06T10:00:00+07:00",
    "eventTimeZoneOffset": "+07:00",
    "ext:cups": 12,
}
EVERY = (HARVEST, ROLL, PACKING, SHIPPING, ORDER, GAUGE, WATER, CORRECTION, FOREIGN)


def make_document(*events: dict[str, Any], **overrides: Any) -> dict[str, Any]:
    """A capture document of these events (copies); all of them without any."""
    return {
        "@context": [CONTEXT, NAMESPACES],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-06T12:00:00+07:00",
        "epcisBody": {"eventList": copy.deepcopy(list(events or EVERY))},
        **overrides,
    }
