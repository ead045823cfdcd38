"""Pages of paper tickets: what lies at which sales point, one batch, and one ticket whose day is to be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.tours.batch_models import TicketBatch
from storefront.tours.models import Tour


@dataclass(frozen=True)
class BatchCard:
    """A batch among others."""

    batch: TicketBatch
    title: str
    when: Text
    out: int
    sold: int
    back: int
    is_late: bool
    """Its days are over, and the sales point has not said of all tickets what became of them."""


@dataclass(frozen=True, kw_only=True)
class BatchesPage(Page):
    """A producer's paper tickets."""

    template: ClassVar[str] = "storefront/tours/host_batches.html"
    area: ClassVar[str] = "farmer"
    cards: list[BatchCard]
    tours: list[tuple[UUID, str]]
    """For which tours tickets may be made."""
    form: Form
    """Of a ticket whose code was typed."""


@dataclass(frozen=True, kw_only=True)
class BatchFormPage(Page):
    """The form of a new batch."""

    template: ClassVar[str] = "storefront/tours/host_batch_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    tour: Tour
    units: list[tuple[str, str]]
    dates: list[tuple[str, str]]


@dataclass(frozen=True)
class TicketLine:
    """One ticket of a batch in words."""

    number: int
    code: str
    state: Text
    kind: str
    day: Text | None
    """Where a ticket for any day leads to."""
    came: Text | None


@dataclass(frozen=True)
class SettlementLine:
    """What was settled at one time, in đồng."""

    at: Text
    sold: int
    back: int
    amount_minor: int
    keep_minor: int
    paid_minor: int


@dataclass(frozen=True, kw_only=True)
class BatchPage(Page):
    """One batch: made, sold, back, came, owed and paid."""

    template: ClassVar[str] = "storefront/tours/host_batch.html"
    area: ClassVar[str] = "farmer"
    batch: TicketBatch
    title: str
    phone: str
    when: Text
    on: date | None
    unit: Text
    out: int
    sold: int
    back: int
    came: int
    due_minor: int
    paid_minor: int
    each_minor: int
    """What the sales point pays for one."""
    out_numbers: str
    return_numbers: str
    """Of sold tickets of a departure that was called off, whose guests have not their money back yet."""
    return_minor: int
    is_off: bool
    lines: list[TicketLine]
    settlements: list[SettlementLine]
    settlement_id: str
    form: Form
    return_form: Form


@dataclass(frozen=True, kw_only=True)
class PaperPage(Page):
    """One paper ticket for any day, in its host's hands: on which departure its guest comes."""

    template: ClassVar[str] = "storefront/tours/host_paper.html"
    area: ClassVar[str] = "farmer"
    code: str
    batch: TicketBatch
    number: int
    title: str
    unit: Text
    when: Text
    state: Text
    kind: str
    is_open: bool
    seated: Text | None
    """Where it leads to."""
    can_unseat: bool
    choices: list[tuple[str, str]]
    """Departures that take it whole."""
    can_come_in: bool
    """A departure of today has room for it."""
    form: Form


@dataclass(frozen=True, kw_only=True)
class AnyDayPage(Page):
    """What a phone's own camera opens of a paper ticket for any day: that it is right, and whom to ring."""

    template: ClassVar[str] = "storefront/tours/any_day.html"
    tour: Tour
    when: Text
    place: str
    heads: int
    state: Text
    kind: str
    seated: Text | None
    phone: str
