"""Movements: one sum of money on a bank account, however many messengers and statements tell of it (FLOWS.md, P20)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from app.core import ids
from app.core.clock import in_vietnam
from storefront.payments import statement_repository as repository

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from storefront.payments.models import Receipt

WINDOW = timedelta(days=3)  # a transfer of Friday night is booked by some banks on Monday
_SAME_MOMENT = timedelta(minutes=2)
_LONG_REFERENCE = 6  # shorter ones are counters that begin anew each day
_LONG_MEMO = 8


@dataclass(frozen=True, kw_only=True)
class Told:
    """What somebody tells of money that came in: `account` is the account of the books, `happened_at` aware."""

    account: str
    amount_minor: int
    reference: str
    memo: str
    happened_at: datetime
    provider: str
    external_id: str


async def hold(session: AsyncSession, told: Told) -> None:
    """Let nobody else take the same movement in until this transaction ends: two reports of it come one by one.

    Two reports of one movement share a code, the bank's reference, or a memo. Reports with codes are held by them and by
    the reference alone: on a day of many orders of one price, nobody waits for a stranger's. A report without a code
    might be any other of its sum, and waits for all of them.
    """
    codes = ids.find_payment_codes(told.memo)
    reference = _squeeze(told.reference)
    names = [*codes, *([f"reference {reference}"] if reference else [])] if codes else []
    await repository.hold_sum(session, told.account, told.amount_minor, names=names)


async def find_known(session: AsyncSession, told: Told) -> Receipt | None:
    """Find the receipt that surely is this movement, told of by somebody else before; None when there is none."""
    found = await _list_candidates(session, told)
    return next((receipt for receipt in found if _is_same(receipt, told)), None)


async def list_doubtful(session: AsyncSession, told: Told) -> list[Receipt]:
    """List receipts of the same sum and day that may be this movement and that neither reference nor memo decides."""
    found = await _list_candidates(session, told)
    return [receipt for receipt in found if _is_same_day(receipt, told) and not _names_another(receipt, told)]


async def attach(session: AsyncSession, receipt: Receipt, told: Told, *, now: datetime) -> None:
    """Keep that this messenger told of the receipt too, so that its next report of the same sum is another sum."""
    await repository.insert_report(
        session, receipt_id=receipt.id, provider=told.provider, external_id=told.external_id, now=now
    )


async def _list_candidates(session: AsyncSession, told: Told) -> list[Receipt]:
    found = await repository.list_untold(
        session,
        account=told.account,
        amount_minor=told.amount_minor,
        provider=told.provider,
        since=told.happened_at - WINDOW,
        until=told.happened_at + WINDOW,
    )
    return sorted(found, key=lambda receipt: abs(receipt.arrived_at - told.happened_at))


def _is_same(receipt: Receipt, told: Told) -> bool:
    mine, theirs = _squeeze(receipt.reference), _squeeze(told.reference)
    if mine and mine == theirs:
        return len(mine) >= _LONG_REFERENCE or _is_same_day(receipt, told)
    if not _is_same_memo(receipt.memo, told.memo):
        return False
    if (
        mine and theirs
    ):  # two names for one movement only if it also happened in one moment, as far as that is told
        return _is_same_moment(receipt.arrived_at, told.happened_at)
    return _is_same_day(receipt, told)


def _is_same_moment(one: datetime, other: datetime) -> bool:
    """Whether two reports mean one moment; midnight is the time of a statement that tells the day alone."""
    here, there = in_vietnam(one), in_vietnam(other)
    if time() in {here.time(), there.time()}:
        return here.date() == there.date()
    return abs(one - other) <= _SAME_MOMENT


def _is_same_day(receipt: Receipt, told: Told) -> bool:
    return in_vietnam(receipt.arrived_at).date() == in_vietnam(told.happened_at).date()


def _is_same_memo(one: str, other: str) -> bool:
    """Whether two memos say the same: a bank adds words around a memo and cuts it, but leaves its middle alone."""
    codes = ids.find_payment_codes(one)
    if codes and codes == ids.find_payment_codes(other):
        return True
    short, long = sorted((_squeeze(one), _squeeze(other)), key=len)
    return len(short) >= _LONG_MEMO and short in long


def _names_another(receipt: Receipt, told: Told) -> bool:
    mine, theirs = ids.find_payment_codes(receipt.memo), ids.find_payment_codes(told.memo)
    return bool(mine and theirs and mine != theirs)


def _squeeze(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())
