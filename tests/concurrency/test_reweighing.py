"""A weight put right under several hands: the accountant, whoever hands over, a second press; each beside its control."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.errors import ConflictError
from app.core.ids import uuid7
from producers.cooperatives.models import Role
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import OtherTurnError
from storefront.ledger import service as ledger
from storefront.orders import repository as orders_repository
from storefront.orders import weighings
from storefront.orders.models import Order, OrderLine, WeighedPiece
from storefront.payments.models import PayableKind
from storefront.refunds import repository as refunds_repository
from storefront.refunds import service as refunds
from tests.books import list_breaches
from tests.factories import sales
from tests.factories.orders import BANK
from tests.factories.people import log_in, picture_bytes
from tests.factories.producers import make_membership
from tests.factories.scale import PAID, make_work
from tests.factories.storefront import NOW
from traceability.chronicle.models import ChronicleItem, Fact

TIMES = 8


async def make(db, *weights_g, is_packed=False):
    """A parcel of two fish, weighed as 1,95 and 2,05 kg."""
    async with db.transaction() as session:
        work = await make_work(session, 1_950, 2_050)
        if is_packed:
            await fulfilment.pack(session, **work.act, scanned="")
    return work


async def attempt(db, act, *told):
    """Do one act in a transaction of its own; False when it is refused."""
    try:
        async with db.transaction() as session:
            await act(session, *told)
    except ConflictError:
        return False
    return True


async def look_without_locks(monkeypatch):
    """Let nobody wait for the order's row any more."""

    async def look(session, order_id):
        order = await session.get(Order, order_id)
        return order, await orders_repository.list_consignments(session, [order_id])

    monkeypatch.setattr(orders_repository, "lock_order", look)


async def record_paid(work, session, refund_id, reference="FT"):
    """The accountant marks one refund as sent."""
    await refunds.record_paid(
        session,
        refund_id=refund_id,
        bank_account=BANK,
        reference=reference,
        person_id=work.packer.id,
        now=NOW,
    )


@pytest.mark.parametrize("is_correction_first", [True, False])
@pytest.mark.parametrize("weights", [(2_000, 2_050), (1_850, 2_050)])
async def test_weighed_again_while_the_first_sum_is_sent(db, weights, is_correction_first):
    """W11, W12, BW2: the sum is sent or withdrawn, never both; paid = final + what goes back, and the books stand."""
    for _time in range(3):
        work = await make(db)
        async with db.transaction() as session:
            [refund] = await refunds.list_of(session, PayableKind.ORDER, [work.order.id])
            correction = await work.correct(session, *weights)
            before = await ledger.balance(session, BANK)
        acts = [
            attempt(db, work.press, correction),
            attempt(db, partial(record_paid, work), refund.id),
        ]
        said = await asyncio.gather(*(acts if is_correction_first else acts[::-1]))
        assert any(said)
        async with db.transaction() as session:
            found = await refunds.list_of(session, PayableKind.ORDER, [work.order.id])
            sent = [one.amount_minor for one in found if one.paid_at]
            line = await session.get_one(OrderLine, work.line.id)
            assert sent in ([], [128_000])
            assert before - await ledger.balance(session, BANK) == sum(sent)
            assert line.final_minor + sum(one.amount_minor for one in found) == PAID
            assert await list_breaches(session, now=NOW) == []


async def test_without_the_refunds_lock_both_count(db, monkeypatch):
    """Negative control: who reads what is open and locks nothing takes back a sum that is sent meanwhile; a CHECK stops it."""
    work = await make(db)
    lock_of_source, seen, sent = refunds_repository.lock_of_source, asyncio.Event(), asyncio.Event()
    async with db.transaction() as session:
        [refund] = await refunds.list_of(session, PayableKind.ORDER, [work.order.id])
        correction = await work.correct(session, 2_000, 2_050)

    async def read(session, payable_id, source):
        found = await refunds_repository.list_of(session, PayableKind.ORDER, [payable_id])
        seen.set()
        await sent.wait()
        return found

    async def send():
        await seen.wait()
        async with db.transaction() as session:
            await record_paid(work, session, refund.id)
        sent.set()

    monkeypatch.setattr(refunds_repository, "lock_of_source", read)
    with pytest.raises(IntegrityError, match="paid_or_withdrawn"):
        await asyncio.gather(attempt(db, work.press, correction), send())
    monkeypatch.setattr(refunds_repository, "lock_of_source", lock_of_source)
    assert not await attempt(db, work.press, correction)


async def told(session, work):
    """What the history of the lots was told, and what the scale says, in grams."""
    items = await session.scalars(
        select(ChronicleItem).where(
            ChronicleItem.fact == Fact.SHIPPED, ChronicleItem.record_id == work.act["consignment_id"]
        )
    )
    pieces = await weighings.list_weighed(session, [work.line.id])
    return sum(row[2] for item in items for row in item.details["contents"]), sum(
        piece.weight_g for piece in pieces
    )


