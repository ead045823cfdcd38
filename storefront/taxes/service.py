"""Taxes: withheld of a household's sale, set off with its refunds, paid on by the month. The rules stand in ledger/BOOKS.md (T1 to T11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.ids import uuid7
from app.core.text import sort_key
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Producer, ProducerKind
from producers.listings.models import TaxKind
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.taxes import repository
from storefront.taxes.errors import MonthNotOverError, MonthPaidError, NothingDueError
from storefront.taxes.models import TaxEntry, TaxPayment, TaxRate, TaxThreshold

WHOLE = 10_000
"""Basis points of the whole."""
WITHHELD_KINDS = frozenset({ProducerKind.HOUSEHOLD})
"""Whose tax the market withholds; companies and cooperatives are entities that declare their own."""
MOST_PAYMENTS = 24
Parts = Mapping[TaxKind, int]
"""Đồng by what they are to the tax office."""


@dataclass(frozen=True, kw_only=True)
class MonthRow:
    """What a month holds of one seller and kind, in đồng; what refunds set off stands below zero."""

    producer: Producer
    kind: TaxKind
    base_minor: int
    vat_minor: int
    pit_minor: int
    back_base_minor: int
    back_vat_minor: int
    back_pit_minor: int

    @property
    def left_minor(self) -> int:
        """The tax of both kinds that is left."""
        return self.vat_minor + self.pit_minor + self.back_vat_minor + self.back_pit_minor


@dataclass(frozen=True, kw_only=True)
class Due:
    """What is to be paid on for one seller, in đồng; below zero it is set off in a later month."""

    producer: Producer
    vat_minor: int
    pit_minor: int

    @property
    def payable_minor(self) -> int:
        """What of it is paid now."""
        return max(0, self.vat_minor) + max(0, self.pit_minor)


@dataclass(frozen=True, kw_only=True)
class PaidMonth:
    """A payment to the tax office, in đồng."""

    payment: TaxPayment
    vat_minor: int
    pit_minor: int


@dataclass(frozen=True, kw_only=True)
class Revenue:
    """What a producer sold in a year, less what went back, in đồng; the lines of a household, none for others."""

    year: int
    sold_minor: int
    thresholds: Sequence[TaxThreshold]


def compute_tax(base_minor: int, basis_points: int) -> int:
    """One tax on a base, in đồng: half a đồng counts up."""
    return (2 * base_minor * basis_points + WHOLE) // (2 * WHOLE)


def share_set_off(tax_minor: int, base_minor: int, back_minor: int) -> int:
    """How much of a tax is set off, in all, once this much of its base went back; all of it with the last."""
    return (2 * tax_minor * back_minor + base_minor) // (2 * base_minor)


def choose_rate(rates: Sequence[TaxRate], kind: TaxKind) -> TaxRate | None:
    """The rate of a kind; for a kind that has none the highest there is. None when no law asks for anything."""
    own = [rate for rate in rates if rate.kind is kind]
    return max(
        own or rates,
        key=lambda rate: (rate.vat_basis_points + rate.pit_basis_points, rate.kind),
        default=None,
    )


def sum_parts(kinds: Parts, *, delivery_minor: int) -> dict[TaxKind, int]:
    """Add the delivery of a parcel, which is transport, to what its goods are to the tax office."""
    return {**kinds, TaxKind.TRANSPORT: kinds.get(TaxKind.TRANSPORT, 0) + delivery_minor}


async def withhold(
    session: AsyncSession, *, sale: str, memo: str, parts: Mapping[UUID, Parts], now: datetime
) -> None:
    """Withhold the tax of a sale that was just booked; `parts` is each producer's part of it.

    Once per sale: the caller holds the lock of the order or booking and books the sale itself once.
    """
    producers = await cooperatives.get_producers(session, parts)
    sellers = [one for one in parts if producers[one].kind in WITHHELD_KINDS]
    if not sellers:
        return
    rates = await repository.list_rates(session, today(now))
    for producer_id in sellers:
        rows, taxes = [], {}
        for kind, base in parts[producer_id].items():
            rate = choose_rate(rates, kind)
            if rate is None or base <= 0:
                continue
            vat, pit = (compute_tax(base, one) for one in (rate.vat_basis_points, rate.pit_basis_points))
            rows.append(
                _row(
                    sale=sale,
                    producer_id=producer_id,
                    kind=kind,
                    source=sale,
                    rate=rate,
                    amounts=(base, vat, pit),
                    now=now,
                )
            )
            taxes[kind] = vat + pit
        if not rows:
            continue
        await repository.insert_entries(session, rows)
        await _book(
            session,
            kind="tax",
            source=f"{sale}:{producer_id}",
            memo=memo,
            producer_id=producer_id,
            taxes=taxes,
            now=now,
        )


async def set_off(
    session: AsyncSession,
    *,
    sale: str,
    producer_id: UUID,
    parts: Parts,
    source: str,
    memo: str,
    now: datetime,
) -> None:
    """Set tax off with a refund of these parts; `source` is the refund's own, so that it happens once."""
    await _set_off(session, sale, producer_id, parts, kind="tax_reversed", source=source, memo=memo, now=now)


