"""How the API spells instants, prices and what a key asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, overload

from app.core.clock import in_vietnam
from app.core.i18n import Catalogue, Text
from storefront.operators.service import Terms

LANGUAGE = "vi"
"""The producers' own; their words are in no other."""
CURRENCY = "VND"


class Capability(StrEnum):
    """What of OCTO is spoken besides its core."""

    PRICING = "octo/pricing"
    CONTENT = "octo/content"
    WEBHOOKS = "octo/webhooks"


@dataclass(frozen=True)
class Voice:
    """For whom answers are written: at whose prices, with which capabilities."""

    terms: Terms
    capabilities: frozenset[Capability]
    catalogue: Catalogue
    public_url: str

    @property
    def has_pricing(self) -> bool:
        """Whether prices are told."""
        return Capability.PRICING in self.capabilities

    @property
    def has_content(self) -> bool:
        """Whether texts are told."""
        return Capability.CONTENT in self.capabilities

    def say(self, text: Text) -> str:
        """A sentence of the house."""
        return self.catalogue.translate(text, LANGUAGE)


def read_capabilities(header: str) -> frozenset[Capability]:
    """The capabilities of a header that are spoken here; others are passed over."""
    asked = {one.strip().lower() for one in header.split(",")}
    return frozenset(one for one in Capability if one.value in asked)


def spell_capabilities(capabilities: Iterable[Capability]) -> str:
    """The capabilities that were applied, as the answer's header says them."""
    return ", ".join(sorted(one.value for one in capabilities))


@overload
def spell_utc(instant: datetime) -> str: ...
@overload
def spell_utc(instant: datetime | None) -> str | None: ...
def spell_utc(instant: datetime | None) -> str | None:
    """An instant in whole seconds with `Z`: six digits of a second break clients."""
    return None if instant is None else f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def spell_local(instant: datetime) -> str:
    """An instant on Vietnam's clock with its offset; of a start it is the availability's id."""
    return in_vietnam(instant).isoformat(timespec="seconds")


def spell_price(retail_minor: int, net_minor: int) -> dict[str, Any]:
    """A price in whole đồng: what a visitor pays, and what the operator does."""
    return {
        "original": retail_minor,
        "retail": retail_minor,
        "net": net_minor,
        "currency": CURRENCY,
        "currencyPrecision": 0,
        "includedTaxes": [],
    }
