"""Settling: the tea cooperative pays its households for the older leaf, less what they got ahead."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.core.clock import today
from app.core.ids import uuid7
from app.demo import cast
from storefront.ledger.periods import Period
from storefront.settlements import advances, households, service
from storefront.settlements.models import AdvanceKind
from storefront.settlements.schemas import NewAdvance

if TYPE_CHECKING:
    from app.demo.stage import Stage

_THANH, _MO = cast.HOUSEHOLDS[1].phone, cast.HOUSEHOLDS[2].phone
_ADVANCES = (
    (_THANH, AdvanceKind.INPUT, 640_000, "phân NPK", 2, 70),
    (_MO, AdvanceKind.CASH, 1_000_000, "Tiền cho con nhập học", None, 75),
)
_LATER = ((_MO, AdvanceKind.INPUT, 320_000, "phân NPK", 1, 3),)


async def play(stage: Stage) -> None:
    """One household has been paid, one waits for the transfer, the others' slips stand open."""
    await _give(stage, _ADVANCES)
    await _settle(stage, _MO, "108812345678", "TRAN THI MO", reference="FT26300417")
    await _settle(stage, _THANH, "113366668888", "NGUYEN VAN THANH", reference=None)
    await _give(stage, _LATER)


async def _give(stage: Stage, given: tuple[tuple[str, AdvanceKind, int, str, int | None, int], ...]) -> None:
    for phone, kind, amount, what_for, sacks, days_ago in given:
        advance = NewAdvance(
            id=uuid7(), person_id=stage.people[phone], kind=kind, amount_minor=amount,
            given_on=stage.day - timedelta(days=days_ago), what_for=what_for,
            quantity_milli=sacks * 1_000 if sacks else None, unit="bao" if sacks else None,
        )  # fmt: skip
        await advances.give_advance(
            stage.session,
            advance=advance,
            producer_id=stage.producers["tea"].id,
            by_id=stage.people[cast.FARMER],
            now=stage.at(days_ago, 14),
        )


async def _settle(stage: Stage, phone: str, account: str, name: str, *, reference: str | None) -> None:
    """Settle the older half of a household's slips, and pay it if there is a reference."""
    producer_id, by_id = stage.producers["tea"].id, stage.people[cast.FARMER]
    named = {"producer_id": producer_id, "person_id": stage.people[phone]}
    await households.set_account(
        stage.session, bank_bin="970415", bank_account=account, account_name=name, now=stage.now, **named
    )
    lines = await service.list_open(stage.session, **named)
    days = [today(line.slip.weighed_at) for line in lines]
    made = await service.settle(
        stage.session,
        settlement_id=uuid7(),
        period=Period(since=days[0], until=days[len(days) // 2]),
        by_id=by_id,
        now=stage.at(5, 16),
        **named,
    )
    if reference is not None:
        await service.record_paid(
            stage.session,
            settlement_id=made.id,
            producer_id=producer_id,
            reference=reference,
            by_id=by_id,
            now=stage.at(4, 9),
        )
