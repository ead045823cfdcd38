"""What a recall means for the shop: who got it, what they are told, their money back, and nothing more leaves."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.notices.models import Notice
from app.web.house import House
from storefront.fulfilment import recalled
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import EmptyMessageError, LotStoppedError, PracticeRecallError
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import cancelling
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import Consignment, Order, OrderState
from storefront.payments.models import PayableKind
from storefront.stock import service as stock
from tests.factories import traceability as traced
from tests.factories.orders import PHONE, SECRET, counters, make_order, make_paid_order, make_refund, pay
from tests.factories.people import log_in, make_person
from tests.factories.recalls import LATER, Shop, make_shop, open_recall, parcel_of, send
from tests.factories.storefront import NOW, make_stock
from traceability.chronicle.models import ChronicleItem, Fact
from traceability.labels.models import Serial, SerialState
from traceability.lots import service as lots
from traceability.lots.models import LotState
from traceability.recalls.models import Recall

HURRY = text("UPDATE jobs.procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
"""The queue waits some seconds before it tries again; the tests do not."""
WORDS = {
    "got_vi": "Đừng dùng [hàng] trong đơn [đơn].",
    "got_en": "Do not use [goods] of [order].",
    "waiting_vi": "Chưa gửi [hàng], đơn [đơn].",
    "waiting_en": "[goods] of [order] stay here.",
}


async def give_back(
    session: AsyncSession, shop: Shop, recall: Recall, parcel: Consignment, *, is_whole: bool = False
) -> int | None:
    """Give back and say how much."""
    refund = await recalled.give_back(
        session,
        recall=recall,
        consignment_id=parcel.id,
        is_whole=is_whole,
        person_id=shop.manager_id,
        now=LATER,
    )
    return refund.amount_minor if refund else None


async def owed(session: AsyncSession, order: Order) -> int:
    """What the books owe the buyer of an order."""
    return -await ledger.balance(session, accounts.refund_payable(PayableKind.ORDER, order.id))


# ---------------------------------------------------------------- who


async def test_a_recall_finds_every_order_of_a_lot(session: AsyncSession) -> None:
    """Shipped, waiting and unpaid orders are found with lot and quantity; others are not; nothing of the lot is for sale."""
    shop = await make_shop(session)
    shipped = await make_paid_order(session, shop.bad, quantity=2)
    parcel = await send(session, shop, shipped, until="deliver")
    waiting = await make_paid_order(session, shop.bad, shop.good, quantity=3)
    unpaid = await make_order(session, shop.bad)
    await make_paid_order(session, shop.good)
    recall = await open_recall(session, shop)
    assert recall.report["parcels"] == [str(parcel.id)]
    found = await recalled.list_affected(session, recall)
    assert [one.parcel.order.id for one in found] == [shipped.id, waiting.id, unpaid.id]
    assert [[(got.lot.id, got.quantity) for got in one.got] for one in found] == [
        [(shop.bad_item.lot_id, 2)],
        [(shop.bad_item.lot_id, 3)],
        [(shop.bad_item.lot_id, 1)],
    ]
    assert [one.draft for one in found] == ["got_vi", "waiting_vi", "waiting_vi"]
    assert [one.must_be_told for one in found] == [True, True, False]
    assert (await stock.available(session, [shop.bad.id], now=LATER))[shop.bad.id] == 0
    assert (await lots.get_lot(session, shop.bad_item.lot_id)).state.value == "recalled"


async def test_a_recalled_order_is_held_back(session: AsyncSession) -> None:
    """Neither packing nor sending goes through once the lot is recalled."""
    shop = await make_shop(session)
    packed = await make_paid_order(session, shop.bad)
    await send(session, shop, packed, until="pack")
    waiting = await make_paid_order(session, shop.bad)
    await open_recall(session, shop)
    with pytest.raises(LotStoppedError):
        await send(session, shop, waiting)
    parcel = await parcel_of(session, packed)
    with pytest.raises(LotStoppedError):
        await fulfilment.ship(
            session,
            consignment_id=parcel.id,
            producer_id=shop.producer_id,
            carrier="Xe",
            tracking_number=None,
            person_id=shop.packer_id,
            now=LATER,
        )


async def test_packers_and_managers_hear_of_a_recall(session: AsyncSession) -> None:
    """A real recall with orders is told to both with the way to the page; a practice, or one without orders, to nobody."""
    shop = await make_shop(session)
    await open_recall(session, shop)
    assert not list(await session.scalars(select(Notice).where(Notice.kind == "recall")))
    await make_paid_order(session, shop.good)
    shop.bad_item = shop.good_item
    await open_recall(session, shop, is_mock=True)
    assert not list(await session.scalars(select(Notice).where(Notice.kind == "recall")))
    recall = await open_recall(session, shop)
    told = list(await session.scalars(select(Notice).where(Notice.kind == "recall")))
    assert {one.person_id for one in told} == {shop.manager_id, shop.packer_id}
    assert {one.href for one in told} == {f"/producer/orders/recalled/{recall.id}"}


async def test_nobody_pays_for_recalled_goods(
    db: Database, client: httpx.AsyncClient, run_jobs: Callable[[], Any]
) -> None:
    """An unpaid order of them ends and says why; money that comes all the same takes other goods; a paid one stays."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        paid = await make_paid_order(session, shop.bad)
        unpaid = await make_order(session, shop.bad)
        lost = await make_order(session, shop.bad)
        other = await make_order(session, shop.good)
        await open_recall(session, shop)
        assert unpaid.state is OrderState.AWAITING_PAYMENT
    await run_jobs()
    async with db.transaction() as session:
        ended = [(await orders.get_order(session, one.id)).state for one in (paid, unpaid, lost, other)]
        assert ended == [
            OrderState.AWAITING_CONFIRMATION,
            OrderState.CANCELLED,
            OrderState.CANCELLED,
            OrderState.AWAITING_PAYMENT,
        ]
        assert not await cancelling.stop_recalled(session, order_id=paid.id, now=LATER)
        assert await counters(session, shop.bad_item) == (20, 0, 1)
        fresh = await make_stock(session, shop.bad, on_hand=1)
    link = f"/orders/{orders.make_token(SECRET, unpaid.id)}"
    assert "vì có hàng bị thu hồi" in (await client.get(link)).text
    async with db.transaction() as session:
        for order in (unpaid, lost):
            await pay(session, await orders.get_order(session, order.id))
        assert (await orders.get_order(session, unpaid.id)).state is OrderState.AWAITING_CONFIRMATION
        assert (await orders.get_order(session, lost.id)).state is OrderState.CANCELLED
        assert await counters(session, fresh) == (1, 0, 1)
    assert "vì có hàng bị thu hồi" not in (await client.get(link)).text


