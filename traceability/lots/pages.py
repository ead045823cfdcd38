"""Pages of lots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.web.forms import Form
from app.web.pages import Page
from producers.cooperatives import privacy
from producers.cooperatives.access import Member
from producers.cooperatives.help import LATE, say_writer
from producers.cooperatives.models import Role
from producers.listings import service as listings
from producers.listings.models import Listing, Variant
from traceability.lots import service
from traceability.lots.models import OPEN, Lot, LotSource, LotState
from traceability.lots.sources import Source

STATES: Mapping[LotState, tuple[str, Text]] = {
    LotState.HELD: ("wait", _("Đang giữ, chưa bán được")),
    LotState.RELEASED: ("good", _("Bán được")),
    LotState.RECALLED: ("bad", _("Đã thu hồi")),
    LotState.EXHAUSTED: ("plain", _("Đã hết")),
}
"""How a state looks and what it is called."""


PRINTERS = frozenset({Role.MANAGER, Role.PACKER})
LAYOUTS = [
    ("a4_3x8", _("Giấy A4, 24 nhãn nhỏ"), "paper-small"),
    ("a4_2x7", _("Giấy A4, 14 nhãn to"), "paper-large"),
    ("roll_58", _("Cuộn 58 mm của máy in nhiệt"), "paper-roll"),
]
"""On what labels are printed: the layout's word, how it is called, its picture."""


@dataclass(frozen=True)
class LotLine:
    """A lot in a list: `kind` is the chip's colour, `labels_left` how many packs may still be labelled."""

    lot: Lot
    title: str
    variant_name: str
    kind: str
    state: Text
    labels_left: int


def describe_line(lot: Lot, listing: Listing, variant: Variant) -> LotLine:
    """Put a lot into the words of a list."""
    kind, state = STATES[lot.state]
    left = lot.left_g // variant.net_weight_g
    return LotLine(lot, listing.title, variant.name, kind, state, left)


@dataclass(frozen=True, kw_only=True)
class LotListPage(Page):
    """A producer's lots."""

    template: ClassVar[str] = "traceability/lots.html"
    area: ClassVar[str] = "farmer"
    lines: list[LotLine]


@dataclass(frozen=True)
class PackChoice:
    """A pack that a lot may be made of."""

    variant_id: UUID
    words: str


@dataclass(frozen=True, kw_only=True)
class NewLotPage(Page):
    """Make a lot: which pack, out of what, how much, on which day."""

    template: ClassVar[str] = "traceability/lot_new.html"
    area: ClassVar[str] = "farmer"
    form: Form
    packs: list[PackChoice]
    sources: list[Source]
    chosen: frozenset[str]
    made_on: date


@dataclass(frozen=True)
class SourceLine:
    """A harvest or slip behind a lot in words, and how many grams went straight in, where the reader may know it."""

    words: Text
    taken_g: int | None


@dataclass(frozen=True, kw_only=True)
class LotPage(Page):
    """One lot: its state, what went into it, and the form to print its labels."""

    template: ClassVar[str] = "traceability/lot.html"
    area: ClassVar[str] = "farmer"
    line: LotLine
    lot: Lot
    maker: Text
    late: Text | None
    reason: Text | None
    sources: list[SourceLine]
    parents: list[tuple[LotSource, Lot]]
    children: list[tuple[LotSource, Lot]]
    alike: list[Lot]
    may_print: bool
    may_move: bool
    form: Form
    split_form: Form
    merge_form: Form
    joined: frozenset[str]
    layouts: list[tuple[str, Text, str]]


async def read_lot_page(
    session: AsyncSession,
    *,
    member: Member,
    lot_id: UUID,
    form: Form | None = None,
    split_form: Form | None = None,
    merge_form: Form | None = None,
    joined: frozenset[str] = frozenset(),
) -> LotPage:
    """Read the page of one lot; raises `LotNotFoundError` for another producer's.

    `form` is the print form; `split_form`, `merge_form` and `joined` (ids of ticked lots) as they were typed.
    """
    lot = await service.get_own_lot(session, lot_id=lot_id, producer_id=member.producer.id)
    variant = await listings.get_variant(session, lot.variant_id)
    line = describe_line(lot, await listings.get_listing(session, variant.listing_id), variant)
    sources = await service.list_standing_sources(session, lot)
    parents = await service.list_parents(session, [lot.id])
    if parents:  # what was taken of a harvest is a fact of the lot that took it
        sources = [(row, source) for row, source in sources if source]
    people = await accounts.get_people(session, {lot.created_by_id, lot.helper_id or lot.created_by_id})
    return LotPage(
        line=line,
        lot=lot,
        maker=say_writer(
            people[lot.created_by_id].name, people[lot.helper_id].name if lot.helper_id else None
        ),
        late=LATE if lot.is_flagged else None,
        reason=await service.explain_hold(session, lot),
        sources=[
            _say_source(row, source, household_id=privacy.find_household(member), is_straight=not parents)
            for row, source in sources
        ],
        parents=parents,
        children=await service.list_children(session, [lot.id]),
        alike=await service.list_open_alike(session, lot),
        may_print=lot.state is LotState.RELEASED and line.labels_left > 0 and bool(member.roles & PRINTERS),
        may_move=lot.state in OPEN and lot.left_g > 0,
        form=form or Form(),
        split_form=split_form or Form({"id": str(uuid7())}),
        merge_form=merge_form or Form({"id": str(uuid7())}),
        joined=joined,
        layouts=LAYOUTS,
    )


def _say_source(
    row: LotSource, source: Source | None, *, household_id: UUID | None, is_straight: bool
) -> SourceLine:
    if source is None:
        words = _("Mẻ này đã bị rút khỏi sổ")
        return SourceLine(words, row.quantity_g if is_straight and household_id is None else None)
    if source.is_hidden_from(household_id):
        return SourceLine(source.name, None)
    return SourceLine(source.label, row.quantity_g if is_straight else None)
