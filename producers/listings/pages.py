"""Pages on which a member keeps what the producer sells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from producers.listings.models import Listing, Variant


@dataclass(frozen=True)
class ListingLine:
    """A listing as the list shows it."""

    listing: Listing
    photo_id: UUID | None
    price_minor: int | None
    state_words: Text
    state_kind: str


@dataclass(frozen=True, kw_only=True)
class ListingsPage(Page):
    """All that a producer offers; `reads_cash`: whether the money on delivery is the reader's to see, `is_manager`: prices."""

    template: ClassVar[str] = "producers/listings.html"
    area: ClassVar[str] = "farmer"
    lines: list[ListingLine]
    reads_cash: bool
    is_manager: bool


@dataclass(frozen=True)
class Difference:
    """A field that two people changed at once: what stands now, and what was typed here."""

    field: str
    words: Text
    theirs: str
    mine: str
    theirs_words: str | Text
    mine_words: str | Text


@dataclass(frozen=True)
class BundleChoice:
    """A pack that may lie in a bundle: the field that asks how many of it, its name, and what it costs alone."""

    field: str
    words: str
    price_minor: int


@dataclass(frozen=True, kw_only=True)
class BundleFormPage(Page):
    """A new bundle."""

    template: ClassVar[str] = "producers/bundle_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    choices: list[BundleChoice]
    kept_photo_ids: list[UUID]


@dataclass(frozen=True, kw_only=True)
class ListingFormPage(Page):
    """A new listing, or an edit of one."""

    template: ClassVar[str] = "producers/listing_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    listing: Listing | None
    version: int
    base: dict[str, str]
    """What the form showed when it was opened."""
    packs: list[Variant]
    contents: dict[UUID, list[Text]]
    """What lies in one box of each bundle."""
    is_bundle: bool
    """Whether it is a bundle: what lies in it says its kind, its days and how it travels."""
    rows: list[int]
    photo_ids: list[UUID]
    kept_photo_ids: list[UUID]
    removed_photo_ids: set[UUID]
    differences: list[Difference]
    crops: list[tuple[str, Text, str]]
    temperatures: list[tuple[str, Text]]
    tax_kinds: list[tuple[str, Text]]
    units: list[tuple[str, Text]]

    def refusal_details(self) -> dict[str, object]:
        """Both values of every field that two people changed, for the phone to ask which one stays."""
        if not self.differences:
            return {}
        conflicts = [
            {
                "field": one.field,
                "label": one.words,
                "mine": one.mine,
                "theirs": one.theirs,
                "mine_words": one.mine_words,
                "theirs_words": one.theirs_words,
            }
            for one in self.differences
        ]
        return {"conflicts": conflicts, "version": self.version}
