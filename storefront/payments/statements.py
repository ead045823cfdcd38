"""Statements: what the bank's own paper says of an account is taken in once and compared with what was told (FLOWS.md)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.events import emit
from app.core.i18n import Text, _
from storefront.ledger import accounts
from storefront.payments import movements, receipts, statement_files
from storefront.payments import service as payments
from storefront.payments import statement_repository as repository
from storefront.payments.events import MoneyUnnamed
from storefront.payments.models import LineOutcome, Receipt, Statement, StatementLine
from storefront.payments.statement_files import FileProblem, Row, StatementFileError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

PROVIDER = "statement"
_REFUSALS: dict[FileProblem, Text] = {
    FileProblem.NO_TEXT: _("Tệp này không đọc được. Bạn tải sao kê dạng CSV từ ngân hàng rồi thử lại."),
    FileProblem.NO_HEAD: _("Không thấy dòng tên cột (ngày, số tiền). Bạn tải sao kê dạng CSV rồi thử lại."),
    FileProblem.TOO_LONG: _("Sao kê này dài quá. Bạn tải từng tháng một giúp nhé."),
}


@dataclass(frozen=True, kw_only=True)
class LineView:
    """A line of a statement, the receipt that it is, and, when that is in doubt, the receipts that it may be."""

    line: StatementLine
    receipt: Receipt | None
    may_be: list[Receipt]


@dataclass(frozen=True, kw_only=True)
class StatementView:
    """What came of a statement."""

    statement: Statement
    lines: list[LineView]


async def import_statement(
    session: AsyncSession,
    *,
    raw: bytes,
    file_name: str,
    collecting: payments.CollectingAccount,
    person_id: UUID,
    now: datetime,
) -> Statement:
    """Take in a CSV statement of the collecting account; the same movement is never booked twice.

    A line is known when an earlier statement brought it or a messenger told of it, booked as a receipt when it is new,
    doubtful when a human must say which of the two, and only kept when it went out. InvalidError when the file is none.
    """
    try:
        file = statement_files.read(raw, account=collecting.account)
    except StatementFileError as error:
        words = _REFUSALS[error.problem]
        raise InvalidError(words, fields={"file": words}) from error
    account = accounts.bank(collecting.bank_bin, collecting.account)
    await repository.hold_account(session, account)
    hashes = hash_rows(file.rows, account)
    known = await repository.list_known_hashes(session, hashes)
    statement = Statement(
        file_name=file_name,
        account=account,
        uploaded_by_id=person_id,
        row_count=len(file.rows),
        repeat_count=len(known),
        problems={str(line): problem.value for line, problem in file.problems.items()},
        created_at=now,
    )
    session.add(statement)
    await session.flush()
    fresh = [
        _make_line(statement, row, hash_, now)
        for row, hash_ in zip(file.rows, hashes, strict=True)
        if hash_ not in known
    ]
    session.add_all(fresh)
    await session.flush()
    # What is sure goes first: it takes its receipts out of the doubts of the rest.
    for line in fresh:
        if line.amount_minor > 0:
            await _recognise(session, line, account, now=now)
    for line in fresh:
        if line.amount_minor > 0 and line.receipt_id is None:
            if await movements.list_doubtful(session, _told(line, account)):
                line.outcome = LineOutcome.DOUBTFUL
            else:
                await _book(session, line, account, now=now)
    await session.flush()
    return statement


async def decide_line(
    session: AsyncSession, *, line_id: UUID, is_known: bool, person_id: UUID, now: datetime
) -> StatementLine:
    """Say of a doubtful line that it is the money that came already, or that it is another sum and must be booked.

    ConflictError when it is not in doubt any more, or nothing is left that it could be.
    """
    seen = await repository.lock_line(session, line_id)
    statement = await repository.find_statement(session, seen.statement_id) if seen else None
    if seen is None or statement is None:
        raise NotFoundError(_("Không tìm thấy dòng sao kê này."))
    if seen.outcome is not LineOutcome.DOUBTFUL:
        raise ConflictError(_("Dòng này đã có người xử lý rồi."))
    told = _told(seen, statement.account)
    await movements.hold(session, told)
    if is_known:
        may_be = await movements.list_doubtful(session, told)
        if not may_be:
            raise ConflictError(_("Không còn khoản nào giống dòng này. Bạn chọn khoản khác giúp nhé."))
        await movements.attach(session, may_be[0], told, now=now)
        seen.outcome, seen.receipt_id = LineOutcome.KNOWN, may_be[0].id
    else:
        await _book(session, seen, statement.account, now=now)
    seen.decided_by_id = person_id
    await session.flush()
    return seen


async def get_statement(session: AsyncSession, statement_id: UUID) -> StatementView:
    """Get what came of a statement; NotFoundError for one that nobody handed in."""
    statement = await repository.find_statement(session, statement_id)
    if statement is None:
        raise NotFoundError(_("Không tìm thấy bản sao kê này."))
    views = []
    for line, receipt in await repository.list_lines(session, statement_id):
        is_open = line.outcome is LineOutcome.DOUBTFUL
        may_be = await movements.list_doubtful(session, _told(line, statement.account)) if is_open else []
        views.append(LineView(line=line, receipt=receipt, may_be=may_be))
    return StatementView(statement=statement, lines=views)


async def list_statements(session: AsyncSession, *, limit: int = 30) -> list[tuple[Statement, int]]:
    """List the newest statements, each with how many of its lines wait for a decision."""
    return await repository.list_statements(session, limit=limit)


def hash_rows(rows: Sequence[Row], account: str) -> list[str]:
    """Name each movement by bank and account, reference, amount and time; several alike are counted apart.

    Without a reference the memo takes its place. Two exports of one period give the same names, in whatever order.
    """
    seen: Counter[str] = Counter()
    hashes = []
    for row in rows:
        at = row.happened_at.isoformat() if row.has_time else row.happened_at.date().isoformat()
        facts = [account, row.reference, "" if row.reference else row.memo, row.amount_minor, at]
        name = json.dumps(facts, ensure_ascii=False)
        seen[name] += 1
        hashes.append(hashlib.sha256(f"{name} {seen[name]}".encode()).hexdigest())
    return hashes


def _make_line(statement: Statement, row: Row, hash_: str, now: datetime) -> StatementLine:
    return StatementLine(
        statement_id=statement.id,
        line=row.line,
        hash=hash_,
        amount_minor=row.amount_minor,
        reference=row.reference,
        memo=row.memo,
        happened_at=row.happened_at,
        has_time=row.has_time,
        outcome=LineOutcome.OUTGOING if row.amount_minor < 0 else LineOutcome.DOUBTFUL,
        created_at=now,
    )


def _told(line: StatementLine, account: str) -> movements.Told:
    return movements.Told(
        account=account,
        amount_minor=line.amount_minor,
        reference=line.reference,
        memo=line.memo,
        happened_at=line.happened_at,
        provider=PROVIDER,
        external_id=line.hash,
    )


async def _recognise(session: AsyncSession, line: StatementLine, account: str, *, now: datetime) -> None:
    told = _told(line, account)
    receipt = await movements.find_known(session, told)
    if receipt is not None:
        await movements.attach(session, receipt, told, now=now)
        line.outcome, line.receipt_id = LineOutcome.KNOWN, receipt.id


async def _book(session: AsyncSession, line: StatementLine, account: str, *, now: datetime) -> None:
    named = await payments.find_by_code(session, line.memo)
    receipt = await receipts.record_arrival(
        session,
        receipts.Arrival(
            provider=PROVIDER,
            external_id=line.hash,
            account=account,
            amount_minor=line.amount_minor,
            memo=line.memo,
            reference=line.reference,
            payment_id=named.id if named else None,
            arrived_at=line.happened_at,
        ),
        now=now,
    )
    line.outcome, line.receipt_id = LineOutcome.BOOKED, receipt.id if receipt else None
    if receipt is not None and named is None:
        await emit(session, MoneyUnnamed(receipt_id=receipt.id, memo=line.memo, seen_at=now))
