"""Settlements: each slip is paid to its household once, what was given ahead is taken off (ledger/BOOKS.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as people
from app.accounts.models import Person
from app.core import ids
from app.core.clock import today
from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.text import sort_key
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from producers.intake.models import IntakeSlip
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.payments import vietqr
from storefront.settlements import advances, households, repository
from storefront.settlements.errors import (
    NothingToSettleError,
    PeriodAheadError,
    PeriodOrderError,
    SettlementMovedError,
    SettlementNotFoundError,
)
from storefront.settlements.models import (
    Advance,
    HouseholdBook,
    SetOff,
    Settlement,
    SettlementLine,
)

MOST_SETTLEMENTS = 50
_PREFIX = "TL"
_CODE_BODY = 7


@dataclass(frozen=True, kw_only=True)
class OpenLine:
    """A slip as its household's next settlement counts it (đồng); `takes_back`: it is another household's now."""

    slip: IntakeSlip
    person_id: UUID
    before_minor: int
    takes_back: bool = False

    @property
    def amount_minor(self) -> int:
        """What is to be paid for it; below zero when less was weighed than was paid for."""
        return (0 if self.takes_back else self.slip.amount_minor) - self.before_minor


@dataclass(frozen=True, kw_only=True)
class Household:
    """A household with what stands open (đồng): slips, advances not set off yet, and settlements not paid yet."""

    person: Person
    open_minor: int
    advances_minor: int
    due_minor: int


async def list_open(
    session: AsyncSession, *, producer_id: UUID, person_id: UUID | None = None
) -> list[OpenLine]:
    """List what no settlement holds yet, of all households or of one, the oldest slip first; two queries (BM1, BM4)."""
    overtaken = await repository.list_overtaken(session, producer_id, person_id)
    before = {(slip.id, receiver_id): amount for slip, _owner, receiver_id, amount in overtaken}
    lines = [
        OpenLine(slip=slip, person_id=owner_id, before_minor=before.get((slip.id, owner_id), 0))
        for slip, owner_id in await repository.list_unsettled(session, producer_id, person_id)
    ]
    lines += [
        OpenLine(slip=slip, person_id=receiver_id, before_minor=amount, takes_back=True)
        for slip, owner_id, receiver_id, amount in overtaken
        if owner_id != receiver_id
    ]
    return sorted(lines, key=lambda line: (line.slip.weighed_at, line.slip.id))


async def list_households(session: AsyncSession, *, producer_id: UUID) -> list[Household]:
    """List every household that the producer buys from with what stands open, by name."""
    found = await people.get_people(session, await repository.list_households(session, producer_id))
    ahead = await repository.sum_advances(session, producer_id)
    open_minor, due_minor = dict.fromkeys(found, 0), dict.fromkeys(found, 0)
    for settlement in await list_due(session, producer_id=producer_id):
        due_minor[settlement.person_id] += settlement.due_minor
    for line in await list_open(session, producer_id=producer_id):
        open_minor[line.person_id] += line.amount_minor
    listed = [
        Household(
            person=person,
            open_minor=open_minor[person.id],
            advances_minor=ahead.get(person.id, 0),
            due_minor=due_minor[person.id],
        )
        for person in found.values()
    ]
    return sorted(listed, key=lambda one: (sort_key(one.person.name), one.person.id))


async def settle(
    session: AsyncSession,
    *,
    settlement_id: UUID,
    producer_id: UUID,
    person_id: UUID,
    period: Period,
    by_id: UUID,
    now: datetime,
) -> Settlement:
    """Settle what a household weighed in on these days and no settlement holds, or answer the first result of this id.

    Until the transaction ends nobody else settles with this household (BM3). Raises `PeriodOrderError`,
    `PeriodAheadError`, `NothingToSettleError`, `HouseholdNotFoundError`, `PracticeOnlyError`, `SettlementNotFoundError`
    (another's id).
    """
    await cooperatives.require_real(session, producer_id)
    await households.get_household(session, producer_id=producer_id, person_id=person_id)
    if period.until < period.since:
        raise PeriodOrderError
    if period.until > today(now):
        raise PeriodAheadError
    await repository.lock_book(session, producer_id=producer_id, person_id=person_id, now=now)
    if await repository.find_settlement(session, settlement_id) is not None:
        return await get_own_settlement(
            session, settlement_id=settlement_id, producer_id=producer_id, person_id=person_id
        )
    lines = await list_open(session, producer_id=producer_id, person_id=person_id)
    since, until = period.instants
    return await book_lines(
        session,
        settlement_id=settlement_id,
        producer_id=producer_id,
        person_id=person_id,
        lines=[line for line in lines if since <= line.slip.weighed_at < until],
        period=period,
        by_id=by_id,
        now=now,
    )


async def book_lines(
    session: AsyncSession,
    *,
    settlement_id: UUID,
    producer_id: UUID,
    person_id: UUID,
    lines: Collection[OpenLine],
    period: Period,
    by_id: UUID,
    now: datetime,
) -> Settlement:
    """Make a settlement of these lines; the caller holds the lock of `settle` since before it read them."""
    goods = sum(line.amount_minor for line in lines)
    if goods <= 0:
        raise NothingToSettleError
    set_offs = advances.share(
        await advances.list_advances(session, producer_id=producer_id, person_id=person_id), most_minor=goods
    )
    row = {
        "id": settlement_id,
        "producer_id": producer_id,
        "person_id": person_id,
        "code": ids.with_check(_PREFIX + ids.new_code(_CODE_BODY)),
        "since": period.since,
        "until": period.until,
        "goods_minor": goods,
        "set_off_minor": sum(amount for _advance, amount in set_offs),
        "settled_by_id": by_id,
        "created_at": now,
    }
    rows = [
        {
            "id": ids.uuid7(),
            "settlement_id": settlement_id,
            "slip_id": line.slip.id,
            "person_id": person_id,
            "amount_minor": line.amount_minor,
            "before_minor": line.before_minor,
            "takes_back": line.takes_back,
            "created_at": now,
        }
        for line in lines
    ]
    made = await repository.insert_settlement(session, row, rows)
    for advance, amount in set_offs:
        await repository.set_off(
            session, settlement_id=settlement_id, advance_id=advance.id, amount_minor=amount
        )
    await _book_settlement(session, made, now=now)
    text = _(
        "Tiền cân từ %(since)s đến %(until)s đã chốt: %(goods)s, trừ ứng trước %(set_off)s, còn nhận %(due)s.",
        since=f"{made.since:%d/%m}",
        until=f"{made.until:%d/%m}",
        goods=format_dong(made.goods_minor),
        set_off=format_dong(made.set_off_minor),
        due=format_dong(made.due_minor),
    )
    await _tell(session, made, text, kind="settlement_made", now=now)
    return made


async def get_settlement(session: AsyncSession, *, settlement_id: UUID, producer_id: UUID) -> Settlement:
    """Get a settlement of this producer; raises `SettlementNotFoundError`."""
    found = await repository.find_settlement(session, settlement_id)
    if found is None or found.producer_id != producer_id:
        raise SettlementNotFoundError
    return found


async def get_own_settlement(
    session: AsyncSession, *, settlement_id: UUID, producer_id: UUID, person_id: UUID
) -> Settlement:
    """Get a settlement of a person's own household; another's does not exist for them (`SettlementNotFoundError`)."""
    found = await get_settlement(session, settlement_id=settlement_id, producer_id=producer_id)
    if found.person_id != person_id:
        raise SettlementNotFoundError
    return found


async def list_settlements(
    session: AsyncSession, *, producer_id: UUID, person_id: UUID
) -> Sequence[Settlement]:
    """List a household's newest settlements (50 at most)."""
    return await repository.list_settlements(session, producer_id, person_id, limit=MOST_SETTLEMENTS)


async def list_due(session: AsyncSession, *, producer_id: UUID) -> Sequence[Settlement]:
    """List what is settled and still to be paid, of all households, the oldest first."""
    return await repository.list_due(session, producer_id)


async def list_lines(session: AsyncSession, settlement_id: UUID) -> list[tuple[SettlementLine, IntakeSlip]]:
    """List the lines of a settlement with their slips, the oldest slip first."""
    return await repository.list_lines(session, settlement_id)


async def list_set_offs(session: AsyncSession, settlement_id: UUID) -> list[tuple[SetOff, Advance]]:
    """List what a settlement took off with the advances, the oldest first."""
    return await repository.list_set_offs(session, settlement_id)


def spell_transfer(settlement: Settlement, book: HouseholdBook) -> str | None:
    """The VietQR text that pays a settlement to the household's account; None when the account has no spelling."""
    assert book.bank_bin is not None and book.bank_account is not None  # noqa: S101, PT018 - see households.find_account
    try:
        asked = vietqr.VietQr(
            bank_bin=book.bank_bin,
            account=book.bank_account,
            amount=settlement.due_minor,
            purpose=settlement.code,
        )
    except vietqr.VietQrError:
        return None
    return vietqr.build(asked)


async def record_paid(
    session: AsyncSession,
    *,
    settlement_id: UUID,
    producer_id: UUID,
    reference: str,
    by_id: UUID,
    now: datetime,
) -> Settlement:
    """Book that the household got it, and tell them; once: raises `SettlementMovedError`, `SettlementNotFoundError`."""
    found = await get_settlement(session, settlement_id=settlement_id, producer_id=producer_id)
    book = await households.find_account(session, producer_id=producer_id, person_id=found.person_id)
    paid_to = f"{book.bank_bin}:{book.bank_account}" if book else None
    values = {"paid_at": now, "paid_by_id": by_id, "reference": reference, "paid_to": paid_to}
    if not await repository.take_unpaid(session, settlement_id, values):
        raise SettlementMovedError
    paid = await get_settlement(session, settlement_id=settlement_id, producer_id=producer_id)
    await _book_payment(session, paid, kind="member_paid", memo=f"{paid.code} {reference}", now=now)
    text = _(
        "Tiền cân %(amount)s của nhà mình đã trả, mã %(code)s.",
        amount=format_dong(paid.due_minor),
        code=paid.code,
    )
    await _tell(session, paid, text, kind="settlement_paid", now=now, by_sms=True)
    return paid


async def return_payment(
    session: AsyncSession, *, settlement_id: UUID, producer_id: UUID, reason: str, now: datetime
) -> Settlement:
    """Book that it did not arrive: it is owed again. Raises `SettlementMovedError` unless it was paid."""
    found = await get_settlement(session, settlement_id=settlement_id, producer_id=producer_id)
    if not await repository.give_back(session, settlement_id, reason=reason):
        raise SettlementMovedError
    again = await get_settlement(session, settlement_id=settlement_id, producer_id=producer_id)
    await _book_payment(
        session, again, kind="member_payment_returned", memo=f"{found.code} {reason}", now=now
    )
    return again


async def _book_settlement(session: AsyncSession, made: Settlement, *, now: datetime) -> None:
    payable = accounts.member_payable(made.producer_id, made.person_id)
    bought = [(accounts.intake_cost(made.producer_id), made.goods_minor), (payable, -made.goods_minor)]
    taken = [
        (payable, made.set_off_minor),
        (accounts.member_advance(made.producer_id, made.person_id), -made.set_off_minor),
    ]
    sides = {"intake_settled": bought} | ({"advance_set_off": taken} if made.set_off_minor else {})
    for kind, entries in sides.items():
        await ledger.record(
            session,
            kind=kind,
            source=f"settlement:{made.id}",
            memo=made.code,
            entries=entries,
            occurred_at=now,
            now=now,
        )


async def _book_payment(
    session: AsyncSession, settlement: Settlement, *, kind: str, memo: str, now: datetime
) -> None:
    """Book that money went out to the household, or came back: each payment is a source of its own."""
    came_back = kind == "member_payment_returned"
    amount = -settlement.due_minor if came_back else settlement.due_minor
    attempt = settlement.attempt - 1 if came_back else settlement.attempt
    await ledger.record(
        session,
        kind=kind,
        source=f"settlement:{settlement.id}:{attempt}",
        memo=memo,
        entries=[
            (accounts.member_payable(settlement.producer_id, settlement.person_id), amount),
            (accounts.coop_funds(settlement.producer_id), -amount),
        ],
        occurred_at=now,
        now=now,
    )


async def _tell(
    session: AsyncSession,
    settlement: Settlement,
    text: Text,
    *,
    kind: str,
    now: datetime,
    by_sms: bool = False,
) -> None:
    await notices.notify(
        session,
        person_id=settlement.person_id,
        kind=kind,
        text=text,
        href=f"/producer/settlements/{settlement.id}",
        now=now,
        by_sms=by_sms,
    )
