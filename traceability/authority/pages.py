"""Pages of the authority's room: the producer's self-audit, and what an inspector sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from traceability.authority.checks import RULE_WORDS, Check, Rule
from traceability.authority.models import Way
from traceability.authority.record import LotRecord
from traceability.authority.service import Audit, Look
from traceability.lots.models import Lot
from traceability.lots.pages import STATES

WAY_WORDS: Mapping[Way, Text] = {
    Way.PAGE: _("xem trang"),
    Way.FILE: _("tải tệp"),
    Way.PROGRAM: _("xem bằng phần mềm"),
}


@dataclass(frozen=True)
class RuleView:
    """One rule's items, and how many of them are lacking."""

    words: Text
    checks: Sequence[Check]
    lacking: int


@dataclass(frozen=True)
class LookView:
    """A look in words."""

    look: Look
    words: Text


def view_rules(audit: Audit) -> list[RuleView]:
    """The items under their rules."""
    found = []
    for rule in Rule:
        mine = [one for one in audit.checks if one.rule is rule]
        found.append(RuleView(RULE_WORDS[rule], mine, sum(one in audit.lacking for one in mine)))
    return found


def view_looks(looks: Sequence[Look]) -> list[LookView]:
    """Looks in words."""
    return [LookView(look, WAY_WORDS[look.way]) for look in looks]


@dataclass(frozen=True, kw_only=True)
class AuditListPage(Page):
    """Which lot lacks what: those that lack most first; `looks` counts inspectors' looks by the lot's id."""

    template: ClassVar[str] = "traceability/audit_list.html"
    area: ClassVar[str] = "farmer"
    audits: Sequence[Audit]
    looks: Mapping[UUID, int]


@dataclass(frozen=True, kw_only=True)
class AuditPage(Page):
    """One lot: what it lacks and what mends it, its record, and which inspector looked at it."""

    template: ClassVar[str] = "traceability/audit.html"
    area: ClassVar[str] = "farmer"
    audit: Audit
    record: LotRecord
    rules: Sequence[RuleView]
    looks: Sequence[LookView]


@dataclass(frozen=True, kw_only=True)
class InspectorKeyPage(Page):
    """Where an inspector types the key."""

    template: ClassVar[str] = "traceability/inspector_key.html"
    area: ClassVar[str] = "plain"
    form: Form


@dataclass(frozen=True, kw_only=True)
class InspectorSearchPage(Page):
    """Where an inspector looks a lot up; `found` is None before anything was asked."""

    template: ClassVar[str] = "traceability/inspector_search.html"
    area: ClassVar[str] = "plain"
    inspector: str
    form: Form
    found: Sequence[Lot] | None


@dataclass(frozen=True, kw_only=True)
class InspectorLotPage(Page):
    """A lot's papers as an inspector reads them."""

    template: ClassVar[str] = "traceability/inspector_lot.html"
    area: ClassVar[str] = "plain"
    inspector: str
    audit: Audit
    record: LotRecord
    rules: Sequence[RuleView]
    state: tuple[str, Text]


def read_inspector_lot(inspector: str, audit: Audit) -> InspectorLotPage:
    """Put an audit into an inspector's page."""
    return InspectorLotPage(
        inspector=inspector,
        audit=audit,
        record=audit.record,
        rules=view_rules(audit),
        state=STATES[audit.record.facts.lot.state],
    )
