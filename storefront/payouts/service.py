"""Payouts: what is owed is taken under lock, sent, settled by the bank's word or given back (ledger/BOOKS.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import ids
from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.text import sort_key
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Producer, Role
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments import vietqr
from storefront.payouts import holding, repository
from storefront.payouts.errors import NothingOwedError, PayoutMovedError, PayoutNotFoundError
from storefront.payouts.models import Payout, PayoutBatch, PayoutState

MOST_BATCHES = 50
MONEY = "/producer/money"
_PREFIX = "CT"
_CODE_BODY = 7


class Hindrance(StrEnum):
    """Why somebody to whom money is owed is not paid now."""

    OWES_US = "owes_us"
    PRACTICE = "practice"
    UNVERIFIED = "unverified"
    NO_ACCOUNT = "no_account"
    WRONG_ACCOUNT = "wrong_account"
    TOO_LITTLE = "too_little"
    NOT_ARRIVED = "not_arrived"


@dataclass(frozen=True, kw_only=True)
class Owed:
    """What may go to a producer now for goods and for sending, in đồng; below zero the producer owes it to us.

    `held_minor` is owed besides, once goods have arrived and visits are over (BO6).
    """

    producer: Producer
    goods_minor: int
    delivery_minor: int
    held_minor: int
    hindrance: Hindrance | None

    @property
    def amount_minor(self) -> int:
        """Both together: debts are netted first."""
        return self.goods_minor + self.delivery_minor


@dataclass(frozen=True, kw_only=True)
class BatchSum:
    """A batch with how many payouts, and how many đồng, are in each state; states without any are left out."""

    batch: PayoutBatch
    counts: dict[PayoutState, int]
    sums: dict[PayoutState, int]


def spell_transfer(payout: Payout) -> str:
    """The VietQR text that pays it: a dynamic code with amount and memo. VietQrError when the account has no spelling."""
    return vietqr.build(
        vietqr.VietQr(
            bank_bin=payout.bank_bin,
            account=payout.bank_account,
            amount=payout.amount_minor,
            purpose=payout.code,
        )
    )


async def list_owed(session: AsyncSession, *, minimum_minor: int, now: datetime) -> list[Owed]:
    """List every producer with an open balance, by name, and who of them cannot be paid and why.

    Without `ledger.lock_payables` the sums are true only for this moment.
    """
    sums: dict[UUID, dict[str, int]] = defaultdict(dict)
    for kind in accounts.PAYABLES:
        for account, balance in (await ledger.balances(session, f"{kind}:")).items():
            sums[accounts.producer_of(account)][kind] = -balance
    # Read after the balances: a sale that is booked between the two is held and not counted, never the other way.
    held = await holding.sum_held(session, now=now)
    producers = await cooperatives.get_producers(session, sums)
    found = []
    for producer_id, owed in sums.items():
        waits = held.get(producer_id, {})
        goods, delivery = (owed.get(kind, 0) - waits.get(kind, 0) for kind in accounts.PAYABLES)
        later = sum(waits.values())
        if goods + delivery or later:
            producer = producers[producer_id]
            found.append(
                Owed(
                    producer=producer,
                    goods_minor=goods,
                    delivery_minor=delivery,
                    held_minor=later,
                    hindrance=_find_hindrance(producer, goods + delivery, minimum_minor),
                )
            )
    return sorted(found, key=lambda one: (sort_key(one.producer.name), one.producer.id))


async def open_batch(
    session: AsyncSession, *, minimum_minor: int, person_id: UUID, now: datetime
) -> PayoutBatch:
    """Take what is owed to everybody who can be paid, one payout each; `NothingOwedError` when there is nobody.

    Until the transaction ends nobody else takes or lowers what is owed, so that nothing is paid twice and a refund of
    the same moment is seen, or waits.
    """
    await ledger.lock_payables(session)
    owed = await list_owed(session, minimum_minor=minimum_minor, now=now)
    return await pay_out(session, owed=owed, person_id=person_id, now=now)


async def pay_out(
    session: AsyncSession, *, owed: Collection[Owed], person_id: UUID, now: datetime
) -> PayoutBatch:
    """Make a batch of these sums and book them as sent; the caller holds `ledger.lock_payables` since before it read them."""
    payable = [one for one in owed if one.hindrance is None]
    if not payable:
        raise NothingOwedError
    batch_id = ids.uuid7()
    await repository.insert_batch(session, {"id": batch_id, "opened_by_id": person_id, "created_at": now})
    rows = [_row(one, batch_id, now) for one in payable]
    await repository.insert_payouts(session, rows)
    for payout in await repository.list_payouts(session, batch_id):
        await ledger.record(
            session,
            kind="payout_sent",
            source=_source(payout),
            memo=payout.code,
            entries=[
                *_payables(payout),
                (accounts.payout_in_transit(payout.producer_id), -payout.amount_minor),
            ],
            occurred_at=now,
            now=now,
        )
    return await get_batch(session, batch_id)


async def get_batch(session: AsyncSession, batch_id: UUID) -> PayoutBatch:
    """Get a batch; raises `PayoutNotFoundError`."""
    batch = await repository.find_batch(session, batch_id)
    if batch is None:
        raise PayoutNotFoundError
    return batch


async def list_batches(session: AsyncSession) -> list[BatchSum]:
    """List the newest batches (50 at most); two queries."""
    batches = await repository.list_batches(session, limit=MOST_BATCHES)
    found = {batch.id: BatchSum(batch=batch, counts={}, sums={}) for batch in batches}
    for batch_id, state, count, total in await repository.sum_batches(session, found):
        found[batch_id].counts[state], found[batch_id].sums[state] = count, total
    return list(found.values())


async def list_payouts(session: AsyncSession, batch_id: UUID) -> list[Payout]:
    """List the payouts of a batch."""
    return await repository.list_payouts(session, batch_id)


async def get_payouts(session: AsyncSession, payout_ids: Collection[UUID]) -> dict[UUID, Payout]:
    """Get several payouts by id in one query; ids that are unknown are left out."""
    return {payout.id: payout for payout in await repository.list_by_id(session, payout_ids)}


async def settle_payout(
    session: AsyncSession,
    *,
    batch_id: UUID,
    payout_id: UUID,
    bank_account: str,
    reference: str,
    person_id: UUID,
    now: datetime,
) -> Payout:
    """Book that the bank carried it out, and tell the producer.

    `bank_account` is the account of the books that paid, `reference` the bank's own. Raises `PayoutMovedError` unless it
    is in transit, `PayoutNotFoundError`.
    """
    payout = await _lock(session, batch_id, payout_id)
    if payout.state is not PayoutState.IN_TRANSIT:
        raise PayoutMovedError
    payout.state, payout.settled_at, payout.settled_by_id = PayoutState.SETTLED, now, person_id
    payout.paid_from, payout.reference = bank_account, reference
    await session.flush()
    await ledger.record(
        session,
        kind="payout_settled",
        source=_source(payout),
        memo=f"{payout.code} {reference}",
        entries=[
            (accounts.payout_in_transit(payout.producer_id), payout.amount_minor),
            (bank_account, -payout.amount_minor),
        ],
        occurred_at=now,
        now=now,
    )
    text = _(
        "Chợ Phiên đã chuyển %(amount)s vào tài khoản %(account)s của nhà mình, mã %(code)s.",
        amount=format_dong(payout.amount_minor),
        account=_end_of(payout.bank_account),
        code=payout.code,
    )
    await _tell(session, payout, text, kind="payout_settled", now=now)
    return payout


async def return_payout(
    session: AsyncSession, *, batch_id: UUID, payout_id: UUID, reason: str, person_id: UUID, now: datetime
) -> Payout:
    """Book that it did not arrive, also after it was settled: the amount is owed again, and the producer is told why.

    Raises `PayoutMovedError` when it came back before, `PayoutNotFoundError`.
    """
    payout = await _lock(session, batch_id, payout_id)
    if payout.state is PayoutState.RETURNED:
        raise PayoutMovedError
    where = payout.paid_from or accounts.payout_in_transit(payout.producer_id)
    payout.state, payout.returned_at, payout.returned_by_id = PayoutState.RETURNED, now, person_id
    payout.return_reason = reason
    await session.flush()
    await ledger.record(
        session,
        kind="payout_returned",
        source=_source(payout),
        memo=f"{payout.code} {reason}",
        entries=[(where, payout.amount_minor), *((name, -amount) for name, amount in _payables(payout))],
        occurred_at=now,
        now=now,
    )
    text = _(
        "Khoản %(amount)s (mã %(code)s) chưa tới được tài khoản %(account)s: %(reason)s. Tiền vẫn còn nguyên, "
        "bạn xem lại số tài khoản giúp nhé.",
        amount=format_dong(payout.amount_minor),
        code=payout.code,
        account=_end_of(payout.bank_account),
        reason=reason,
    )
    await _tell(session, payout, text, kind="payout_returned", now=now)
    return payout


def _find_hindrance(producer: Producer, amount: int, minimum: int) -> Hindrance | None:
    if amount < 0:
        return Hindrance.OWES_US
    if producer.is_practice:
        return Hindrance.PRACTICE
    if producer.verified_at is None:
        return Hindrance.UNVERIFIED
    if not (producer.payout_bank_bin and producer.payout_account and producer.payout_account_name):
        return Hindrance.NO_ACCOUNT
    return _find_obstacle(producer.payout_bank_bin, producer.payout_account, amount, minimum)


def _find_obstacle(bank_bin: str, account: str, amount: int, minimum: int) -> Hindrance | None:
    """Why what may go out now, zero or above, is not sent to the account that a producer named."""
    if amount == 0:
        return Hindrance.NOT_ARRIVED
    try:
        vietqr.VietQr(bank_bin=bank_bin, account=account, amount=amount)
    except vietqr.VietQrError:
        return Hindrance.WRONG_ACCOUNT
    return Hindrance.TOO_LITTLE if amount < minimum else None


def _row(one: Owed, batch_id: UUID, now: datetime) -> dict[str, object]:
    return {
        "id": ids.uuid7(),
        "batch_id": batch_id,
        "producer_id": one.producer.id,
        "code": ids.with_check(_PREFIX + ids.new_code(_CODE_BODY)),
        "amount_minor": one.amount_minor,
        "goods_minor": one.goods_minor,
        "delivery_minor": one.delivery_minor,
        "bank_bin": one.producer.payout_bank_bin,
        "bank_account": one.producer.payout_account,
        "account_name": one.producer.payout_account_name,
        "state": PayoutState.IN_TRANSIT,
        "created_at": now,
    }


def _source(payout: Payout) -> str:
    return f"payout:{payout.id}"


def _payables(payout: Payout) -> Sequence[tuple[str, int]]:
    return (
        (accounts.seller_payable(payout.producer_id), payout.goods_minor),
        (accounts.delivery_payable(payout.producer_id), payout.delivery_minor),
    )


def _end_of(account: str) -> str:
    """The last digits, by which its owner knows it."""
    return f"…{account[-4:]}"


async def _lock(session: AsyncSession, batch_id: UUID, payout_id: UUID) -> Payout:
    payout = await repository.lock_payout(session, payout_id)
    if payout is None or payout.batch_id != batch_id:
        raise PayoutNotFoundError
    return payout


async def _tell(session: AsyncSession, payout: Payout, text: Text, *, kind: str, now: datetime) -> None:
    people = await cooperatives.list_members(session, payout.producer_id, Role.MANAGER, Role.ACCOUNTANT)
    await notices.notify_all(session, people, kind=kind, text=text, href=MONEY, now=now, by_sms=True)
