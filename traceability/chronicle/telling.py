"""From a record to its event: pure, and the same event from the same record whenever it is told.

Things of ours are named by `urn:uuid`, so that an event stays the same under every host: a harvest by the first record of
its chain of corrections, a site, a product used, a parcel, a producer. Goods for sale are named by GTIN and lot. No event
names a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from app.core.clock import in_vietnam
from producers.diaries.models import DiaryEntry, EntryKind
from producers.intake.models import IntakeSlip
from traceability.events.identifiers import CANONICAL_ROOT
from traceability.labels.models import LabelSheet, Serial
from traceability.lots.models import Lot

Event = dict[str, Any]
NAMESPACES: Mapping[str, str] = {"cpf": "urn:chophien:"}
WORK = "urn:chophien:work:"
HARVESTS = frozenset({EntryKind.PICK, EntryKind.HARVEST})
UNTOLD = frozenset({EntryKind.NOTE, EntryKind.PURCHASE, EntryKind.TRAIN})
"""What is no event of the goods: notes, purchases and lessons stay in the producer's own book."""
MOST_UNITS = 500
"""Serials in one event: half of what one event may hold, so that whoever asks for one pack gets 29 KB and not all."""
_OFFSET = "+07:00"
_SUBSTANCE = "https://identifiers.org/inchikey:"


@dataclass(frozen=True)
class _Reading:
    """How a figure of the water diary becomes a sensor report; the diary's whole number over `parts` is the value."""

    kind: str
    uom: str
    parts: int
    substance: str | None = None


_READINGS: Mapping[str, _Reading] = {
    "temperature_tenths": _Reading("Temperature", "CEL", 10),
    "oxygen_tenths": _Reading("MassConcentration", "M1", 10, "MYMOFIZGZYHOMD-UHFFFAOYSA-N"),
    "ph_hundredths": _Reading("Dimensionless", "Q30", 100),
    "ammonia_hundredths": _Reading("MassConcentration", "M1", 100, "QGZKDVFQNNGYKY-UHFFFAOYSA-N"),
    "nitrite_hundredths": _Reading("MassConcentration", "M1", 100, "IOVCWXUNBOPUCH-UHFFFAOYSA-M"),
    "clarity_cm": _Reading("Length", "CMT", 1),
}


@dataclass(frozen=True)
class Part:
    """So many grams of a harvest, a slip or another lot that went into a lot; `epc_class` is the name of that."""

    epc_class: str
    grams: int


@dataclass(frozen=True)
class Parcel:
    """A parcel as the shop hands it over: its order, and how much of which lot lies in it (grams, or pieces)."""

    parcel_id: UUID
    order_id: UUID
    producer_id: UUID
    packed_at: datetime
    shipped_at: datetime
    contents: Sequence[Content]
    units: Sequence[Unit] = ()
    """The packs of these contents whose labels were scanned."""


@dataclass(frozen=True)
class Content:
    """So much of one lot; `is_weight`: grams, else pieces."""

    gtin: str
    lot_code: str
    quantity: int
    is_weight: bool


@dataclass(frozen=True)
class Unit:
    """One labelled pack of a lot."""

    gtin: str
    lot_code: str
    serial: str


@dataclass(frozen=True)
class Visit:
    """Guests who came in together, by their tickets; never who they are."""

    departure_id: UUID
    tickets: Sequence[UUID]
    heads: int
    at: datetime


def urn(record_id: UUID) -> str:
    """The name of a thing of ours."""
    return f"urn:uuid:{record_id}"


def lot_class(gtin: str, code: str) -> str:
    """The name of a lot: its Digital Link."""
    return f"{CANONICAL_ROOT}/01/{gtin}/10/{quote(code, safe='')}"


def tell_entry(entry: DiaryEntry, root_id: UUID) -> Event | None:
    """The event of a diary entry; None for what is no event of the goods, and for a harvest without a weight."""
    if entry.kind in UNTOLD:
        return None
    site = urn(entry.site_id)
    event = _at(entry.performed_at) | {
        "type": "ObjectEvent",
        "readPoint": {"id": site},
        "bizLocation": {"id": site},
    }
    if entry.kind in HARVESTS:
        if not entry.quantity_g:
            return None
        day = f"{in_vietnam(entry.performed_at):%Y-%m-%d}"
        return event | {
            "action": "ADD",
            "bizStep": "commissioning",
            "disposition": "active",
            "quantityList": [_grams(urn(root_id), entry.quantity_g)],
            "ilmd": {"cbvmda:harvestStartDate": day, "cbvmda:harvestEndDate": day},
        }
    if entry.kind is EntryKind.WATER:
        return event | {
            "action": "OBSERVE",
            "bizStep": "sensor_reporting",
            "sensorElementList": [{"sensorReport": _reports(entry.details)}],
        }
    told: Event = {"action": "OBSERVE", "bizStep": WORK + entry.kind.value, "epcList": [site]}
    if entry.input_id is not None:
        told["cpf:input"] = urn(entry.input_id)
    if entry.quantity_g:
        told["cpf:quantityInGrams"] = entry.quantity_g
    return event | told


