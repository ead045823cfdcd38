"""The page of a recall's orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page

DRAFT_WORDS: Mapping[str, Text] = {
    "got_vi": _("Nhắn khách đã được gửi hàng"),
    "got_en": _("Nhắn khách đã được gửi hàng (khách dùng tiếng Anh)"),
    "waiting_vi": _("Nhắn khách chưa được gửi hàng"),
    "waiting_en": _("Nhắn khách chưa được gửi hàng (khách dùng tiếng Anh)"),
}


@dataclass(frozen=True)
class Told:
    """That a buyer was told, by whom and when."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Given:
    """Money that goes back, and since when it is there."""

    amount_minor: int
    paid_at: datetime | None


@dataclass(frozen=True)
class RecalledRow:
    """An order with something that was recalled, and what may still be done."""

    id: UUID
    code: str
    buyer_name: str
    phone: str
    """E.164 to call; empty in a practice."""
    phone_words: str
    state: Text
    kind: str
    goods: list[Text]
    """Which lot, how much of it."""
    told: Told | None
    must_be_told: bool
    given: list[Given]
    due_minor: int
    """For the recalled lines; 0 when there is nothing to give back."""
    due_whole_minor: int
    """For the whole parcel, when that is more."""


@dataclass(frozen=True)
class DraftView:
    """A draft for some of the buyers: the field, whom it is for, and the words."""

    name: str
    label: Text
    words: str
    count: int


@dataclass(frozen=True, kw_only=True)
class RecalledPage(Page):
    """Who got or waits for what was recalled, what they are told, and their money."""

    template: ClassVar[str] = "storefront/fulfilment/recalled.html"
    area: ClassVar[str] = "farmer"
    recall_id: UUID
    is_mock: bool
    rows: list[RecalledRow]
    drafts: list[DraftView]
    to_tell: int
    form: Form
