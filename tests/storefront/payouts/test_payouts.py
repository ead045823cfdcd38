"""Payouts: what is owed goes out once, settles by the bank's word, and is owed again when it comes back."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from sqlalchemy import select

from app.accounts.models import StaffRole
from app.core.ids import uuid7
from app.notices.models import Notice
from producers.cooperatives.models import Producer, Role
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments import vietqr
from storefront.payouts import bankfile
from storefront.payouts import service as payouts
from storefront.payouts.errors import NothingOwedError, PayoutMovedError, PayoutNotFoundError
from storefront.payouts.models import PayoutState
from storefront.payouts.service import Hindrance
from tests.factories.orders import BANK
from tests.factories.payouts import MINIMUM, make_payee, make_payout, owe, owed_to
from tests.factories.people import log_in, make_person, make_staff
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW


async def open_batch(session):
    """The batch of everybody who can be paid, with its payouts."""
    person = await make_person(session)
    batch = await payouts.open_batch(session, minimum_minor=MINIMUM, person_id=person.id, now=NOW)
    return batch, await payouts.list_payouts(session, batch.id)


async def settle(session, payout, **overrides):
    """The bank carried it out."""
    person = await make_person(session)
    given = {"bank_account": BANK, "reference": "FT26330", "person_id": person.id, "now": NOW}
    named = {"batch_id": payout.batch_id, "payout_id": payout.id}
    return await payouts.settle_payout(session, **named | given | overrides)


async def take_back(session, payout, **overrides):
    """The bank gave it back."""
    person = await make_person(session)
    given = {"reason": "Sai tên", "person_id": person.id, "now": NOW}
    named = {"batch_id": payout.batch_id, "payout_id": payout.id}
    return await payouts.return_payout(session, **named | given | overrides)


async def test_a_batch_takes_what_is_owed(session):
    """BO1: goods and delivery of each producer go out in one payout, both payables are zero, the sum is in transit."""
    tea, fish = await make_payee(session), await make_payee(session)
    await owe(session, tea.id, 300_000, 40_000)
    await owe(session, tea.id, 100_000)
    await owe(session, fish.id, 900_000)
    _batch, made = await open_batch(session)
    assert {one.producer_id: one.amount_minor for one in made} == {tea.id: 440_000, fish.id: 900_000}
    assert await owed_to(session, tea.id) == await owed_to(session, fish.id) == 0
    assert await ledger.balance(session, accounts.payout_in_transit(tea.id)) == -440_000
    with pytest.raises(NothingOwedError):
        await open_batch(session)


async def test_debts_are_netted_first_and_carried_over(session):
    """BO2: what a producer owes is taken off; who owes more than is owed is paid nothing, until later sales make it good."""
    netted, owing = await make_payee(session), await make_payee(session)
    await owe(session, netted.id, -30_000, 200_000)
    await owe(session, owing.id, -70_000)
    _batch, [payout] = await open_batch(session)
    assert (payout.producer_id, payout.amount_minor) == (netted.id, 170_000)
    assert (payout.goods_minor, payout.delivery_minor) == (-30_000, 200_000)
    assert await ledger.balance(session, accounts.seller_payable(netted.id)) == 0
    assert await ledger.balance(session, accounts.delivery_payable(netted.id)) == 0
    await owe(session, owing.id, 300_000)
    _batch, [payout] = await open_batch(session)
    assert (payout.producer_id, payout.amount_minor) == (owing.id, 230_000)


@pytest.mark.parametrize(
    ("overrides", "goods", "reason"),
    [
        ({}, MINIMUM - 1, Hindrance.TOO_LITTLE),
        ({"verified_at": None}, 500_000, Hindrance.UNVERIFIED),
        ({"is_practice": True}, 500_000, Hindrance.PRACTICE),
        ({"payout_account": None}, 500_000, Hindrance.NO_ACCOUNT),
        ({"payout_account": "11 33.66"}, 500_000, Hindrance.WRONG_ACCOUNT),
        ({}, -1, Hindrance.OWES_US),
    ],
)
async def test_some_are_not_paid(session, overrides, goods, reason):
    """BO3: too little, not verified, practice, no account or a wrong one, or owing us: no payout, and the desk says why."""
    producer = await make_payee(session, **overrides)
    await owe(session, producer.id, goods)
    [one] = await payouts.list_owed(session, minimum_minor=MINIMUM, now=NOW)
    assert (one.hindrance, one.amount_minor) == (reason, goods)
    with pytest.raises(NothingOwedError):
        await open_batch(session)
    assert await owed_to(session, producer.id) == goods


async def test_the_least_amount_is_paid(session):
    """BO3: exactly the minimum goes out; who is owed nothing is not listed."""
    producer = await make_payee(session)
    await owe(session, producer.id, MINIMUM)
    _batch, [payout] = await open_batch(session)
    assert payout.amount_minor == MINIMUM
    assert await payouts.list_owed(session, minimum_minor=MINIMUM, now=NOW) == []


async def test_it_settles_once_by_the_banks_word(session):
    """BO4: settled, the transit is zero and the bank paid; the producer's managers are told; a second mark is refused."""
    producer = await make_payee(session)
    await make_membership(session, producer_id=producer.id, role=Role.MANAGER)
    payout = await make_payout(session, producer)
    settled = await settle(session, payout)
    assert (settled.state, settled.reference, settled.settled_at) == (PayoutState.SETTLED, "FT26330", NOW)
    assert await ledger.balance(session, accounts.payout_in_transit(producer.id)) == 0
    assert await ledger.balance(session, BANK) == -500_000
    with pytest.raises(PayoutMovedError):
        await settle(session, payout)
    notice = (await session.scalars(select(Notice))).one()
    assert notice.href == "/producer/money" and payout.code in notice.params.values()
    assert await payouts.get_payouts(session, [payout.id, uuid7()]) == {payout.id: payout}