def _reports(details: Mapping[str, Any]) -> list[Event]:
    reports: list[Event] = []
    for name, reading in _READINGS.items():
        figure = details.get(name)
        if figure is not None:
            report: Event = {"type": reading.kind, "value": figure / reading.parts, "uom": reading.uom}
            if reading.substance:
                report["chemicalSubstance"] = _SUBSTANCE + reading.substance
            reports.append(report)
    return reports


def tell_slip(slip: IntakeSlip, root_id: UUID) -> Event:
    """The event of a weigh slip: leaf or fish that came from a household to the producer."""
    return _at(slip.weighed_at) | {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "in_progress",
        "readPoint": {"id": urn(slip.site_id)},
        "bizLocation": {"id": urn(slip.producer_id)},
        "quantityList": [_grams(urn(root_id), slip.weight_g)],
        "bizTransactionList": [{"type": "recadv", "bizTransaction": urn(root_id)}],
        "sourceList": [{"type": "owning_party", "source": urn(slip.farm_id)}],
        "destinationList": [{"type": "owning_party", "destination": urn(slip.producer_id)}],
        "cpf:grade": slip.grade.value,
    }


def tell_lot(lot: Lot, parts: Sequence[Part]) -> Event:
    """The event of a lot: what harvests, slips or other lots became.

    Each part of a lot that was split is an event of its own: lot number and dates (ILMD) are those of one lot.
    """
    return _at(lot.created_at) | {
        "type": "TransformationEvent",
        "bizStep": "creating_class_instance",
        "disposition": "active",
        "readPoint": {"id": urn(lot.producer_id)},
        "bizLocation": {"id": urn(lot.producer_id)},
        "inputQuantityList": [_grams(part.epc_class, part.grams) for part in parts],
        "outputQuantityList": [_grams(lot_class(lot.gtin, lot.code), lot.quantity_g)],
        "ilmd": _lot_data(lot),
    }


def unit(gtin: str, serial: str) -> str:
    """The name of one labelled pack: its Digital Link without the lot, which is the one spelling of an SGTIN."""
    return f"{CANONICAL_ROOT}/01/{gtin}/21/{quote(serial, safe='')}"


def tell_labels(lot: Lot, sheet: LabelSheet, serials: Sequence[str]) -> list[Event]:
    """The events of a print job: its packs got their serials (CBV 2.0, `commissioning`), `MOST_UNITS` to an event.

    Which lot they are of, and its dates, stand in the ILMD. Printing the same serials once more is told nowhere: no
    object is made or changed by it, and no business step of the vocabulary means it.
    """
    event = _at(sheet.created_at) | {
        "type": "ObjectEvent",
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "readPoint": {"id": urn(lot.producer_id)},
        "bizLocation": {"id": urn(lot.producer_id)},
        "ilmd": _lot_data(lot),
        "cpf:printJob": urn(sheet.id),
    }
    return [
        event | {"epcList": [unit(lot.gtin, serial) for serial in serials[start : start + MOST_UNITS]]}
        for start in range(0, len(serials), MOST_UNITS)
    ]


def tell_void(lot: Lot, serial: Serial, at: datetime) -> Event:
    """The event of a label that was made void: its serial is no pack's any more (CBV 2.0, `decommissioning`)."""
    return _at(at) | {
        "type": "ObjectEvent",
        "action": "DELETE",
        "bizStep": "decommissioning",
        "disposition": "inactive",
        "readPoint": {"id": urn(lot.producer_id)},
        "epcList": [unit(serial.gtin, serial.serial)],
        "cpf:printJob": urn(serial.sheet_id),
    }