def hand_over(work):
    """The parcel goes to its carrier."""
    return partial(fulfilment.ship, **work.act, carrier="Xe nhà", tracking_number=None)


@pytest.mark.parametrize("is_correction_first", [True, False])
async def test_weighed_again_while_it_is_handed_over(db, is_correction_first):
    """W10, W14: weighed again or gone, one after the other: what left is what the scale says, for papers and for money."""
    for _time in range(3):
        work = await make(db, is_packed=True)
        async with db.transaction() as session:
            correction = await work.correct(session, 1_850, 2_050)
        acts = [attempt(db, work.press, correction), attempt(db, hand_over(work))]
        said = await asyncio.gather(*(acts if is_correction_first else acts[::-1]))
        gone = said[1] if is_correction_first else said[0]
        weighed = said[0] if is_correction_first else said[1]
        assert gone
        async with db.transaction() as session:
            left, scale = await told(session, work)
            assert left == scale == (3_900 if weighed else 4_000)
            assert await list_breaches(session, now=NOW) == []


async def test_without_the_orders_lock_papers_and_money_disagree(db, monkeypatch):
    """Negative control: a parcel that leaves while it is weighed again tells its lots other grams than its buyer pays for."""
    work = await make(db, is_packed=True)
    async with db.transaction() as session:
        correction = await work.correct(session, 1_850, 2_050)
    lock_of_source, seen, gone = refunds_repository.lock_of_source, asyncio.Event(), asyncio.Event()

    async def wait(session, payable_id, source):
        seen.set()
        await gone.wait()
        return await lock_of_source(session, payable_id, source)

    async def leave():
        await seen.wait()
        assert await attempt(db, hand_over(work))
        gone.set()

    await look_without_locks(monkeypatch)
    monkeypatch.setattr(refunds_repository, "lock_of_source", wait)
    await asyncio.gather(attempt(db, work.press, correction), leave())
    async with db.transaction() as session:
        assert await told(session, work) == (4_000, 3_900)


async def test_two_packers_press_at_once(db, new_client):
    """W13: one form pressed four times by each of two packers: each press of the one that came first is led on, the others told."""
    work = await make(db)
    forms, browsers = [], []
    async with db.transaction() as session:
        for weight in ("1,85 kg", "1,90 kg"):
            packer = await make_membership(session, producer_id=work.act["producer_id"], role=Role.PACKER)
            browser = new_client()
            await log_in(session, browser, packer.person_id)
            browsers.append(browser)
            correction = await work.correct(session, 2_000, 2_000)
            forms.append(
                {
                    "id": str(uuid7()),
                    "line_id": str(work.line.id),
                    "of": str(correction.of),
                    "weights": f"{weight}\n2,05 kg",
                    "reason": "Gõ nhầm",
                }
            )
    address = f"/producer/orders/{work.act['consignment_id']}/reweigh"

    def press(who):
        photo = {"photo": ("scale.png", picture_bytes(), "image/png")}
        return sales.insist(partial(browsers[who].post, address, data=forms[who], files=photo))

    answers = await asyncio.gather(*(press(one % 2) for one in range(TIMES)))
    for who in range(2):
        assert len({answer.status_code for answer in answers[who::2]}) == 1
    assert sorted(answer.status_code for answer in answers) == [303] * 4 + [409] * 4
    async with db.transaction() as session:
        assert len((await session.scalars(select(WeighedPiece))).all()) == 4
        [waiting] = await work.waiting(session)
        line = await session.get_one(OrderLine, work.line.id)
        assert line.final_minor + waiting == PAID
        assert await list_breaches(session, now=NOW) == []


async def test_without_the_orders_lock_two_presses_write_one_turn(db, monkeypatch):
    """Negative control: two corrections that read the same last weighing both take the next turn; the key stops the second."""
    work = await make(db)
    list_weighed, both = orders_repository.list_weighed, asyncio.Barrier(2)
    async with db.transaction() as session:
        corrections = [await work.correct(session, weight, 2_050) for weight in (1_850, 1_900)]

    async def read_together(session, line_ids):
        found = await list_weighed(session, line_ids)
        await both.wait()
        return found

    await look_without_locks(monkeypatch)
    monkeypatch.setattr(orders_repository, "list_weighed", read_together)
    said = await asyncio.gather(
        *(attempt(db, work.press, one) for one in corrections), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in said) == ["IntegrityError", "bool"]
    monkeypatch.undo()
    async with db.transaction() as session:
        with pytest.raises(OtherTurnError):
            await work.press(
                session, next(c for c, one in zip(corrections, said, strict=True) if one is not True)
            )
