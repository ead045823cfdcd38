"""Identifiers of GS1 keys in both their spellings: EPC URN (EPC Tag Data Standard 2.0) and Digital Link (URI Syntax 1.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from biip.gs1_prefixes import GS1CompanyPrefix

CANONICAL_ROOT = "https://id.gs1.org"
_CHARACTERS = r"(?:%[0-9A-Fa-f]{2}|[!'()*+,.0-9:;=A-Za-z_-])"
_TEXT = r"[\"'\-.0-9;<=>?A-Z_a-z]"
_COMPONENT_TEXT = r"[#\-/0-9A-Z]"
_UNSAFE = {"!": "%21", "(": "%28", ")": "%29", "*": "%2A", "+": "%2B", ",": "%2C", ":": "%3A"}
_ESCAPE_IN_LINK = str.maketrans(_UNSAFE)
_COMPANY = (6, 12)
"""Digits of a GS1 company prefix."""


def check_digit(digits: str) -> str:
    """The check digit that belongs behind `digits` (GS1 General Specifications 7.9.1)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


# ---------------------------------------------------------------- from URN


@dataclass(frozen=True)
class _Scheme:
    """How one kind of EPC is put together.

    `digits`: company prefix and reference together; None when the reference is text. `parts`: the patterns behind them.
    """

    ai: str
    digits: int | None
    parts: tuple[str, ...] = ()
    qualifier: str | None = None
    is_gtin: bool = False
    lead: str = ""
    has_check: bool = True


_SERIAL = f"{_CHARACTERS}{{1,28}}"
_SCHEMES = {
    "id:sgtin": _Scheme("01", 13, (_SERIAL,), "21", is_gtin=True),
    "id:upui": _Scheme("01", 13, (_SERIAL,), "235", is_gtin=True),
    "class:lgtin": _Scheme("01", 13, (_SERIAL,), "10", is_gtin=True),
    "id:itip": _Scheme("8006", 13, (r"\d{2}", r"\d{2}", _SERIAL), "21", is_gtin=True),
    "id:sscc": _Scheme("00", 17, is_gtin=True),
    "id:sgln": _Scheme("414", 12, (_SERIAL,), "254"),
    "id:pgln": _Scheme("417", 12),
    "id:grai": _Scheme("8003", 12, (_SERIAL,), lead="0"),
    "id:giai": _Scheme("8004", None, has_check=False),
    "id:gsrn": _Scheme("8018", 17),
    "id:gsrnp": _Scheme("8017", 17),
    "id:gdti": _Scheme("253", 12, (_SERIAL,)),
    "id:sgcn": _Scheme("255", 12, (r"\d{1,12}",)),
    "id:cpi": _Scheme("8010", None, (r"\d{1,12}",), "8011", has_check=False),
    "id:ginc": _Scheme("401", None, has_check=False),
    "id:gsin": _Scheme("402", 16),
    "idpat:sgtin": _Scheme("01", 13, (r"\*",), "21", is_gtin=True),
    "idpat:upui": _Scheme("01", 13, (r"\*",), "235", is_gtin=True),
    "idpat:itip": _Scheme("8006", 13, (r"\d{2}", r"\d{2}", r"\*"), "21", is_gtin=True),
    "idpat:grai": _Scheme("8003", 12, (r"\*",), lead="0"),
    "idpat:gdti": _Scheme("253", 12, (r"\*",)),
    "idpat:sgcn": _Scheme("255", 12, (r"\*",)),
    "idpat:cpi": _Scheme("8010", None, (r"\*",), "8011", has_check=False),
}
_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.*)", re.DOTALL)
_COMPONENT_REFERENCE = r"(?:%2[3Ff]|%[3-5][0-9A-Fa-f]|[0-9A-Z-]){1,24}"
_ASSET_REFERENCE = f"{_CHARACTERS}{{1,24}}"


