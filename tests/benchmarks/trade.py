"""Events of a trade that never ends: cases of twenty packs from the harvest to the shop, the same for the same numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.factories.epcis import CONTEXT, GARDEN, NAMESPACES, SHOP, WORKSHOP

PACKS = 20
"""Packs of one case."""
PER_CASE = 10
"""Events of one case."""
_START = datetime(2025, 1, 1, tzinfo=UTC)
_SHOP_PLACE = "https://id.gs1.org/414/9521234500044"


def pack(case: int, place: int) -> str:
    """The EPC of one pack of a case."""
    return f"https://id.gs1.org/01/09521234200017/21/K{case:07d}{place:02d}"


def case_events(case: int) -> Iterator[dict[str, Any]]:
    """The ten events of one case: harvest, roll, label, pack, ship, receive, unpack, and three packs sold."""
    packs = [pack(case, place) for place in range(PACKS)]
    leaf = f"https://id.gs1.org/01/09521234100010/10/L{case // 20:06d}"
    tea = f"https://id.gs1.org/01/09521234200017/10/T{case // 20:06d}"
    crate = f"https://id.gs1.org/00/0952123{case:010d}0"
    order = f"https://chophien.example/orders/{case:08d}"
    owners = {
        "bizTransactionList": [{"type": "po", "bizTransaction": order}],
        "sourceList": [{"type": "owning_party", "source": "https://id.gs1.org/417/9521234000013"}],
        "destinationList": [{"type": "owning_party", "destination": SHOP}],
    }
    made: list[dict[str, Any]] = [
        {
            "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "disposition": "active",
            "quantityList": [{"epcClass": leaf, "quantity": 42.5, "uom": "KGM"}],
            "readPoint": {"id": GARDEN}, "bizLocation": {"id": GARDEN},
            "ilmd": {"cbvmda:lotNumber": f"L{case // 20:06d}", "cpf:leaves": 2}, "cpf:weather": "sương mù",
        },
        {
            "type": "TransformationEvent", "bizStep": "creating_class_instance", "disposition": "in_progress",
            "inputQuantityList": [{"epcClass": leaf, "quantity": 42.5, "uom": "KGM"}],
            "outputQuantityList": [{"epcClass": tea, "quantity": 9000, "uom": "GRM"}],
            "readPoint": {"id": WORKSHOP}, "ilmd": {"cbvmda:bestBeforeDate": "2027-11-01"},
        },
        {
            "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "disposition": "active",
            "epcList": packs, "readPoint": {"id": WORKSHOP}, "ilmd": {"cbvmda:lotNumber": f"T{case // 20:06d}"},
        },
        {
            "type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": crate,
            "childEPCs": packs, "readPoint": {"id": WORKSHOP},
        },
        {
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit",
            "epcList": [crate], "readPoint": {"id": WORKSHOP}, **owners,
        },
        {
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress",
            "epcList": [crate], "readPoint": {"id": _SHOP_PLACE}, "bizLocation": {"id": _SHOP_PLACE}, **owners,
        },
        {
            "type": "AggregationEvent", "action": "DELETE", "bizStep": "unpacking", "parentID": crate,
            "childEPCs": packs, "readPoint": {"id": _SHOP_PLACE},
        },
    ]  # fmt: skip
    made += [
        {
            "type": "TransactionEvent", "action": "ADD", "bizStep": "retail_selling", "epcList": [packs[place]],
            "bizTransactionList": [{"type": "inv", "bizTransaction": f"{order}/{place}"}],
            "readPoint": {"id": _SHOP_PLACE},
        }
        for place in range(PER_CASE - len(made))
    ]  # fmt: skip
    for step, event in enumerate(made):
        happened = _START + timedelta(seconds=40 * (case * PER_CASE + step))
        yield {
            **event,
            "eventTime": happened.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "eventTimeZoneOffset": "+07:00",
        }


def make_body(start: int, *, cases: int = 10) -> bytes:
    """The capture document of some cases (a hundred events in ten)."""
    events = [event for case in range(start, start + cases) for event in case_events(case)]
    document = {
        "@context": [CONTEXT, NAMESPACES],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-06T12:00:00+07:00",
        "epcisBody": {"eventList": events},
    }
    return json.dumps(document, ensure_ascii=False).encode()
