"""A lot's papers for programs: JSON with the words of this room, in Vietnamese or English."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any

from app.core.i18n import Text
from traceability.authority.checks import Rule
from traceability.authority.record import Incoming, Moved, Outgoing, Stage
from traceability.authority.service import Audit
from traceability.authority.sheet import BUYERS


def write_document(audit: Audit, speak: Callable[[Text], str]) -> dict[str, Any]:
    """The papers as an object: weights in grams, days as ISO 8601, sentences spoken by `speak`."""
    record, facts = audit.record, audit.record.facts

    def plain(value: object) -> object:
        if isinstance(value, date):  # an instant as well
            return value.isoformat()
        return speak(value) if isinstance(value, Text) else value

    def tell(row: Incoming | Stage | Moved | Outgoing) -> dict[str, object]:
        return {one.name: plain(getattr(row, one.name)) for one in fields(row)}

    return {
        "lot": {
            "gtin": facts.lot.gtin,
            "code": facts.lot.code,
            "product": f"{facts.listing.title}, {facts.variant.name}",
            "producer": {"name": facts.producer.name, "gs1Prefix": facts.producer.gs1_prefix},
            "state": facts.lot.state.value,
            "grams": facts.lot.quantity_g,
            "producedOn": facts.lot.produced_on.isoformat(),
            "expiresOn": facts.lot.expires_on.isoformat(),
        },
        "retention": {"until": plain(record.retention.until), "rule": plain(record.retention.rule)},
        "incoming": [tell(one) for one in record.incoming],
        "stages": [tell(one) for one in record.stages],
        "moved": [tell(one) for one in record.moved],
        "outgoing": [tell(one) | {"buyers": plain(BUYERS)} for one in record.outgoing],
        "checks": {
            rule.value: [
                {
                    "number": one.number,
                    "asks": plain(one.asks),
                    "status": one.status.value,
                    "value": plain(one.value),
                }
                for one in audit.checks
                if one.rule is rule
            ]
            for rule in Rule
        },
    }
