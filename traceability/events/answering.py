"""Answers: stored events put into an EPCISQueryDocument, in the spelling of identifiers that the reader wants."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from traceability.events.identifiers import link_of_urn, urn_of_link
from traceability.events.reading import CONTEXT


class EpcFormat(StrEnum):
    """`GS1-EPC-Format`: how EPCs are spelled in an answer."""

    NO_PREFERENCE = "No_Preference"
    DIGITAL_LINK = "Always_GS1_Digital_Link"
    URN = "Always_EPC_URN"
    NEVER = "Never_Translates"


class Answered:
    """One event of an answer. `document` is its JSON without record time."""

    __slots__ = ("document", "namespaces", "recorded_at")

    def __init__(self, document: str, recorded_at: datetime, namespaces: Mapping[str, str]) -> None:
        self.document = document
        self.recorded_at = recorded_at
        self.namespaces = namespaces


def spell_instant(instant: datetime) -> str:
    """An instant as the standard's documents write it: UTC, milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_document(
    events: Sequence[Answered],
    *,
    epc_format: EpcFormat,
    now: datetime,
    query_name: str,
    subscription_id: str | None = None,
) -> str:
    """The JSON of an EPCISQueryDocument."""
    shared, own = _share_namespaces(events)
    context = json.dumps([CONTEXT, shared] if shared else [CONTEXT], ensure_ascii=False)
    written = ",".join(
        _write_event(event, epc_format, event.namespaces if index in own else None)
        for index, event in enumerate(events)
    )
    subscribed = f'"subscriptionID":{json.dumps(subscription_id)},' if subscription_id else ""
    return (
        f'{{"@context":{context},"type":"EPCISQueryDocument","schemaVersion":"2.0",'
        f'"creationDate":"{spell_instant(now)}","epcisBody":{{"queryResults":{{{subscribed}'
        f'"queryName":{json.dumps(query_name)},"resultsBody":{{"eventList":[{written}]}}}}}}}}'
    )


def _share_namespaces(events: Sequence[Answered]) -> tuple[dict[str, str], set[int]]:
    """The prefixes for the whole document, and the events whose own mean something else."""
    shared: dict[str, str] = {}
    own: set[int] = set()
    for index, event in enumerate(events):
        if any(shared.get(prefix, uri) != uri for prefix, uri in event.namespaces.items()):
            own.add(index)
        else:
            shared.update(event.namespaces)
    return shared, own


def _write_event(event: Answered, epc_format: EpcFormat, namespaces: Mapping[str, str] | None) -> str:
    document = event.document
    translate = _TRANSLATIONS.get(epc_format)
    if translate is not None and translate[0] in document:
        document = json.dumps(translate_event(json.loads(document), translate[1]), ensure_ascii=False)
    context = ""
    if namespaces is not None:
        context = f'"@context":{json.dumps(namespaces, ensure_ascii=False)},'
    return f'{{{context}"recordTime":"{spell_instant(event.recorded_at)}",{document.lstrip()[1:]}'


_TRANSLATIONS: Mapping[EpcFormat, tuple[str, Callable[[str], str | None]]] = {
    EpcFormat.DIGITAL_LINK: ("urn:epc:", link_of_urn),
    EpcFormat.URN: ("http", urn_of_link),
}


def translate_event(event: Mapping[str, Any], translate: Callable[[str], str | None]) -> dict[str, Any]:
    """The same event with its identifiers in another spelling; extension fields stay as they are."""
    return {name: _translate(name, value, translate) for name, value in event.items()}


def _translate(name: str, value: Any, translate: Callable[[str], str | None]) -> Any:
    if ":" in name or name in _NO_IDENTIFIERS:
        return value
    if isinstance(value, str):
        return translate(value) or value
    if isinstance(value, list):
        return [_translate(name, part, translate) for part in value]
    if isinstance(value, dict):
        return {inner: _translate(inner, part, translate) for inner, part in value.items()}
    return value


_NO_IDENTIFIERS = frozenset(
    {"@context", "type", "eventID", "eventTime", "recordTime", "ilmd", "correctiveEventIDs"}
)


def write_collection(members: Iterable[str]) -> dict[str, Any]:
    """A Collection as the top-level resources answer it."""
    return {"@context": CONTEXT, "type": "Collection", "member": list(members)}