# ---------------------------------------------------------------- what they are told


async def test_each_buyer_is_told_once(db: Database, house: House, run_jobs: Callable[[], Any]) -> None:
    """By short message with their own order and lot, in the app when they have an account; asked again, nobody new."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        person = await make_person(session)
        one = await make_paid_order(session, shop.bad, person_id=person.id)
        await send(session, shop, one)
        other = await make_paid_order(session, shop.bad, language="en", phone="+84912000111")
        recall = await open_recall(session, shop)
        lot = await lots.get_lot(session, shop.bad_item.lot_id)
        asked = {"recall": recall, "person_id": shop.manager_id, "now": LATER}
        with pytest.raises(EmptyMessageError) as refused:
            await recalled.send_messages(session, drafts=WORDS | {"waiting_en": " "}, **asked)
        assert set(refused.value.fields) == {"waiting_en"}
        assert await recalled.send_messages(session, drafts=WORDS, **asked) == 2
        assert await recalled.send_messages(session, drafts=WORDS, **asked) == 0
        [notice] = await session.scalars(select(Notice).where(Notice.person_id == person.id))
        assert notice.href == f"/recalls/{recall.id}" and one.code in notice.params["words"]
        found = await recalled.list_affected(session, recall)
        assert [(row.message.sent_by_id, row.message.created_at) for row in found if row.message] == [
            (shop.manager_id, LATER)
        ] * 2
    await run_jobs()
    said = [body for phone, body in house.sms.sent if phone in {PHONE, "+84912000111"} and "dùng" in body]
    assert len(said) == 1 and one.code in said[0] and f"(lô {lot.code})" in said[0]
    assert f"(lot {lot.code}) of {other.code} stay here" in house.sms.last_to("+84912000111")


async def test_a_message_that_fails_is_tried_again(
    db: Database, house: House, run_jobs: Callable[[], Any]
) -> None:
    """When the carrier is down the message waits in the queue, and goes out when it is back."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad)
        recall = await open_recall(session, shop)
    await run_jobs()
    before = len(house.sms.sent)
    async with db.transaction() as session:
        await recalled.send_messages(
            session, recall=recall, drafts=WORDS, person_id=shop.manager_id, now=LATER
        )
    house.sms.is_down = True
    await run_jobs()
    assert len(house.sms.sent) == before
    house.sms.is_down = False
    async with db.transaction() as session:
        await session.execute(HURRY)
    await run_jobs()
    assert order.code in house.sms.last_to(PHONE) and len(house.sms.sent) == before + 1