@pytest.mark.parametrize("was_settled", [False, True])
async def test_what_comes_back_is_owed_again(session, was_settled):
    """BO5: a payout that the bank returns, before or after it was settled, is owed again from where it stood, once."""
    producer = await make_payee(session)
    await owe(session, producer.id, -20_000, 60_000)
    payout = await make_payout(session, producer)
    assert payout.amount_minor == 540_000
    if was_settled:
        await settle(session, payout)
    returned = await take_back(session, payout)
    assert (returned.state, returned.return_reason) == (PayoutState.RETURNED, "Sai tên")
    assert await ledger.balance(session, accounts.seller_payable(producer.id)) == -480_000
    assert await ledger.balance(session, accounts.delivery_payable(producer.id)) == -60_000
    assert await ledger.balance(session, accounts.payout_in_transit(producer.id)) == 0
    assert await ledger.balance(session, BANK) == 0
    for again in (take_back, settle):
        with pytest.raises(PayoutMovedError):
            await again(session, payout)
    _batch, [fresh] = await open_batch(session)
    assert (fresh.amount_minor, fresh.code != payout.code) == (540_000, True)


async def test_a_payout_is_found_in_its_own_batch_alone(session):
    """An unknown batch, and a payout of another batch, do not exist."""
    payout = await make_payout(session)
    with pytest.raises(PayoutNotFoundError):
        await settle(session, payout, batch_id=uuid7())
    with pytest.raises(PayoutNotFoundError):
        await take_back(session, payout, payout_id=uuid7())
    with pytest.raises(PayoutNotFoundError):
        await payouts.get_batch(session, uuid7())


async def test_the_account_is_that_of_the_batch(session):
    """A producer who changes their account later does not change a payout that is on its way."""
    producer = await make_payee(session)
    payout = await make_payout(session, producer)
    producer.payout_account = "999"
    await session.flush()
    code = vietqr.parse(payouts.spell_transfer(payout))
    assert (code.bank_bin, code.account, code.amount) == ("970415", "113366668888", 500_000)
    assert code.purpose == payout.code and code.is_dynamic


async def test_the_bank_file_lists_what_is_in_transit(session):
    """The file has one plain line for each transfer that is still to be made; no cell is a formula, no mark is left."""
    made = await make_payout(
        session,
        await make_payee(session, payout_account_name="=HTX Chè, Đồi Mây", payout_account="0011223344"),
    )
    done = await settle(session, await make_payout(session))
    rows = list(csv.DictReader(StringIO(bankfile.make_csv([made, done]))))
    assert rows == [
        {
            "name": "HTX CHE DOI MAY",
            "bank_bin": "970415",
            "bank": "VietinBank",
            "account": "0011223344",
            "amount": "500000",
            "memo": made.code,
        }
    ]


