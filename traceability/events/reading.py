"""Documents: what comes in over the wire, taken apart into events with the namespaces that hold for each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from traceability.events.checking import EventError, is_uri, read_instant

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
STANDARD_PREFIXES: Mapping[str, str] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""Prefixes that need no declaration: the standard's own context has them."""
_VERSION = re.compile(r"2\.0(\.\d+)*")
_DOCUMENT = frozenset(
    {
        "@context", "id", "type", "schemaVersion", "creationDate", "instanceIdentifier", "sender", "receiver",
        "epcisHeader", "epcisBody",
    }
)  # fmt: skip


class DocumentError(ValueError):
    """This is no EPCIS document; the text says why."""


@dataclass(frozen=True)
class Element:
    """Master data of one thing: what lies inside it, and its attributes."""

    uri: str
    children: Sequence[str]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Document:
    """Events as they came, the prefixes declared for all of them, and the master data of the header."""

    events: Sequence[Any]
    namespaces: Mapping[str, str]
    elements: Sequence[Element]


def read_json(raw: bytes) -> Any:
    """Read JSON strictly: no NaN, no Infinity. Raises `DocumentError`."""
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DocumentError("the body is no JSON") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def read_document(body: Any) -> Document:
    """Take an EPCISDocument or EPCISQueryDocument apart; raises `DocumentError`. Events are not looked at yet."""
    if not isinstance(body, dict):
        raise DocumentError("a document must be an object")
    if "@context" not in body:
        raise DocumentError("@context: missing")
    namespaces = read_namespaces(body["@context"])
    kind = body.get("type")
    if kind not in {"EPCISDocument", "EPCISQueryDocument"}:
        raise DocumentError("type: must be EPCISDocument or EPCISQueryDocument")
    _check_envelope(body, namespaces, is_query=kind == "EPCISQueryDocument")
    content = body.get("epcisBody")
    if not isinstance(content, dict):
        raise DocumentError("epcisBody: missing")
    if kind == "EPCISQueryDocument":
        results = content.get("queryResults")
        content = results.get("resultsBody") if isinstance(results, dict) else None
    events = content.get("eventList") if isinstance(content, dict) else None
    if not isinstance(events, list):
        raise DocumentError("epcisBody: holds no eventList")
    return Document(events, namespaces, _read_elements(body.get("epcisHeader")))


def _check_envelope(body: Mapping[str, Any], namespaces: Mapping[str, str], *, is_query: bool) -> None:
    for name in body:
        prefix = name.partition(":")[0]
        if (
            name not in _DOCUMENT
            and prefix not in namespaces
            and prefix not in STANDARD_PREFIXES
            and not is_uri(name)
        ):
            raise DocumentError(f"{name}: not a field of a document")
    version = body.get("schemaVersion")
    if not is_query and version is None:
        raise DocumentError("schemaVersion: missing")
    if version is not None and not (isinstance(version, str) and _VERSION.fullmatch(version)):
        raise DocumentError("schemaVersion: this repository speaks EPCIS 2.0")
    created = body.get("creationDate")
    if created is None and not is_query:
        raise DocumentError("creationDate: missing")
    if created is not None:
        try:
            read_instant(created)
        except (ValueError, TypeError) as error:
            raise DocumentError("creationDate: must be a date and time with its offset") from error


def read_namespaces(context: Any) -> dict[str, str]:
    """The prefixes that a JSON-LD context declares; raises `DocumentError`. Contexts elsewhere are not fetched."""
    found: dict[str, str] = {}
    parts = context if isinstance(context, list) else [context]
    for part in parts:
        if isinstance(part, str):
            if not is_uri(part):
                raise DocumentError("@context: an address must be a URI")
        elif isinstance(part, dict):
            for prefix, meaning in part.items():
                uri = meaning.get("@id") if isinstance(meaning, dict) else meaning
                if isinstance(uri, str) and not prefix.startswith("@"):
                    found[prefix] = uri
        else:
            raise DocumentError("@context: must be an address, an object or a list of both")
    return found


def namespaces_of(event: Mapping[str, Any], outer: Mapping[str, str]) -> Mapping[str, str]:
    """The prefixes that hold inside an event; raises `EventError`."""
    if "@context" not in event:
        return outer
    try:
        return {**outer, **read_namespaces(event["@context"])}
    except DocumentError as error:
        raise EventError(str(error)) from error


def _read_elements(header: Any) -> list[Element]:
    """The master data of a document's header; raises `DocumentError` for what is none."""
    if header is None:
        return []
    master = header.get("epcisMasterData", {}) if isinstance(header, dict) else None
    vocabularies = master.get("vocabularyList", []) if isinstance(master, dict) else None
    if not isinstance(vocabularies, list):
        raise DocumentError("epcisHeader: is no master data")
    found: list[Element] = []
    for vocabulary in vocabularies:
        elements = vocabulary.get("vocabularyElementList", []) if isinstance(vocabulary, dict) else None
        if not isinstance(elements, list):
            raise DocumentError("epcisHeader: a vocabulary is an object with a list of elements")
        found += [_read_element(element) for element in elements]
    return found


def _read_element(element: Any) -> Element:
    if not isinstance(element, dict) or not isinstance(element.get("id"), str) or not is_uri(element["id"]):
        raise DocumentError("epcisHeader: an element of a vocabulary has an id")
    below = element.get("children", [])
    if not isinstance(below, list) or not all(isinstance(child, str) and is_uri(child) for child in below):
        raise DocumentError("epcisHeader: children are a list of URIs")
    attributes: dict[str, Any] = {}
    listed = element.get("attributes", [])
    if not isinstance(listed, list):
        raise DocumentError("epcisHeader: attributes are a list")
    for attribute in listed:
        if not isinstance(attribute, dict) or not isinstance(attribute.get("id"), str):
            raise DocumentError("epcisHeader: an attribute has an id")
        attributes[attribute["id"]] = attribute.get("attribute")
    return Element(element["id"], below, attributes)