# ---------------------------------------------------------------- money back


async def test_recalled_lines_go_back_once(session: AsyncSession) -> None:
    """O12: the price of the recalled lines alone, once; then the rest when asked, and never more than was paid."""
    shop = await make_shop(session)
    order = await make_paid_order(session, shop.bad, shop.good)
    parcel = await send(session, shop, order, until="deliver")
    recall = await open_recall(session, shop)
    assert await give_back(session, shop, recall, parcel) == 350_000
    assert await give_back(session, shop, recall, parcel) is None
    assert await owed(session, order) == 350_000
    assert await give_back(session, shop, recall, parcel, is_whole=True) == 100_000
    assert await give_back(session, shop, recall, parcel, is_whole=True) is None
    assert await owed(session, order) == 450_000
    assert await ledger.balance(session, accounts.seller_payable(shop.producer_id)) == 0
    # It was carried: delivery stays paid. What comes back now has been paid back already.
    assert await ledger.balance(session, accounts.delivery_payable(shop.producer_id)) == -30_000
    await fulfilment.take_back(
        session,
        consignment_id=parcel.id,
        producer_id=shop.producer_id,
        person_id=shop.packer_id,
        now=LATER,
    )
    assert await owed(session, order) == 450_000 and parcel.state is OrderState.RETURNED


async def test_goods_that_came_back_are_not_paid_back_again(session: AsyncSession) -> None:
    """O10 then O12: a parcel that was taken back has nothing left to give; taken back in part, only the rest goes."""
    shop = await make_shop(session)
    order = await make_paid_order(session, shop.bad)
    parcel = await send(session, shop, order, until="deliver")
    await fulfilment.take_back(
        session, consignment_id=parcel.id, producer_id=shop.producer_id, person_id=shop.packer_id, now=NOW
    )
    recall = await open_recall(session, shop)
    assert await give_back(session, shop, recall, parcel, is_whole=True) is None
    assert await owed(session, order) == 350_000


async def test_what_is_owed_already_is_not_owed_again(session: AsyncSession) -> None:
    """A refund of the same goods that was opened before, by whatever way, leaves nothing to open."""
    shop = await make_shop(session)
    order = await make_paid_order(session, shop.bad)
    parcel = await send(session, shop, order)
    recall = await open_recall(session, shop)
    await make_refund(session, order)
    assert await give_back(session, shop, recall, parcel) is None
    assert await owed(session, order) == 350_000


async def test_an_unsent_parcel_is_cancelled_when_nothing_remains(session: AsyncSession) -> None:
    """O12: all of it goes back with the delivery, the goods are no longer held, the order is cancelled and stays listed."""
    shop = await make_shop(session)
    order = await make_paid_order(session, shop.bad, quantity=2)
    recall = await open_recall(session, shop)
    parcel = await parcel_of(session, order)
    assert await give_back(session, shop, recall, parcel) == 730_000
    assert (parcel.state, order.state) == (OrderState.CANCELLED, OrderState.CANCELLED)
    assert await counters(session, shop.bad_item) == (20, 0, 0)
    assert await ledger.balance(session, accounts.delivery_payable(shop.producer_id)) == 0
    [still] = await recalled.list_affected(session, recall)
    assert still.parcel.order.id == order.id and still.due_whole.total_minor == 0
    assert [refund.amount_minor for refund in still.refunds] == [730_000]
    with pytest.raises(WrongStateError):
        await cancelling.cancel_order(session, order_id=order.id, now=LATER)