@lru_cache(maxsize=4096)
def link_of_urn(urn: str) -> str | None:
    """The canonical Digital Link of an EPC URN, class or pattern of one class; None when it has none.

    A pattern that leaves the serial open (`urn:epc:idpat:sgtin:0614141.107346.*`) becomes its class.
    """
    found = _URN.fullmatch(urn)
    scheme = _SCHEMES.get(f"{found[1]}:{found[2]}") if found else None
    if found is None or scheme is None:
        return None
    if scheme.digits is None:
        reference = _COMPONENT_REFERENCE if scheme.ai == "8010" else _ASSET_REFERENCE
    else:
        reference = r"\d*"
    shape = re.compile(
        rf"(\d{{{_COMPANY[0]},{_COMPANY[1]}}})\.({reference})"
        + "".join(rf"\.({part})" for part in scheme.parts)
    )
    parts = shape.fullmatch(found[3])
    if parts is None:
        return None
    company, reference, *rest = parts.groups()
    if scheme.digits is not None and len(company) + len(reference) != scheme.digits:
        return None
    key = scheme.lead + (reference[:1] + company + reference[1:] if scheme.is_gtin else company + reference)
    key = key.translate(_ESCAPE_IN_LINK)
    if scheme.has_check:
        key += check_digit(key)
    return CANONICAL_ROOT + "/" + _assemble(scheme, key, rest)


def _assemble(scheme: _Scheme, key: str, rest: list[str]) -> str:
    """Put key and the parts behind it into the path; what a pattern leaves open is left out."""
    if scheme.ai == "8006":
        key += rest[0] + rest[1]
        rest = rest[2:]
    path = f"{scheme.ai}/{key}"
    if not rest or rest[0] == "*":
        return path
    said = rest[0].translate(_ESCAPE_IN_LINK)
    if scheme.qualifier is None:
        return path + said
    if scheme.qualifier == "254" and said == "0":
        return path
    return f"{path}/{scheme.qualifier}/{said}"


# ---------------------------------------------------------------- Digital Links

_NAMES = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018",
    "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004",
    "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
_KEYS = {
    "00": (r"\d{18}", ()),
    "01": (r"\d{14}", ("21", "235", "10")),
    "253": (rf"\d{{13}}{_TEXT}{{0,17}}", ()),
    "255": (r"\d{13,25}", ()),
    "401": (rf"\d{{4}}{_TEXT}{{0,26}}", ()),
    "402": (r"\d{17}", ()),
    "414": (r"\d{13}", ("254",)),
    "417": (r"\d{13}", ()),
    "8003": (rf"\d{{14}}{_TEXT}{{0,16}}", ()),
    "8004": (rf"\d{{4}}{_TEXT}{{0,26}}", ()),
    "8006": (r"\d{18}", ("21", "10")),
    "8010": (rf"\d{{4}}{_COMPONENT_TEXT}{{0,26}}", ("8011",)),
    "8017": (r"\d{18}", ()),
    "8018": (r"\d{18}", ()),
}
"""Primary keys of the Digital Link with the shape of their value, and their qualifiers from the finest to the coarsest."""
_ALLOWED = {
    "01": frozenset({"22", "10", "21", "235"}),
    "8006": frozenset({"22", "10", "21"}),
    "414": frozenset({"254"}),
    "8010": frozenset({"8011"}),
}
_QUALIFIER_SHAPES = {
    "10": re.compile(f"{_TEXT}{{1,20}}"),
    "21": re.compile(f"{_TEXT}{{1,20}}"),
    "235": re.compile(f"{_TEXT}{{1,28}}"),
    "254": re.compile(f"{_TEXT}{{1,20}}"),
    "8011": re.compile(r"\d{1,12}"),
}
_SHAPES = {ai: re.compile(shape) for ai, (shape, _qualifiers) in _KEYS.items()}
_LINK = re.compile(r"https?://[^/?#]+(/[^?#]*)", re.ASCII)
_GTIN_LENGTHS = frozenset({8, 12, 13})


@lru_cache(maxsize=4096)
def canonical_link(uri: str) -> str | None:
    """A Digital Link in its constrained canonical form: GS1's host, the finest level alone, no query; None for no such link."""
    found = _LINK.fullmatch(uri.partition("?")[0].partition("#")[0])
    if found is None:
        return None
    parts = [_NAMES.get(part, part) for part in found[1].strip("/").split("/")]
    for place, ai in enumerate(parts[:-1]):
        if ai in _KEYS:
            value = parts[place + 1]
            if ai == "01" and len(value) in _GTIN_LENGTHS:
                value = value.zfill(14)
            if _SHAPES[ai].fullmatch(value):
                return _finest(ai, value, parts[place + 2 :])
    return None


