"""GS1 keys in both spellings: each EPC scheme becomes its Digital Link, and back where the company prefix is known."""

from __future__ import annotations

import pytest

from traceability.events.identifiers import (
    canonical_link,
    check_digit,
    class_of,
    link_of_urn,
    normalise,
    urn_of_link,
)

ROOT = "https://id.gs1.org/"
BOTH = [
    ("urn:epc:id:sgtin:9521234.020001.AAA111", "01/09521234200017/21/AAA111"),
    ("urn:epc:id:sgtin:9521234.120001.A(1)", "01/19521234200014/21/A%281%29"),
    (
        "urn:epc:id:upui:9521234.020001.51qIgY)%3C%26Jp3*j7'SDB",
        "01/09521234200017/235/51qIgY%29%3C%26Jp3%2Aj7'SDB",
    ),
    ("urn:epc:class:lgtin:9521234.020001.TC261105A", "01/09521234200017/10/TC261105A"),
    ("urn:epc:idpat:sgtin:9521234.020001.*", "01/09521234200017"),
    ("urn:epc:id:sscc:9521234.1000000001", "00/195212340000000010"),
    ("urn:epc:id:sgln:9521234.00001.0", "414/9521234000013"),
    ("urn:epc:id:sgln:9521234.00001.POND7", "414/9521234000013/254/POND7"),
    ("urn:epc:id:pgln:9521234.00001", "417/9521234000013"),
    ("urn:epc:id:grai:9521234.55555.987", "8003/09521234555551987"),
    ("urn:epc:idpat:grai:9521234.55555.*", "8003/09521234555551"),
    ("urn:epc:id:giai:9521234.TEMP7", "8004/9521234TEMP7"),
    ("urn:epc:id:gsrn:9521234.0000000001", "8018/952123400000000017"),
    ("urn:epc:id:gsrnp:9521234.0000000001", "8017/952123400000000017"),
    ("urn:epc:id:gdti:9521234.00005.A1", "253/9521234000051A1"),
    ("urn:epc:idpat:gdti:9521234.00005.*", "253/9521234000051"),
    ("urn:epc:id:sgcn:9521234.00005.77", "255/952123400005177"),
    ("urn:epc:id:cpi:9521234.PART-1.88", "8010/9521234PART-1/8011/88"),
    ("urn:epc:id:ginc:9521234.SHIP9", "401/9521234SHIP9"),
    ("urn:epc:id:gsin:9521234.000000001", "402/95212340000000013"),
    ("urn:epc:id:itip:9521234.020001.01.02.S9", "8006/095212342000170102/21/S9"),
    ("urn:epc:idpat:itip:9521234.020001.01.02.*", "8006/095212342000170102"),
]


@pytest.mark.parametrize(("urn", "path"), BOTH)
def test_a_key_has_two_spellings(urn: str, path: str) -> None:
    """A URN becomes its Digital Link; where that is a lawful link it becomes the URN again."""
    assert link_of_urn(urn) == ROOT + path
    assert normalise(urn) == ROOT + path
    if "%" not in path:
        assert canonical_link(f"https://shop.example/a/b/{path}?linkType=all") == ROOT + path
        assert urn_of_link(ROOT + path) == urn


@pytest.mark.parametrize(
    "urn",
    [
        "urn:epc:id:sgtin:9521234.02001.A",
        "urn:epc:id:sgtin:9521234.020001",
        "urn:epc:id:sgtin:95212.02000123.A",
        "urn:epc:id:sgtin:9521234.020001.A B",
        "urn:epc:id:sscc:9521234.10000001",
        "urn:epc:id:none:9521234.1",
        "urn:epc:tag:sgtin-96:3.9521234.020001.1",
        "urn:uuid:019a3f6e-0000-7000-8000-000000000002",
    ],
)
def test_what_is_no_epc_stays_as_it_is(urn: str) -> None:
    """A malformed or foreign URN has no Digital Link."""
    assert link_of_urn(urn) is None and normalise(urn) == urn


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("https://chophien.example/01/9521234200017", "01/09521234200017"),
        ("http://x.example/01/09521234200017/22/2A/10/L1/21/S1#top", "01/09521234200017/21/S1"),
        ("https://x.example/01/09521234200017/10/L1?17=271101", "01/09521234200017/10/L1"),
        ("https://x.example/gtin/09521234200017/lot/L1/ser/S1", "01/09521234200017/21/S1"),
        ("https://x.example/gln/9521234000013/254/A", "414/9521234000013/254/A"),
        ("https://x.example/01/12345678/21/7", "01/00000012345678/21/7"),
    ],
)
def test_links_are_put_into_one_form(link: str, canonical: str) -> None:
    """Any host, short names, coarser qualifiers and queries give way to the constrained canonical form."""
    assert canonical_link(link) == normalise(link) == ROOT + canonical


@pytest.mark.parametrize(
    "link",
    [
        "https://chophien.example/orders/CP7K2M9Q",
        "https://x.example/01/0952123420",
        "https://x.example/01/09521234200017/21",
        "https://x.example/01/09521234200017/99/A",
        "https://x.example/01/09521234200017/21/A%2FB",
        "https://x.example/417/9521234000013/254/A",
        "https://x.example",
        "ftp://x.example/01/09521234200017",
    ],
)
def test_other_addresses_are_no_keys(link: str) -> None:
    """What is no Digital Link is left alone."""
    assert canonical_link(link) is None and normalise(link) == link and urn_of_link(link) is None


def test_urn_needs_a_company_prefix() -> None:
    """Without a known company prefix, or for a part without serial, there is no URN."""
    assert urn_of_link(ROOT + "01/02345678901235/21/A") is None
    assert urn_of_link(ROOT + "8004/9521234TEMP7") == "urn:epc:id:giai:9521234.TEMP7"
    assert urn_of_link(ROOT + "8006/095212342000170102/10/L1") is None


def test_class_of_an_instance() -> None:
    """The class is the key without serial or lot; a class and a foreign name have none."""
    assert class_of(ROOT + "01/09521234200017/21/S1") == ROOT + "01/09521234200017"
    assert class_of(ROOT + "01/09521234200017") is None
    assert class_of("https://x.example/a/b/c/d") is None


def test_check_digit() -> None:
    """The worked example of the General Specifications: 629104150021 is followed by 3."""
    assert check_digit("629104150021") == "3"