@pytest.mark.parametrize("until", ["confirm", "pack"])
async def test_the_rest_of_an_unsent_parcel_goes_out(session: AsyncSession, until: str) -> None:
    """O12: without the recalled line the parcel is packed and sent, whether or not it stood packed; lots are told rightly."""
    shop = await make_shop(session)
    order = await make_paid_order(session, shop.bad, shop.good)
    parcel = await send(session, shop, order, until=until)
    recall = await open_recall(session, shop)
    assert await give_back(session, shop, recall, parcel) == 350_000
    act: dict[str, Any] = {
        "consignment_id": parcel.id,
        "producer_id": shop.producer_id,
        "person_id": shop.packer_id,
        "now": LATER,
    }
    if until == "confirm":
        await fulfilment.pack(session, scanned="", **act)
    await fulfilment.ship(session, carrier="Xe", tracking_number=None, **act)
    assert parcel.state is OrderState.SHIPPING
    assert await counters(session, shop.good_item) == (19, 0, 0)
    assert await counters(session, shop.bad_item) == (20, 0, 0)


async def pack_scanned(session: AsyncSession, shop: Shop) -> tuple[Order, Consignment, list[str]]:
    """A packed order of a bad box and a good bag whose labels were scanned: (order, parcel, [bad, good] codes)."""
    order = await make_paid_order(session, shop.bad, shop.good)
    parcel = await send(session, shop, order, until="confirm")
    codes = []
    for item in (shop.bad_item, shop.good_item):
        lot = await lots.get_lot(session, item.lot_id)
        codes.append((await traced.make_serial(session, lot)).serial)
    await fulfilment.pack(
        session,
        consignment_id=parcel.id,
        producer_id=shop.producer_id,
        scanned=" ".join(codes),
        person_id=shop.packer_id,
        now=NOW,
    )
    return order, parcel, codes


async def states_of(session: AsyncSession, codes: list[str]) -> list[SerialState]:
    """The states of labels by their codes."""
    rows = await session.execute(select(Serial.serial, Serial.state).where(Serial.serial.in_(codes)))
    found = {row.serial: row.state for row in rows}
    return [found[code] for code in codes]


async def test_packs_that_stay_are_in_no_parcel(session: AsyncSession) -> None:
    """A scanned pack that is given back before the parcel leaves is told in no event, and its label is with nobody."""
    shop = await make_shop(session)
    order, parcel, codes = await pack_scanned(session, shop)
    recall = await open_recall(session, shop)
    await give_back(session, shop, recall, parcel)
    assert await states_of(session, codes) == [SerialState.ISSUED, SerialState.SOLD]
    await send_rest(session, shop, parcel)
    told = await session.scalar(select(ChronicleItem).where(ChronicleItem.fact == Fact.SHIPPED))
    assert told is not None and [code for _gtin, _lot, code in told.details["units"]] == codes[1:]
    [one] = await recalled.list_affected(session, recall)
    assert one.draft == "waiting_vi", "the recalled box never left, whatever became of the rest"
    assert one.parcel.order.id == order.id


async def test_a_cancelled_parcel_is_out_of_a_later_recall(session: AsyncSession) -> None:
    """What was paid back and never left is no longer the buyer's: its label is free, a later recall leaves them in peace."""
    shop = await make_shop(session)
    _order, parcel, codes = await pack_scanned(session, shop)
    await give_back(session, shop, await open_recall(session, shop), parcel, is_whole=True)
    assert await states_of(session, codes) == [SerialState.ISSUED, SerialState.ISSUED]
    other = await make_paid_order(session, shop.good)
    await send(session, shop, other, until="pack")
    shop.bad_item = shop.good_item
    later = await open_recall(session, shop)
    assert [one.parcel.order.id for one in await recalled.list_affected(session, later)] == [other.id]


