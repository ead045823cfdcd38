"""Recalling: a harvest that became many lots and 5,000 parcels, in the middle of a store of a million events."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.db import Database
from tests.benchmarks.load import rank
from traceability.chronicle.telling import lot_class, unit, urn
from traceability.events import service

DEPTH = 6
"""Steps from the harvest to a parcel."""
ORDERS = 5_000
ROUNDS = 20
_PRODUCER, _HARVEST = urn(UUID(int=0x952 << 64)), urn(UUID(int=0x953 << 64))
_LOTS = (1, 5, 5, 25)
"""Lots of the first four steps: the leaf, its withering in troughs, their rolling, their grades."""
_PACKED = 12
"""Grades that are packed as lots of their own and sold by weight; packs of the others carry serials and are scanned."""
_PACKS = 3
"""Scanned packs in one parcel."""
_GTIN = "09521234200024"
_MADE = datetime(2026, 3, 1, 8, tzinfo=UTC)
Event = Mapping[str, Any]


def _lot(step: int, number: int) -> str:
    return lot_class(_GTIN, f"R{step}{number:03d}")


def _transform(before: str, after: str, at: int) -> Event:
    return _told(at) | {
        "type": "TransformationEvent",
        "bizStep": "creating_class_instance",
        "disposition": "active",
        "bizLocation": {"id": _PRODUCER},
        "inputQuantityList": [{"epcClass": before, "quantity": 9000, "uom": "GRM"}],
        "outputQuantityList": [{"epcClass": after, "quantity": 8000, "uom": "GRM"}],
        "ilmd": {"cbvmda:lotNumber": after.rpartition("/")[2], "cpf:producedOn": "2026-03-01"},
    }


def chain() -> Iterator[Event]:
    """The events from one harvest to its parcels, as the chronicle tells them."""
    yield _transform(_HARVEST, _lot(1, 0), 0)
    for step in range(2, len(_LOTS) + 1):
        for number in range(_LOTS[step - 1]):
            yield _transform(
                _lot(step - 1, number * _LOTS[step - 2] // _LOTS[step - 1]), _lot(step, number), step
            )
    grades = _LOTS[-1]
    each = ORDERS // grades
    for number in range(grades):
        packs = [unit(_GTIN, f"R{number:02d}{place:04d}") for place in range(each * _PACKS)]
        if number < _PACKED:
            yield _transform(_lot(4, number), _lot(5, number), 5)
        else:
            for start in range(0, len(packs), 500):
                yield _told(5) | {
                    "type": "ObjectEvent",
                    "action": "ADD",
                    "bizStep": "commissioning",
                    "disposition": "active",
                    "epcList": packs[start : start + 500],
                    "ilmd": {"cbvmda:lotNumber": f"R4{number:03d}"},
                }
        for place in range(each):
            yield (
                _told(6 + place)
                | {
                    "type": "AggregationEvent",
                    "action": "ADD",
                    "bizStep": "packing",
                    "parentID": urn(UUID(int=(0x954 << 64) + number * each + place)),
                    "bizTransactionList": [
                        {"type": "po", "bizTransaction": urn(UUID(int=(0x955 << 64) + number * each + place))}
                    ],
                    "readPoint": {"id": _PRODUCER},
                }
                | (
                    {"childQuantityList": [{"epcClass": _lot(5, number), "quantity": 500, "uom": "GRM"}]}
                    if number < _PACKED
                    else {"childEPCs": packs[place * _PACKS : (place + 1) * _PACKS]}
                )
            )


def _told(at: int) -> dict[str, Any]:
    happened = _MADE + timedelta(hours=at)
    return {"eventTime": happened.isoformat(timespec="milliseconds"), "eventTimeZoneOffset": "+07:00"}


@dataclass(frozen=True)
class Recalled:
    """How long the way out to every parcel and back to the harvest takes (milliseconds)."""

    p50_ms: float
    slowest_ms: float


async def measure(url: str) -> Recalled:
    """Walk as a recall does, from the harvest to the parcels and back from all lots; each must be reached."""
    took: list[float] = []
    async with Database(url, pool_size=1) as database:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            async with database.transaction() as session:
                forward = await service.trace(session, {_HARVEST}, forward=True)
                lots = [uri for uri in forward.reached if "/10/" in uri]
                backward = await service.trace(session, lots, forward=False)
            took.append(1000 * (time.perf_counter() - began))
            parcels = [
                way for uri, way in forward.reached.items() if uri.startswith("urn:uuid:") and way.steps
            ]
            if len(parcels) != ORDERS or max(way.steps for way in parcels) != DEPTH:
                raise LookupError(f"{len(parcels)} of {ORDERS} parcels are reached")
            if _HARVEST not in backward.reached or not (forward.is_whole and backward.is_whole):
                raise LookupError("the harvest is not found again")
    took.sort()
    return Recalled(rank(took, 0.5), took[-1])
