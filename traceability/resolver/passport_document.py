"""The passport as machines read it: JSON-LD in the terms of schema.org and of the GS1 Web Vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.i18n import Text
from traceability.resolver.digital_link import Link
from traceability.resolver.linkset import VOCABULARY
from traceability.resolver.passport import MISSING_WORDS, Passport, Stage
from traceability.resolver.service import Paper

CONTEXT: dict[str, Any] = {
    "@vocab": "https://schema.org/",
    "gs1": VOCABULARY,
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "gs1:productionDate": {"@type": "xsd:date"},
    "gs1:expirationDate": {"@type": "xsd:date"},
    "gs1:certificationStartDate": {"@type": "xsd:date"},
    "gs1:certificationEndDate": {"@type": "xsd:date"},
    "gs1:traceability": {"@type": "@id"},
    "image": {"@type": "@id"},
}
COUNTRY = {"@type": ["Country", "gs1:Country"], "identifier": "VN", "gs1:countryCode": "VN"}
"""Every producer of the house is in Viet Nam: addresses are communes of its registers."""


def make_document(
    passport: Passport, *, public_url: str, picture_url: str | None, say: Callable[[Text], str]
) -> dict[str, Any]:
    """Build the document; what the rules ask for and we lack stands as an `additionalProperty` that says so."""
    story, lot = passport.story, passport.story.lot
    link = Link(story.link.gtin, story.link.lot_code, passport.serial)
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": public_url + link.path,
        "@type": ["Product", "gs1:Product"],
        "name": story.listing.title,
        "gs1:productName": _vietnamese(story.listing.title),
        "gtin": link.gtin,
        "gs1:gtin": link.gtin,
        "manufacturer": _producer(passport),
        "countryOfOrigin": COUNTRY,
        "gs1:countryOfOrigin": COUNTRY,
        "gs1:traceability": public_url + link.trace_path,
    }
    if story.variant.bounds_g is None:  # of a piece that the scale settles no one weight is true
        document["gs1:netContent"] = {
            "@type": "gs1:QuantitativeValue",
            "gs1:value": story.variant.net_weight_g,
            "gs1:unitCode": "GRM",
        }
    if picture_url is not None:
        document["image"] = picture_url
    if lot is not None:
        document |= {
            "gs1:hasBatchLotNumber": lot.code,
            "productionDate": lot.produced_on.isoformat(),
            "gs1:productionDate": lot.produced_on.isoformat(),
            "gs1:expirationDate": lot.expires_on.isoformat(),
            "subjectOf": [_stage(stage, say) for stage in passport.stages],
        }
    if passport.serial is not None:
        document |= {"serialNumber": passport.serial, "gs1:hasSerialNumber": passport.serial}
    if story.listing.storage:
        document["gs1:consumerStorageInstructions"] = _vietnamese(story.listing.storage)
    if passport.warnings:
        document["gs1:consumerSafetyInformation"] = [say(words) for words in passport.warnings]
    if story.papers:
        document["hasCertification"] = [_paper(paper, say) for paper in story.papers]
    document["additionalProperty"] = [
        {"@type": "PropertyValue", "propertyID": f"missing:{what}", "value": say(MISSING_WORDS[what])}
        for what in passport.missing
    ]
    return document


def _vietnamese(words: str) -> dict[str, str]:
    return {"@value": words, "@language": "vi"}


def _producer(passport: Passport) -> dict[str, Any]:
    producer = passport.story.producer
    commune, _sep, province = passport.commune.partition(", ")
    address = {
        "@type": ["PostalAddress", "gs1:PostalAddress"],
        "addressLocality": commune,
        "addressRegion": province,
        "addressCountry": "VN",
    }
    if passport.street:
        address["streetAddress"] = passport.street
    return {
        "@type": ["Organization", "gs1:Organization"],
        "name": producer.name,
        "gs1:organizationName": _vietnamese(producer.name),
        "address": address,
        "identifier": {
            "@type": "PropertyValue",
            "propertyID": "GS1 Company Prefix",
            "value": producer.gs1_prefix,
        },
    }


def _stage(stage: Stage, say: Callable[[Text], str]) -> dict[str, Any]:
    return {
        "@type": "Event",
        "name": say(stage.words),
        "startDate": stage.begun_on.isoformat(),
        "endDate": stage.ended_on.isoformat(),
        "identifier": stage.trace_code,
        "location": {"@type": "Place", "name": stage.place, "identifier": stage.location_code},
    }


def _paper(paper: Paper, say: Callable[[Text], str]) -> dict[str, Any]:
    words = say(paper.words)
    found: dict[str, Any] = {
        "@type": ["Certification", "gs1:CertificationDetails"],
        "name": words,
        "certificationIdentification": paper.number,
        "issuedBy": {"@type": "Organization", "name": paper.issuer},
        "validFrom": paper.valid_from.isoformat(),
        "expires": paper.valid_until.isoformat(),
        "gs1:certificationStandard": words,
        "gs1:certificationIdentification": paper.number,
        "gs1:certificationAgency": _vietnamese(paper.issuer),
        "gs1:certificationStartDate": paper.valid_from.isoformat(),
        "gs1:certificationEndDate": paper.valid_until.isoformat(),
    }
    if paper.stars is not None:
        found["certificationRating"] = {"@type": "Rating", "ratingValue": paper.stars, "bestRating": 5}
    return found