async def send_rest(session: AsyncSession, shop: Shop, parcel: Consignment) -> None:
    """Send a packed parcel."""
    await fulfilment.ship(
        session,
        consignment_id=parcel.id,
        producer_id=shop.producer_id,
        carrier="Xe",
        tracking_number=None,
        person_id=shop.packer_id,
        now=LATER,
    )


async def test_a_practice_tells_nobody_and_gives_nothing_back(
    db: Database, house: House, run_jobs: Callable[[], Any]
) -> None:
    """The practice lists the orders; messages and money are refused, nothing is sent, nothing is booked."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad)
        parcel = await parcel_of(session, order)
    await run_jobs()
    before = len(house.sms.sent)
    async with db.transaction() as session:
        practice = await open_recall(session, shop, is_mock=True)
        assert len(await recalled.list_affected(session, practice)) == 1
        with pytest.raises(PracticeRecallError):
            await recalled.send_messages(
                session, recall=practice, drafts=WORDS, person_id=shop.manager_id, now=LATER
            )
        with pytest.raises(PracticeRecallError):
            await give_back(session, shop, practice, parcel)
        assert await owed(session, order) == 0
        assert (await stock.available(session, [shop.bad.id], now=LATER))[shop.bad.id] == 19
    await run_jobs()
    assert len(house.sms.sent) == before


async def test_only_paid_orders_of_the_recall_get_money(session: AsyncSession) -> None:
    """An unpaid order has nothing to give back; a parcel without recalled goods is not of this recall."""
    shop = await make_shop(session)
    unpaid = await make_order(session, shop.bad)
    other = await make_paid_order(session, shop.good)
    recall = await open_recall(session, shop)
    with pytest.raises(WrongStateError):
        await give_back(session, shop, recall, await parcel_of(session, unpaid))
    with pytest.raises(OrderNotFoundError):
        await give_back(session, shop, recall, await parcel_of(session, other))


# ---------------------------------------------------------------- the pages


async def test_the_way_of_a_recall_through_the_shop(
    db: Database, house: House, client: httpx.AsyncClient, new_client: Any, run_jobs: Callable[[], Any]
) -> None:
    """A manager tells every buyer with one press and gives money back with another; the packer and the buyer see why."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        sent = await make_paid_order(session, shop.bad, quantity=2)
        await send(session, shop, sent, until="deliver")
        waiting = await make_paid_order(session, shop.bad, shop.good, phone="+84912000111", language="en")
        await send(session, shop, waiting, until="confirm")
        parcel = await parcel_of(session, waiting)
        recall = await open_recall(session, shop)
        lot = await lots.get_lot(session, shop.bad_item.lot_id)
        await log_in(session, client, shop.manager_id)
        packer = new_client()
        await log_in(session, packer, shop.packer_id)
    address = f"/producer/orders/recalled/{recall.id}"
    assert (await packer.get(address)).status_code == 403
    held = (await packer.get(f"/producer/orders/{parcel.id}")).text
    assert (
        f"Lô {lot.code} đã bị thu hồi" in held and "báo người quản lý" in held and "Đóng gói xong" not in held
    )
    assert "đừng gửi" in (await packer.get("/producer/orders?tab=packing")).text
    picked = (await packer.get("/producer/orders/picking")).text
    assert "chưa lấy hàng" in picked and "Lấy từ kho" not in picked
    assert address in (await client.get(f"/producer/orders/{parcel.id}")).text

    page = (await client.get(address)).text
    assert "0987 654 321" in page and f"lô {lot.code}: 2 ×" in page and "Chưa nhắn khách" in page
    assert "Gửi tin cho 2 khách" in page and "[order]" in page and "[đơn]" in page
    drafts = dict(re.findall(r'<textarea id="f-(\w+)"[^>]*>([^<]*)<', page))
    assert set(drafts) == {"got_vi", "waiting_en"} and "Nghi nhiễm thuốc. Bạn đừng dùng" in drafts["got_vi"]
    long = await client.post(f"{address}/messages", data=drafts | {"got_vi": "x" * 481})
    assert long.status_code == 422
    empty = await client.post(f"{address}/messages", data={"got_vi": drafts["got_vi"]})
    assert empty.status_code == 422 and "Bạn viết lời nhắn" in empty.text
    assert (await client.post(f"{address}/messages", data=drafts)).status_code == 303
    await run_jobs()
    assert sent.code in house.sms.last_to(PHONE) and "http" not in house.sms.last_to(PHONE)
    assert f"your order {waiting.code}" in house.sms.last_to("+84912000111")
    page = (await client.get(address)).text
    assert "Chưa nhắn khách" not in page and "Gửi tin cho" not in page and page.count("Đã nhắn khách") == 2

    assert "700.000" in page and "450.000" not in page and "480.000" in page
    wrong = await client.post(f"{address}/refunds", data={"consignment_id": "x"})
    assert wrong.status_code == 422
    for _press in range(2):
        pressed = await client.post(f"{address}/refunds", data={"consignment_id": str(parcel.id)})
        assert pressed.status_code == 303
    page = (await client.get(address)).text
    assert page.count("Đang chờ chợ chuyển trả") == 1 and "350.000" in page
    packing = (await packer.get(f"/producer/orders/{parcel.id}")).text
    assert "Tiền trả lại khách, đừng gửi" in packing and "Đóng gói xong" in packing
    buyer = new_client()
    seen = (await buyer.get(f"/orders/{orders.make_token(SECRET, waiting.id)}")).text
    assert "bạn đừng dùng" in seen and "350.000" in seen
    await client.post(f"{address}/refunds", data={"consignment_id": str(parcel.id), "is_whole": "1"})
    over = (await buyer.get(f"/orders/{orders.make_token(SECRET, waiting.id)}")).text
    assert "Đã hủy" in over and "130.000" in over and "hàng đã về lại kệ" not in over