async def withhold_again(
    session: AsyncSession,
    *,
    sale: str,
    producer_id: UUID,
    parts: Parts,
    source: str,
    memo: str,
    now: datetime,
) -> None:
    """Withhold again what was set off with a refund of these parts, which is not owed any more (T12)."""
    less = {kind: -base for kind, base in parts.items()}
    await _set_off(session, sale, producer_id, less, kind="tax_retaken", source=source, memo=memo, now=now)


async def _set_off(
    session: AsyncSession,
    sale: str,
    producer_id: UUID,
    parts: Parts,
    *,
    kind: str,
    source: str,
    memo: str,
    now: datetime,
) -> None:
    """Set off what belongs to so much more of the base, or withhold what belongs to so much less."""
    withheld = await repository.lock_withheld(session, sale, producer_id)
    if not withheld:
        return
    before = await repository.sum_set_off(session, sale, producer_id)
    rows, taxes = [], {}
    for entry in withheld:
        base, vat, pit = before.get(entry.kind, (0, 0, 0))
        back = min(entry.base_minor, base + parts.get(entry.kind, 0))
        if back == base:
            continue
        vat -= share_set_off(entry.vat_minor, entry.base_minor, back)
        pit -= share_set_off(entry.pit_minor, entry.base_minor, back)
        # A visit's refund has the source of its sale: the word before it keeps the two apart.
        amounts = (base - back, vat, pit)
        rows.append(
            _row(
                sale=sale,
                producer_id=producer_id,
                kind=entry.kind,
                source=f"refund:{source}",
                rate=entry,
                amounts=amounts,
                now=now,
            )
        )
        taxes[entry.kind] = vat + pit
    if rows:
        await repository.insert_entries(session, rows)
        await _book(
            session,
            kind=kind,
            source=source,
            memo=memo,
            producer_id=producer_id,
            taxes=taxes,
            now=now,
        )


async def list_month(session: AsyncSession, month: date) -> list[MonthRow]:
    """List what the month of a day holds, by the sellers' names and kind."""
    period = Period.of_month(month)
    found = await repository.sum_month(session, period.since, period.until)
    producers = await cooperatives.get_producers(session, {row[0] for row in found})
    order = list(TaxKind)
    rows = [
        MonthRow(
            producer=producers[producer_id],
            kind=kind,
            base_minor=base,
            vat_minor=vat,
            pit_minor=pit,
            back_base_minor=back,
            back_vat_minor=back_vat,
            back_pit_minor=back_pit,
        )
        for producer_id, kind, base, vat, pit, back, back_vat, back_pit in found
    ]
    return sorted(rows, key=lambda row: (sort_key(row.producer.name), row.producer.id, order.index(row.kind)))


async def list_due(session: AsyncSession, month: date) -> list[Due]:
    """List what is still to be paid on for all days up to the end of the month of a day; sellers with nothing left out."""
    found = await repository.sum_due(session, Period.of_month(month).until)
    open_ = [row for row in found if row[1] or row[2]]
    producers = await cooperatives.get_producers(session, {row[0] for row in open_})
    rows = [Due(producer=producers[one], vat_minor=vat, pit_minor=pit) for one, vat, pit in open_]
    return sorted(rows, key=lambda due: (sort_key(due.producer.name), due.producer.id))