def tell_shipped(parcel: Parcel) -> list[Event]:
    """The events of a parcel that left: its packs and lots packed into it, and the parcel on its way to whoever ordered."""
    party, order = urn(parcel.producer_id), urn(parcel.order_id)
    trade = {"bizTransactionList": [{"type": "po", "bizTransaction": order}], "readPoint": {"id": party}}
    pack = (
        _at(parcel.packed_at)
        | trade
        | {
            "type": "AggregationEvent",
            "action": "ADD",
            "bizStep": "packing",
            "parentID": urn(parcel.parcel_id),
        }
    )
    packed = [pack | children for children in _children(parcel)]
    shipped = (
        _at(parcel.shipped_at)
        | trade
        | {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "bizStep": "shipping",
            "disposition": "in_transit",
            "epcList": [urn(parcel.parcel_id)],
            "sourceList": [{"type": "owning_party", "source": party}],
            "destinationList": [{"type": "owning_party", "destination": order}],
        }
    )
    return [*packed, shipped]


def _children(parcel: Parcel) -> list[Event]:
    """What lies in a parcel: scanned packs by their serials, other pieces and what goes by weight by lot and amount.

    As many events as the serials need, `MOST_UNITS` to each; what is counted stands in the first.
    """
    scanned = Counter((one.gtin, one.lot_code) for one in parcel.units)
    counted: list[Event] = []
    for content in parcel.contents:
        known = 0 if content.is_weight else min(scanned[content.gtin, content.lot_code], content.quantity)
        scanned[content.gtin, content.lot_code] -= known
        if content.quantity > known:
            counted.append(_content(replace(content, quantity=content.quantity - known)))
    names = [unit(one.gtin, one.serial) for one in parcel.units]
    told: list[Event] = [
        {"childEPCs": names[start : start + MOST_UNITS]} for start in range(0, len(names), MOST_UNITS)
    ]
    if counted:
        told[:1] = [(told[0] if told else {}) | {"childQuantityList": counted}]
    return told


def tell_delivered(parcel_id: UUID, order_id: UUID, producer_id: UUID, at: datetime) -> Event:
    """The event of a parcel that arrived."""
    return _at(at) | {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "in_progress",
        "epcList": [urn(parcel_id)],
        "bizTransactionList": [{"type": "po", "bizTransaction": urn(order_id)}],
        "sourceList": [{"type": "owning_party", "source": urn(producer_id)}],
        "destinationList": [{"type": "owning_party", "destination": urn(order_id)}],
    }


def tell_recalled(recall_id: UUID, gtin: str, code: str, producer_id: UUID, at: datetime) -> Event:
    """The event of a lot that was recalled (CBV disposition `recalled`); one for each lot, which binds no lot to another."""
    return _at(at) | {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "disposition": "recalled",
        "quantityList": [{"epcClass": lot_class(gtin, code)}],
        "readPoint": {"id": urn(producer_id)},
        "bizTransactionList": [{"bizTransaction": urn(recall_id)}],
    }


def tell_visited(visit: Visit, place_id: UUID) -> Event:
    """The event of guests at a place (CBV 2.0, `entering_exiting`): what was near the goods besides those who work there."""
    place = {"id": urn(place_id)}
    return _at(visit.at) | {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "entering_exiting",
        "readPoint": place,
        "bizLocation": place,
        "epcList": [urn(ticket) for ticket in visit.tickets],
        "bizTransactionList": [{"bizTransaction": urn(visit.departure_id)}],
        "cpf:heads": visit.heads,
    }


def declare_wrong(event: Event, *, event_id: str, at: datetime, corrected_by: str | None) -> Event:
    """The same event once more with the declaration that it was wrong; without a corrective event it did not occur."""
    declaration: Event = {
        "declarationTime": in_vietnam(at).isoformat(timespec="milliseconds"),
        "reason": "did_not_occur" if corrected_by is None else "incorrect_data",
    }
    if corrected_by is not None:
        declaration["correctiveEventIDs"] = [corrected_by]
    return {**event, "eventID": event_id, "errorDeclaration": declaration}


def _lot_data(lot: Lot) -> Event:
    return {
        "cbvmda:lotNumber": lot.code,
        "cbvmda:bestBeforeDate": _day(lot.expires_on),
        "cpf:producedOn": _day(lot.produced_on),
    }


def _at(instant: datetime) -> Event:
    return {
        "eventTime": in_vietnam(instant).isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": _OFFSET,
    }


def _grams(epc_class: str, grams: int) -> Event:
    return {"epcClass": epc_class, "quantity": grams, "uom": "GRM"}


def _content(content: Content) -> Event:
    epc_class = lot_class(content.gtin, content.lot_code)
    if content.is_weight:
        return _grams(epc_class, content.quantity)
    return {"epcClass": epc_class, "quantity": content.quantity}


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}"
