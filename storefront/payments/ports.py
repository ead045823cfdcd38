"""Ports of payments: who reports transfers, and who takes cards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from storefront.payments.models import PayableKind

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, kw_only=True)
class BankTransfer:
    """One movement on an account of ours, as a bank's messenger reports it.

    `amount_minor` is đồng above 0; `memo` is the payer's text as the bank passes it on; `code` is what the messenger
    itself took for a payment code; `payload` is kept in the inbox.
    """

    external_id: str
    bank_bin: str
    account: str
    amount_minor: int
    memo: str
    code: str
    arrived_at: datetime
    is_incoming: bool
    payload: dict[str, Any]
    reference: str = ""


class BankChannel(Protocol):
    """A messenger that tells us of transfers by webhook."""

    name: str

    @property
    def is_open(self) -> bool:
        """Whether a secret is set; without one the webhook does not exist."""
        ...

    def verify(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> None:
        """Check who sent the raw body; BadSignatureError otherwise. Header names are lower case."""
        ...

    def read(self, raw: bytes, *, now: datetime) -> BankTransfer | None:
        """Read a verified body, None for a mere trial of the line; BadMessageError when it is no report of a transfer."""
        ...


class BankChannels(dict[str, BankChannel]):
    """The messengers of this house by name; a port that wiring fills."""


class ReadPage(Protocol):
    """One page of a provider's list."""

    @property
    def transfers(self) -> list[BankTransfer]:
        """What could be read."""
        ...

    @property
    def unread_count(self) -> int:
        """How many records could not."""
        ...


class BankList(Protocol):
    """A provider's own list of transactions, behind the messages that it sends."""

    name: str

    def list_pages(self, *, account: str, since: datetime) -> AsyncIterator[ReadPage]:
        """Read the list from `since` on; UpstreamError when the provider does not answer, or answers nonsense."""
        ...


class BankLists(tuple[BankList, ...]):
    """The lists that this house reads; a port that wiring fills."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Payer:
    """Who pays for an order or a booking: the name as given, the phone in E.164."""

    name: str
    phone: str


class PayerBook(Protocol):
    """A room that knows who pays for what it sells."""

    async def list_payers(self, session: AsyncSession, payable_ids: Collection[UUID]) -> dict[UUID, Payer]:
        """The payers of these orders or bookings; those that it does not know are left out."""
        ...

    async def find_successor(self, session: AsyncSession, payable_id: UUID) -> UUID | None:
        """The order or booking that took the place of this one, the last of several; None when none did."""
        ...


class PayerBooks(dict[PayableKind, PayerBook]):
    """Who knows the payers of what kind; a port that wiring fills."""


class SessionState(StrEnum):
    """Where a provider's card page stands."""

    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class CardOrder:
    """What a provider's page is asked for: amount in đồng, whole addresses to come back to.

    `reference` is our own name of the try in letters and digits; `notify_url` and `payer_ip` are for those who ask.
    """

    payment_id: UUID
    title: str
    amount_minor: int
    expires_at: datetime
    success_url: str
    cancel_url: str
    idempotency_key: str
    reference: str
    started_at: datetime
    notify_url: str = ""
    payer_ip: str = ""


@dataclass(frozen=True, kw_only=True)
class CardSession:
    """A provider's card page; `url` is None when it takes no card any more. `payment_id` is what we told it."""

    provider_id: str
    url: str | None
    state: SessionState
    amount_minor: int
    payment_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class CardEvent:
    """A provider's signed message; `session_id` is None when it is about something that we do not follow."""

    external_id: str
    kind: str
    session_id: str | None


class PageGateway(Protocol):
    """A provider with a page of its own to pay on."""

    name: str

    async def open_session(self, order: CardOrder) -> CardSession:
        """Open the page; UpstreamError when the provider does not answer."""
        ...


class CardGateway(Protocol):
    """A provider with a card page of its own. Every method may raise UpstreamError."""

    name: str

    @property
    def is_open(self) -> bool:
        """Whether a webhook secret is set; without one the webhook does not exist."""
        ...

    async def open_session(self, order: CardOrder) -> CardSession:
        """Open a card page; the same key and the same order answer the same page."""
        ...

    async def get_session(self, provider_id: str) -> CardSession:
        """Read a card page's true state."""
        ...

    def read_event(self, raw: bytes, signature: str) -> CardEvent:
        """Check and read a webhook; BadSignatureError or BadMessageError otherwise."""
        ...


@dataclass(frozen=True)
class CardDesk:
    """Who takes cards in this house, None when nobody does; a port that wiring fills."""

    gateway: CardGateway | None