async def pay_month(
    session: AsyncSession, *, month: date, bank_account: str, reference: str, person_id: UUID, now: datetime
) -> int:
    """Book that the tax up to the end of a month was paid to the tax office; who has more set off than withheld waits.

    Answers how many đồng. `bank_account` is the account of the books that paid. Raises `MonthNotOverError`, `MonthPaidError`,
    `NothingDueError`.
    """
    period = Period.of_month(month)
    if today(now) <= period.until:
        raise MonthNotOverError
    await repository.lock_payments(session)
    if await repository.is_paid(session, period.since):
        raise MonthPaidError
    due = [one for one in await list_due(session, month) if one.payable_minor]
    if not due:
        raise NothingDueError
    payment_id = uuid7()
    row = {
        "id": payment_id,
        "month": period.since,
        "reference": reference,
        "paid_from": bank_account,
        "paid_by_id": person_id,
        "created_at": now,
    }
    await repository.insert_payment(session, row)
    parts = [
        {
            "id": uuid7(),
            "payment_id": payment_id,
            "producer_id": one.producer.id,
            "vat_minor": max(0, one.vat_minor),
            "pit_minor": max(0, one.pit_minor),
            "created_at": now,
        }
        for one in due
    ]
    await repository.insert_parts(session, parts)
    await ledger.record(
        session,
        kind="tax_paid",
        source=f"tax:{period.since:%Y-%m}",
        memo=f"{period.since:%m/%Y} {reference}",
        entries=[
            *((accounts.tax_withheld(one.producer.id), one.payable_minor) for one in due),
            (bank_account, -sum(one.payable_minor for one in due)),
        ],
        occurred_at=now,
        now=now,
    )
    return sum(one.payable_minor for one in due)


async def list_payments(session: AsyncSession, *, limit: int = MOST_PAYMENTS) -> list[PaidMonth]:
    """List the payments to the tax office, the newest month first."""
    return [
        PaidMonth(payment=payment, vat_minor=vat, pit_minor=pit)
        for payment, vat, pit in await repository.list_payments(session, limit=limit)
    ]


async def count_revenue(session: AsyncSession, producer: Producer, *, now: datetime) -> Revenue:
    """Count what a producer sold in the year of this day in Viet Nam, goods, visits and deliveries, less what went back."""
    day = today(now)
    year = Period(since=day.replace(month=1, day=1), until=day.replace(month=12, day=31))
    since, until = year.instants
    sums = await ledger.sum_happened(
        session,
        [accounts.seller_payable(producer.id), accounts.delivery_payable(producer.id)],
        kinds=("sale", "sale_reversed", "refund_owed", "refund_withdrawn"),
        since=since,
        until=until,
    )
    is_watched = producer.kind in WITHHELD_KINDS
    return Revenue(
        year=day.year,
        sold_minor=-sums,
        thresholds=await repository.list_thresholds(session, day) if is_watched else (),
    )


def _row(
    *,
    sale: str,
    producer_id: UUID,
    kind: TaxKind,
    source: str,
    rate: TaxRate | TaxEntry,
    amounts: tuple[int, int, int],
    now: datetime,
) -> dict[str, object]:
    """A row of taxes; `amounts` are base, VAT and PIT."""
    base, vat, pit = amounts
    return {
        "id": uuid7(),
        "sale": sale,
        "producer_id": producer_id,
        "kind": kind,
        "source": source,
        "day": today(now),
        "base_minor": base,
        "vat_basis_points": rate.vat_basis_points,
        "pit_basis_points": rate.pit_basis_points,
        "vat_minor": vat,
        "pit_minor": pit,
        "created_at": now,
    }


async def _book(
    session: AsyncSession,
    *,
    kind: str,
    source: str,
    memo: str,
    producer_id: UUID,
    taxes: Parts,
    now: datetime,
) -> None:
    """Book tax against what is owed to its seller: that of sending where sending is owed, all other from the goods."""
    total, sending = sum(taxes.values()), taxes.get(TaxKind.TRANSPORT, 0)
    if not total:
        return
    await ledger.record(
        session,
        kind=kind,
        source=source,
        memo=memo,
        entries=[
            (accounts.seller_payable(producer_id), total - sending),
            (accounts.delivery_payable(producer_id), sending),
            (accounts.tax_withheld(producer_id), -total),
        ],
        occurred_at=now,
        now=now,
    )
