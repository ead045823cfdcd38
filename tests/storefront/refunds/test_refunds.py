"""Refunds: opened once, never more than was paid, sent back once, all of it in the books."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.models import StaffRole
from app.core.ids import uuid7
from producers.cooperatives.models import Role
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from storefront.refunds.errors import RefundedError, TooMuchError
from storefront.refunds.models import RefundReason
from storefront.refunds.service import Claim
from tests.factories.orders import BANK
from tests.factories.people import log_in, make_person, make_staff
from tests.factories.producers import make_membership, make_producer
from tests.factories.storefront import NOW


async def make_claim(session, **overrides):
    """A visit of 300.000 đồng that was called off."""
    producer = await make_producer(session)
    given = {
        "payable_kind": PayableKind.BOOKING,
        "payable_id": uuid7(),
        "code": "ABCD2345",
        "producer_id": producer.id,
        "payee_name": "Trần Thị Lan",
        "payee_phone": "+84987654321",
        "reason": RefundReason.CANCELLED,
        "source": f"booking:{uuid7()}",
        "paid_minor": 300_000,
        "goods_minor": 300_000,
    }
    return Claim(**given | overrides)


async def test_a_thing_is_refunded_once(session):
    """Opening it again says None and books nothing; what is owed moves from the producer to the payer."""
    claim = await make_claim(session, goods_minor=270_000, delivery_minor=30_000)
    opened = await refunds.open_refund(session, claim, person_id=None, now=NOW)
    assert opened is not None and opened.amount_minor == 300_000
    assert await refunds.open_refund(session, claim, person_id=None, now=NOW) is None
    owed = accounts.refund_payable(PayableKind.BOOKING, claim.payable_id)
    assert await ledger.balance(session, owed) == -300_000
    assert await ledger.balance(session, accounts.seller_payable(claim.producer_id)) == 270_000
    assert await ledger.balance(session, accounts.delivery_payable(claim.producer_id)) == 30_000
    assert await refunds.list_of(session, PayableKind.BOOKING, [claim.payable_id]) == [opened]
    assert await refunds.list_of(session, PayableKind.ORDER, [claim.payable_id]) == []


async def test_never_more_than_was_paid(session):
    """A second refund of the same visit that would pass what was paid is refused."""
    claim = await make_claim(session, goods_minor=200_000)
    await refunds.open_refund(session, claim, person_id=None, now=NOW)
    more = await make_claim(session, payable_id=claim.payable_id, source="another", goods_minor=100_001)
    with pytest.raises(TooMuchError):
        await refunds.open_refund(session, more, person_id=None, now=NOW)


async def test_money_goes_back_once(session):
    """The accountant's mark pays the debt from the bank, once; open sums stand first at the desk."""
    first = await refunds.open_refund(session, await make_claim(session), person_id=None, now=NOW)
    later = await refunds.open_refund(
        session, await make_claim(session), person_id=None, now=NOW + timedelta(hours=1)
    )
    assert first is not None and later is not None
    person = await make_person(session)
    mark = {"bank_account": BANK, "reference": "FT1", "person_id": person.id, "now": NOW}
    paid = await refunds.record_paid(session, refund_id=first.id, **mark)
    assert (paid.reference, paid.paid_at, paid.paid_by_id) == ("FT1", NOW, person.id)
    for refund_id in (first.id, uuid7()):
        with pytest.raises(RefundedError):
            await refunds.record_paid(session, refund_id=refund_id, **mark)
    assert await ledger.balance(session, accounts.refund_payable(PayableKind.BOOKING, first.payable_id)) == 0
    assert await ledger.balance(session, BANK) == -300_000
    assert [one.id for one in await refunds.list_refunds(session)] == [later.id, first.id]


async def test_the_desk_is_the_accountants(db, client):
    """Staff alone see what is owed and why, with the phone half hidden; no reference, no mark; then it is said when."""
    async with db.transaction() as session:
        claim = await make_claim(session)
        refund = await refunds.open_refund(session, claim, person_id=None, now=NOW)
        membership = await make_membership(session, role=Role.ACCOUNTANT)
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, membership.person_id)
    assert (await client.get("/admin/refunds")).status_code == 403
    assert (await client.post(f"/admin/refunds/{refund.id}", data={"reference": "F"})).status_code == 403
    async with db.transaction() as session:
        await log_in(session, client, staff.person_id)
    page = (await client.get("/admin/refunds")).text
    assert "Chuyến ABCD2345" in page and "Hàng, chuyến thăm hoặc chỗ ngủ" in page and "300.000" in page
    assert "0987654321" not in page.replace(" ", "")
    empty = await client.post(f"/admin/refunds/{refund.id}", data={"reference": " "})
    assert empty.status_code == 422 and "Chỗ này chưa điền" in empty.text
    assert (
        await client.post(f"/admin/refunds/{refund.id}", data={"reference": "FT26330"})
    ).status_code == 303
    assert "FT26330" in (await client.get("/admin/refunds")).text
    again = await client.post(f"/admin/refunds/{refund.id}", data={"reference": "FT2"})
    assert again.status_code == 409 and "không còn tiền" in again.text


async def test_an_empty_desk_says_so(db, client):
    """When nothing is owed the page says it."""
    async with db.transaction() as session:
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, staff.person_id)
    assert "Không còn khoản nào" in (await client.get("/admin/refunds")).text