async def test_the_newest_batch_stands_first(session):
    """The list counts and sums each batch by state."""
    first = await make_payout(session)
    second = await settle(session, await make_payout(session, goods=200_000))
    [newest, older] = await payouts.list_batches(session)
    assert (newest.batch.id, newest.counts) == (second.batch_id, {PayoutState.SETTLED: 1})
    assert (older.batch.id, older.sums) == (first.batch_id, {PayoutState.IN_TRANSIT: 500_000})


async def test_the_accountant_pays_out(db, house, client):
    """From the desk to the bank's reference: who is owed, the batch with a code to scan, the file, settled, returned."""
    async with db.transaction() as session:
        ready = await make_payee(session, name="HTX Đồi Mây")
        poor = await make_payee(session, name="Nhà bà Lả")
        await owe(session, ready.id, 700_000)
        await owe(session, poor.id, 10_000)
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, staff.person_id)
    desk = (await client.get("/admin/payouts")).text
    assert "HTX Đồi Mây" in desk and "700.000" in desk and "Còn ít" in desk and "50.000" in desk
    opened = await client.post("/admin/payouts")
    assert opened.status_code == 303
    here = opened.headers["location"]
    page = (await client.get(here)).text
    assert "<svg" in page and "113366668888" in page and "Nhà bà Lả" not in page
    file = await client.get(f"{here}/file.csv")
    assert file.headers["content-type"].startswith("text/csv") and "700000" in file.text
    async with db.transaction() as session:
        [made] = await payouts.list_batches(session)
        [payout] = await payouts.list_payouts(session, made.batch.id)
    mine = f"{here}/{payout.id}"
    empty = await client.post(f"{mine}/settled", data={"reference": " "})
    assert empty.status_code == 422 and "Chỗ này chưa điền" in empty.text
    assert (await client.post(f"{mine}/settled", data={"reference": "FT26330"})).status_code == 303
    page = (await client.get(here)).text
    assert "FT26330" in page and "không còn khoản nào đang chuyển" in page
    again = await client.post(f"{mine}/settled", data={"reference": "FT2"})
    assert again.status_code == 409 and "đã có người ghi" in again.text
    no_reason = await client.post(f"{mine}/returned", data={})
    assert no_reason.status_code == 422 and "<details open>" in no_reason.text
    assert (await client.post(f"{mine}/returned", data={"reason": "Tài khoản đã đóng"})).status_code == 303
    assert "Tài khoản đã đóng" in (await client.get(here)).text
    desk = (await client.get("/admin/payouts")).text
    assert "1 khoản bị trả về" in desk and "700.000" in desk
    house.clock.advance(hours=1)
    assert (await client.post("/admin/payouts")).status_code == 303
    assert "1 khoản đang chuyển" in (await client.get("/admin/payouts")).text


async def test_an_empty_desk_says_so(db, client):
    """When nobody is owed anything the page says it, and no batch is opened."""
    async with db.transaction() as session:
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, staff.person_id)
    assert "chưa có khoản nào trả được" in (await client.get("/admin/payouts")).text
    refused = await client.post("/admin/payouts")
    assert refused.status_code == 409 and "chưa có khoản nào trả được" in refused.text


async def test_staff_verify_a_producer_at_the_desk(db, client):
    """Who is owed and was never looked at is verified in words, once; after that they can be paid."""
    async with db.transaction() as session:
        producer = await make_payee(session, verified_at=None)
        await owe(session, producer.id, 500_000)
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, staff.person_id)
    assert "Chưa xác minh" in (await client.get("/admin/payouts")).text
    door = f"/admin/payouts/producers/{producer.id}/verified"
    empty = await client.post(door, data={"method": " "})
    assert empty.status_code == 422 and "<details open>" in empty.text and "Chỗ này chưa điền" in empty.text
    for method in ("Xem giấy đăng ký tại nhà", "Lần hai"):
        assert (await client.post(door, data={"method": method})).status_code == 303
    async with db.transaction() as session:
        seen = await session.get_one(Producer, producer.id)
        assert (seen.verification_method, seen.verified_by_id) == (
            "Xem giấy đăng ký tại nhà",
            staff.person_id,
        )
    assert "Lập đợt trả tiền" in (await client.get("/admin/payouts")).text
    async with db.transaction() as session:
        practice = await make_payee(session, is_practice=True)
    refused = await client.post(f"/admin/payouts/producers/{practice.id}/verified", data={"method": "x"})
    assert refused.status_code == 409
