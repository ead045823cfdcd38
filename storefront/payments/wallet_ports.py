"""Port of wallets: a page of the provider's own, and signed notices of what was paid there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from storefront.payments.ports import CardOrder, CardSession


@dataclass(frozen=True, kw_only=True)
class WalletNotice:
    """A provider's signed message: our reference of the try, đồng, whether it was paid, and the provider's number."""

    reference: str
    amount_minor: int
    is_paid: bool
    transaction: str
    payload: dict[str, Any]


class WalletGateway(Protocol):
    """A provider to whom the payer is sent, and who then tells us."""

    name: str
    label: str
    """As the provider writes itself."""

    @property
    def is_open(self) -> bool:
        """Whether its secret is set; without one neither button nor webhook exists."""
        ...

    async def open_session(self, order: CardOrder) -> CardSession:
        """Make the address of the provider's page; UpstreamError when the provider does not answer."""
        ...

    def read_notice(self, raw: bytes, query: str) -> WalletNotice:
        """Check and read a notice (a body, or a query string); BadSignatureError or BadMessageError otherwise."""
        ...


class Wallets(dict[str, WalletGateway]):
    """The wallets of this house by name; a port that wiring fills."""


Fields = Mapping[str, Any]
