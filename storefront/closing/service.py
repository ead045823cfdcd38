"""The close: eleven questions whose answer must be "nothing", and what the books said when they were closed (BOOKS.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.ids import uuid7
from storefront.closing import repository
from storefront.closing.errors import NotBalancedError, NotOverError
from storefront.closing.models import BookClose
from storefront.closing.questions import Question
from storefront.ledger import accounts
from storefront.ledger.models import Journal
from storefront.ledger.periods import Period

MOST_FINDINGS = 20
MOST_CLOSES = 40
MOST_AFTER = 100


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that does not fit: what it must be and what it is (None: it is not there at all).

    `link` is the id of a thing of the kind `link_kind`: "account" (of the books), "receipt", or nothing.
    """

    label: str
    must_be: int | None
    is_now: int | None
    link_kind: str
    link: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """A question and what does not fit: the first findings, and how many there are in all."""

    question: Question
    findings: Sequence[Finding]
    count: int


@dataclass(frozen=True, kw_only=True)
class AccountSum:
    """One account in the period, in đồng: debits and credits (both above zero), and its balance at the end."""

    account: str
    debit_minor: int
    credit_minor: int
    balance_minor: int


@dataclass(frozen=True, kw_only=True)
class Closing:
    """Some days as the books stand now, beside the newest close of exactly these days.

    `after` are the journals dated inside these days that were booked after that close; `moved` are the accounts whose
    sums are no longer what was stored, as {account: balance moved by so many đồng}.
    """

    period: Period
    checks: Sequence[Check]
    sums: Sequence[AccountSum]
    journal_count: int
    close: BookClose | None
    after: Sequence[Journal]
    moved: Mapping[str, int]

    @property
    def is_whole(self) -> bool:
        """Whether everything fits."""
        return (
            not any(check.count for check in self.checks) and sum(one.balance_minor for one in self.sums) == 0
        )


async def look_through(session: AsyncSession, period: Period) -> Closing:
    """Ask everything of some days. The session must see one instant (`Database.snapshot`), or it finds what only moves."""
    checks = [await _check(session, question, period) for question in Question]
    sums = [
        AccountSum(account=name, debit_minor=debit, credit_minor=-credit, balance_minor=balance)
        for name, debit, credit, balance in await repository.sum_period(
            session, period, folded=list(accounts.OF_PAYERS)
        )
    ]
    close = await repository.find_close(session, period)
    return Closing(
        period=period,
        checks=checks,
        sums=sums,
        journal_count=await repository.count_journals(session, period),
        close=close,
        after=await repository.list_after(session, period, close.created_at, limit=MOST_AFTER)
        if close
        else [],
        moved=_compare(close, sums) if close else {},
    )


async def close_books(
    session: AsyncSession, found: Closing, *, person_id: UUID | None, now: datetime
) -> BookClose:
    """Close what was looked through in this transaction: keep who did it, when, and the sums by account.

    Closing the same days again takes in what came after. Raises `NotOverError` before the last day is over,
    `NotBalancedError` while anything does not fit.
    """
    if not is_over(found.period, now):
        raise NotOverError
    if not found.is_whole:
        raise NotBalancedError
    row = {
        "id": uuid7(),
        "since": found.period.since,
        "until": found.period.until,
        "closed_by_id": person_id,
        "journal_count": found.journal_count,
        "sums": {one.account: [one.debit_minor, one.credit_minor, one.balance_minor] for one in found.sums},
        "created_at": now,
    }
    return await repository.insert_close(session, row)


def is_over(period: Period, now: datetime) -> bool:
    """Whether its last day is over."""
    return period.until < today(now)


async def list_closes(session: AsyncSession) -> list[BookClose]:
    """List the newest closes (40 at most)."""
    return await repository.list_closes(session, limit=MOST_CLOSES)


async def _check(session: AsyncSession, question: Question, period: Period) -> Check:
    rows = await repository.ask(session, question, period, most=MOST_FINDINGS)
    findings = [
        Finding(label=label, must_be=must, is_now=has, link_kind=kind, link=link or "")
        for label, must, has, kind, link, _count in rows
    ]
    return Check(question=question, findings=findings, count=rows[0][-1] if rows else 0)


def _compare(close: BookClose, sums: Sequence[AccountSum]) -> dict[str, int]:
    """What moved since the close. Sums, not instants: a journal that began before the close and ended after shows too."""
    now = {one.account: [one.debit_minor, one.credit_minor, one.balance_minor] for one in sums}
    nothing = [0, 0, 0]
    return {
        name: now.get(name, nothing)[2] - close.sums.get(name, nothing)[2]
        for name in sorted({*now, *close.sums})
        if now.get(name, nothing) != close.sums.get(name, nothing)
    }