def _finest(ai: str, value: str, rest: list[str]) -> str | None:
    """The link of a key with the finest of its qualifiers; None when something else stands behind the key."""
    if len(rest) % 2:
        return None
    qualifiers = dict(zip(rest[::2], rest[1::2], strict=True))
    if not qualifiers.keys() <= _ALLOWED.get(ai, frozenset()):
        return None
    path = f"{CANONICAL_ROOT}/{ai}/{value}"
    for qualifier in _KEYS[ai][1]:
        said = qualifiers.get(qualifier)
        if said is not None:
            return f"{path}/{qualifier}/{said}" if _QUALIFIER_SHAPES[qualifier].fullmatch(said) else None
    return path


def normalise(uri: str) -> str:
    """One spelling for every name of a thing: the canonical Digital Link where there is one, else the text as it is."""
    if uri.startswith("urn:epc:"):
        return link_of_urn(uri) or uri
    if uri.startswith("http"):
        return canonical_link(uri) or uri
    return uri


def class_of(link: str) -> str | None:
    """The class of an instance: the key of a canonical link without its serial or lot; None when it is the class already."""
    parts = link.removeprefix(CANONICAL_ROOT + "/").split("/")
    if len(parts) != 4 or not link.startswith(CANONICAL_ROOT):  # noqa: PLR2004 - key, value, qualifier, value
        return None
    return f"{CANONICAL_ROOT}/{parts[0]}/{parts[1]}"


# ---------------------------------------------------------------- back to URN

_URN_OF = {
    ("01", "21"): "id:sgtin",
    ("01", "235"): "id:upui",
    ("01", "10"): "class:lgtin",
    ("01", None): "idpat:sgtin",
    ("8006", "21"): "id:itip",
    ("8006", None): "idpat:itip",
    ("00", None): "id:sscc",
    ("414", "254"): "id:sgln",
    ("414", None): "id:sgln",
    ("417", None): "id:pgln",
    ("8003", None): "id:grai",
    ("8004", None): "id:giai",
    ("8018", None): "id:gsrn",
    ("8017", None): "id:gsrnp",
    ("253", None): "id:gdti",
    ("255", None): "id:sgcn",
    ("8010", "8011"): "id:cpi",
    ("401", None): "id:ginc",
    ("402", None): "id:gsin",
}
_SAFE_IN_LINK = {escaped: plain for plain, escaped in _UNSAFE.items()}
_ESCAPED = re.compile("|".join(_SAFE_IN_LINK))


@lru_cache(maxsize=4096)
def urn_of_link(uri: str) -> str | None:
    """The EPC URN of a Digital Link; None when the company prefix cannot be told, or the key has no URN."""
    link = canonical_link(uri)
    if link is None:
        return None
    ai, value, *rest = link.removeprefix(CANONICAL_ROOT + "/").split("/")
    kind = _URN_OF.get((ai, rest[0] if rest else None))
    if kind is None:
        return None
    scheme = _SCHEMES[kind]
    key, tail = _take_apart(scheme, value)
    digits = key[1:] if scheme.is_gtin else key
    length = _company_length(digits)
    if length is None:
        return None
    company = digits[:length]
    reference = (key[0] if scheme.is_gtin else "") + digits[length:]
    parts = [company, reference, *tail]
    if rest:
        parts.append(_ESCAPED.sub(lambda match: _SAFE_IN_LINK[match[0]], rest[1]))
    elif scheme.qualifier == "254":
        parts.append("0")
    elif kind.startswith("idpat:") or (scheme.parts and not tail):
        parts.append("*")
        kind = kind.replace("id:", "idpat:")
    urn = f"urn:epc:{kind}:{'.'.join(parts)}"
    return urn if link_of_urn(urn) == link else None


def _take_apart(scheme: _Scheme, value: str) -> tuple[str, list[str]]:
    """A key's digits without check digit and lead, and what stands behind them."""
    if scheme.digits is None:
        return value, []
    value = value.removeprefix(scheme.lead)
    tail = value[scheme.digits + 1 :]
    if scheme.ai == "8006":
        return value[: scheme.digits], [tail[:2], tail[2:]]
    return value[: scheme.digits], [tail] if tail else []


def _company_length(digits: str) -> int | None:
    """How many digits the company prefix has, by GS1's own list; None for a prefix that was never given out."""
    leading = re.match(r"\d+", digits)
    found = GS1CompanyPrefix.extract(leading[0]) if leading else None
    return len(found.value) if found else None
