"""What issues electronic invoices: a provider's service, or the seller's own hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from producers.listings.models import TaxKind


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    """One line of an invoice: what, how much of it in words, đồng, and what it is to the tax office."""

    title: str
    quantity: str
    amount_minor: int
    kind: TaxKind


@dataclass(frozen=True, kw_only=True)
class InvoiceDraft:
    """What is to be invoiced, to whom, by whom; `key` is the same however often it is asked for."""

    key: UUID
    seller_name: str
    seller_tax_code: str
    buyer_name: str
    buyer_tax_code: str = ""
    buyer_address: str = ""
    buyer_email: str = ""
    """Where the provider sends it; what the buyer did not say is empty."""
    lines: Sequence[InvoiceLine]
    total_minor: int


@dataclass(frozen=True, kw_only=True)
class IssuedInvoice:
    """An invoice as its buyer finds it."""

    symbol: str
    number: str
    lookup_code: str
    lookup_url: str
    issued_on: date
    provider: str = ""


class EInvoices(Protocol):
    """Issues invoices for sellers."""

    issues: bool
    """Whether it issues any: if not, the seller does so elsewhere and writes down what came of it."""

    async def issue(self, draft: InvoiceDraft) -> IssuedInvoice:
        """Issue one, once for each key; UpstreamError when the provider does not answer."""
        ...


class ByHand:
    """Nobody is asked: sellers issue on the tax office's own page, or with their own provider."""

    issues = False

    async def issue(self, draft: InvoiceDraft) -> IssuedInvoice:
        """Nothing issues here; NotImplementedError, for nobody may ask."""
        raise NotImplementedError(draft.key)
