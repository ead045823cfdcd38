"""Pages about money on delivery: the producer's, and the accountant's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class WaitingRow:
    """A parcel whose money is not here."""

    order_id: UUID
    code: str
    producer_name: str
    carrier: str
    state: Text
    kind: str
    due_minor: int


@dataclass(frozen=True)
class KeptRow:
    """Money that the producer has in hand, as it was written down."""

    code: str
    kept_minor: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ProducerCashPage(Page):
    """What the producer allows, what is with couriers, what is in hand."""

    template: ClassVar[str] = "storefront/remittances/producer.html"
    area: ClassVar[str] = "farmer"
    rows: Sequence[WaitingRow]
    kept: Sequence[KeptRow]
    form_id: str
    can_set: bool
    is_saved: bool
    terms: Form
    form: Form


@dataclass(frozen=True, kw_only=True)
class DividePage(Page):
    """One transfer of a courier, and the parcels that it may be for."""

    template: ClassVar[str] = "storefront/remittances/divide.html"
    area: ClassVar[str] = "office"
    receipt_id: UUID
    amount_minor: int
    memo: str
    arrived_at: datetime
    rows: Sequence[WaitingRow]
    form: Form
