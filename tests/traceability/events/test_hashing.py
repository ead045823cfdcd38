"""The event hash: equal to the published reference on events of every type, whatever the spelling."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.factories import epcis as made
from traceability.events.hashing import hash_event, name_of, spell

VECTORS = (
    "9a7954a8398802b7f5b1a02de446d8243b3efbcfc62cf9011ea2c6ef7f3558ab",
    "b7edb4e5de11f9283904d352f9ddaf9574e27ac57bfa515d06cd8c4e0d11eb74",
    "83880766bbaf1671e0a33c627b115d7b9df8dea3897826763dce11d5e12cf0d2",
    "5fc7a69eb3c23818531633988add65286f0db015591b3e51483a6a47901644a7",
    "c0c65acd41002648dd9773c147b86272a5f9de84301f4f25809fb44942d558bf",
    "e7f035b9739031d2889574c661a984c5b65e34ac3a87cf88a09f723f8546377a",
    "26ff4d306a922a39d793f906c50429463dcad0f939dbebf959a5f03e3246b02e",
    "5fc7a69eb3c23818531633988add65286f0db015591b3e51483a6a47901644a7",
    "2a03607c14a9a1addddcf916152a6739a5b6efcc1f2838d630675af36a4689df",
)
"""What the reference implementation (epcis-event-hash-generator 1.9.3) says of `made.EVERY`."""


def name(event: dict[str, Any]) -> str:
    """The event id that the hash makes."""
    return name_of(hash_event(event, made.NAMESPACES))


@pytest.mark.parametrize(("event", "digest"), list(zip(made.EVERY, VECTORS, strict=True)))
def test_hash_equals_the_reference(event: dict[str, Any], digest: str) -> None:
    """Each event of the examples has the id that the reference gives it."""
    assert name(event) == f"ni:///sha-256;{digest}?ver=CBV2.0"


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": "2026-11-01T00:30:00Z"},
        {"eventTime": "2026-11-01T00:30:00.0004999+00:00"},
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-commissioning"},
        {"bizStep": "cbv:BizStep-commissioning"},
        {"bizStep": "urn:epcglobal:cbv:bizstep:commissioning"},
        {"readPoint": {"cpf:slope": "north", "id": "urn:epc:id:sgln:9521234.00001.0"}},
        {
            "quantityList": [
                {"uom": "KGM", "quantity": 42.50, "epcClass": "urn:epc:class:lgtin:9521234.010001.LA261101"}
            ]
        },
        {"eventID": "urn:uuid:019a3f6e-0000-7000-8000-000000000005", "recordTime": "2026-11-02T00:00:00Z"},
        {"errorDeclaration": {"declarationTime": "2026-11-05T10:00:00Z"}},
        {"rdfs:comment": "nhớ hỏi lại", "comment": "x"},
        {"certificationInfo": ["https://cert.example/ocop/2", "https://cert.example/vietgap/1"]},
    ],
)
def test_spelling_does_not_matter(changes: dict[str, Any]) -> None:
    """Zones, terms, keys, order, ids and remarks may be spelled otherwise: it is the same event."""
    assert name({**made.HARVEST, **changes}) == name(made.HARVEST)
    assert name(dict(reversed(made.HARVEST.items()))) == name(made.HARVEST)


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": "2026-11-01T07:30:00.001+07:00"},
        {"eventTimeZoneOffset": "+08:00"},
        {"action": "OBSERVE"},
        {"cpf:weather": "nắng"},
        {"quantityList": [{"epcClass": made.LEAF, "quantity": 42.6, "uom": "KGM"}]},
        {"ilmd": {**made.HARVEST["ilmd"], "cpf:leaves": 3}},
        {"readPoint": {"id": made.GARDEN, "cpf:slope": "south"}},
    ],
)
def test_facts_matter(changes: dict[str, Any]) -> None:
    """Another fact is another event."""
    assert name({**made.HARVEST, **changes}) != name(made.HARVEST)


def test_type_of_a_transaction_comes_first_whatever_the_order() -> None:
    """The canonical string does not follow the order of keys in a pair; a pair may have no type."""
    turned = [dict(reversed(pair.items())) for pair in made.SHIPPING["bizTransactionList"]]
    assert name({**made.SHIPPING, "bizTransactionList": turned}) == name(made.SHIPPING)
    bare = {**made.ORDER, "bizTransactionList": [{"bizTransaction": "https://chophien.example/orders/A"}]}
    assert spell(bare, {}).endswith("bizTransactionListbizTransaction=https://chophien.example/orders/A")


GS1 = {"gs1": "https://gs1.org/voc/"}


@pytest.mark.parametrize(
    ("spelling", "namespaces", "is_alike"),
    [
        ("https://gs1.org/voc/Temperature", {}, True),
        ("gs1:Temperature", GS1, True),
        ("gs1:Temperature", {}, False),
    ],
)
def test_a_measurement_has_one_name(spelling: str, namespaces: dict[str, str], *, is_alike: bool) -> None:
    """A kind of measurement hashes alike bare, in full, and as a CURIE whose prefix the document declares."""
    event = copy.deepcopy(made.WATER)
    reports = [report for element in event["sensorElementList"] for report in element["sensorReport"]]
    warm = [report for report in reports if report["type"] == "Temperature"]
    assert warm
    for report in warm:
        report["type"] = spelling
    assert (hash_event(event, namespaces) == hash_event(made.WATER, {})) is is_alike


def test_milliseconds_are_rounded_into_the_next_second() -> None:
    """999.6 ms become the next second, half a millisecond goes to the even one; what is no time stays as it is."""
    assert "eventTime=2026-11-01T00:30:01.000Z" in spell(
        {**made.HARVEST, "eventTime": "2026-11-01T00:30:00.9996Z"}, {}
    )
    assert "eventTime=2026-11-01T00:30:00.002Z" in spell(
        {**made.HARVEST, "eventTime": "2026-11-01T00:30:00.0025Z"}, {}
    )
    assert "eventTime=hôm qua" in spell({**made.HARVEST, "eventTime": "hôm qua"}, {})


def test_lists_of_epcs_are_told_one_by_one() -> None:
    """Inputs and outputs are lists of EPCs, sorted."""
    made_of = {**made.ROLL, "inputEPCList": ["urn:x:b", "urn:x:a"], "outputEPCList": ["urn:x:c"]}
    assert "inputEPCListepc=urn:x:aepc=urn:x:b" in spell(made_of, {})


def test_values_have_one_spelling() -> None:
    """Numbers lose needless zeros, text in objects counts, lists of an extension are elements, infinity is text."""
    event = {
        **made.FOREIGN,
        "ext:noteList": [{"#text": "một", "ext:by": "Hoa"}, "hai"],
        "ext:much": "1e999",
        "ext:quantity": {"quantity": [{"epcClass": made.LEAF}]},
        "bizStep": "urn:epcglobal:cbv:bizstep:packing",
        "cpf:old": "urn:epcglobal:cbv:disp:active",
    }
    said = spell(event, made.NAMESPACES)
    assert "noteList{https://ext.example/ns/}note=hai{https://ext.example/ns/}note=một" in said
    assert "much=1e999" in said and "cups=12" in said
    assert "old=https://ref.gs1.org/cbv/Disp-active" in said