@pytest.mark.parametrize("word", ["Nghi nhiễm thuốc trừ sâu ở nương trên.\n", "x" * 500])
async def test_a_draft_is_never_too_long_to_be_sent(
    db: Database, house: House, client: httpx.AsyncClient, run_jobs: Callable[[], Any], word: str
) -> None:
    """However much the manager wrote as the reason, the draft goes out as it stands, with the phone to call."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        await send(session, shop, await make_paid_order(session, shop.bad), until="deliver")
        recall = await open_recall(session, shop, reason=(word * 20)[:500])
        await log_in(session, client, shop.manager_id)
    address = f"/producer/orders/recalled/{recall.id}"
    drafts = dict(re.findall(r'<textarea id="f-(\w+)"[^>]*>([^<]*)<', (await client.get(address)).text))
    assert (await client.post(f"{address}/messages", data=drafts)).status_code == 303
    await run_jobs()
    assert re.search("…. Bạn đừng dùng, giữ nguyên gói và gọi 0", house.sms.last_to(PHONE))


async def test_a_practice_page_hides_phones_and_buttons(db: Database, client: httpx.AsyncClient) -> None:
    """In a practice the list is there, and neither a number to call nor anything to press."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        await make_paid_order(session, shop.bad)
        practice = await open_recall(session, shop, is_mock=True)
        await log_in(session, client, shop.manager_id)
    page = (await client.get(f"/producer/orders/recalled/{practice.id}")).text
    assert "Đây là lần làm thử" in page and "0987 654 321" not in page and "Trần Thị Lan" in page
    assert "<textarea" not in page and "/refunds" not in page and "/messages" not in page
    refused = await client.post(f"/producer/orders/recalled/{practice.id}/messages", data=WORDS)
    assert refused.status_code == 409


async def test_a_held_lot_says_why(db: Database, client: httpx.AsyncClient) -> None:
    """An order whose lot is held (not recalled) says so and shows no packing."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad)
        parcel = await send(session, shop, order, until="confirm")
        lot = await lots.get_lot(session, shop.bad_item.lot_id)
        lot.state = LotState.HELD
        await log_in(session, client, shop.packer_id)
    page = (await client.get(f"/producer/orders/{parcel.id}")).text
    assert f"Lô {lot.code} đang bị giữ lại nên đơn này" in page and "Đóng gói xong" not in page
