"""Pages of the books, for the accountant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.core.i18n import Text
from app.web.pages import Page


@dataclass(frozen=True, kw_only=True)
class AccountLine:
    """One kind of account: both sides and what is left, in đồng."""

    kind: str
    name: Text
    debit_minor: int
    credit_minor: int
    balance_minor: int


@dataclass(frozen=True, kw_only=True)
class EntryLine:
    """One side of a journal; the other side's amount is None."""

    account: str
    name: Text
    debit_minor: int | None
    credit_minor: int | None


@dataclass(frozen=True, kw_only=True)
class JournalLine:
    """One journal with its sides."""

    fact: Text
    memo: str
    occurred_at: datetime
    entries: list[EntryLine]


@dataclass(frozen=True, kw_only=True)
class BooksPage(Page):
    """The trial balance and the newest journals; with `account` one account's own."""

    template: ClassVar[str] = "storefront/ledger/books.html"
    area: ClassVar[str] = "office"
    lines: list[AccountLine]
    debit_minor: int
    credit_minor: int
    sum_minor: int
    journals: list[JournalLine]
    account: str | None
    account_name: Text | None
    account_owner: str
    account_minor: int
    is_admin: bool
    """Whether the reader may make codes that the market pays for."""
