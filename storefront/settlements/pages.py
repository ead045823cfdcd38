"""Pages of settlements: for who pays, and for the household."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.settlements.models import Settlement


@dataclass(frozen=True)
class HouseholdRow:
    """A household in the list: what it is owed now, and what it still has to pay back (đồng)."""

    person_id: UUID
    name: str
    open_minor: int
    advances_minor: int
    due_minor: int


@dataclass(frozen=True)
class DueRow:
    """A settlement that waits to be paid."""

    settlement: Settlement
    name: str


@dataclass(frozen=True, kw_only=True)
class HouseholdsPage(Page):
    """Every household with what stands open, and the settlements that wait to be paid."""

    template: ClassVar[str] = "storefront/settlements/list.html"
    area: ClassVar[str] = "farmer"
    rows: Sequence[HouseholdRow]
    due: Sequence[DueRow]
    open_minor: int
    due_minor: int


@dataclass(frozen=True)
class OpenRow:
    """A slip as it counts; without an id when it is another household's now."""

    slip_id: UUID | None
    weighed_at: datetime
    words: Text
    amount_minor: int


@dataclass(frozen=True)
class AdvanceRow:
    """An advance of which something is left."""

    id: UUID
    given_on: date
    kind: Text
    what: str
    amount_minor: int
    left_minor: int
    can_void: bool


@dataclass(frozen=True, kw_only=True)
class HouseholdPage(Page):
    """One household: open slips, advances, settlements; with the forms for who may write. `wrong` names a refused form."""

    template: ClassVar[str] = "storefront/settlements/household.html"
    area: ClassVar[str] = "farmer"
    person_id: UUID
    name: str
    is_own: bool
    can_write: bool
    open_rows: Sequence[OpenRow]
    open_minor: int
    advances: Sequence[AdvanceRow]
    advances_minor: int
    settlements: Sequence[Settlement]
    account: str | None
    wrong: str
    settle_form: Form
    advance_form: Form
    account_form: Form
    kinds: Sequence[tuple[str, Text]]
    banks: Sequence[tuple[str, str]]
    last_day: date


@dataclass(frozen=True, kw_only=True)
class SettlementPage(Page):
    """One settlement as it is handed to the household; the code to pay it by stands there for who may write."""

    template: ClassVar[str] = "storefront/settlements/settlement.html"
    area: ClassVar[str] = "farmer"
    settlement: Settlement
    name: str
    back_href: str
    words: Text
    sums: Sequence[tuple[Text, int]]
    slips: Sequence[OpenRow]
    can_write: bool
    account: str | None
    qr_svg: str | None
    wrong: str
    form: Form
