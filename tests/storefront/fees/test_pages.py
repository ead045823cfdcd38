"""The staff's page of fees, and a whole order with a fee that goes back."""

from __future__ import annotations

import pytest

from app.accounts.models import StaffRole
from app.core.ids import uuid7
from storefront.fees import service
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from storefront.refunds.models import RefundReason
from storefront.refunds.service import Claim
from tests.factories.people import log_in, make_staff
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW

FEE = {"kind": "market", "percent": "2,5", "valid_from": "2026-11-12"}


@pytest.fixture
async def clerk(db, client):
    """The accountant of the staff, and a producer who sells."""
    async with db.transaction() as session:
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, staff.person_id)
        return await make_producer(session)


async def test_a_fee_is_set_and_stands_in_the_list(client, clerk):
    """An empty list says so; percent with a comma and bounds in short spelling are understood, tomorrow's is coming."""
    assert "Chưa nhà vườn nào phải trả phí" in (await client.get("/admin/fees")).text
    producer = {"producer_id": str(clerk.id)}
    saved = await client.post("/admin/fees", data=FEE | producer | {"least_minor": "2k", "most_minor": "50k"})
    assert saved.status_code == 303
    for change in (
        {"kind": "payment", "percent": "1%", "least_minor": "1k"},
        {"kind": "payment", "percent": "0", "valid_from": "2026-11-20"},
        {"percent": "3", "valid_from": "2026-11-21"},
    ):
        assert (await client.post("/admin/fees", data=FEE | producer | change)).status_code == 303
    page = (await client.get(saved.headers["location"])).text
    for said in (
        "Đã lưu", clerk.name, "2,5 % tiền hàng, ít nhất 2.000", "nhiều nhất 50.000", "1 % tiền hàng, ít nhất 1.000",
        "Sắp tới", "Thôi lấy", "3 % tiền hàng",
    ):  # fmt: skip
        assert said in page, said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"percent": "hai"}, "Bạn gõ phần trăm"),
        ({"percent": "101"}, "Bạn gõ phần trăm"),
        ({"valid_from": "2026-11-11"}, "từ hôm nay trở đi"),
        ({"least_minor": "5k", "most_minor": "4k"}, "Mức nhiều nhất phải"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field(client, clerk, change, said):
    """Percent that are none, a day that is over, bounds the wrong way round: nothing is kept."""
    answer = await client.post("/admin/fees", data=FEE | {"producer_id": str(clerk.id)} | change)
    assert answer.status_code == 422 and said in answer.text
    assert "Chưa nhà vườn nào phải trả phí" in (await client.get("/admin/fees")).text


async def test_a_stranger_producer_is_refused(client, clerk):
    """An id of nobody is not found."""
    answer = await client.post("/admin/fees", data=FEE | {"producer_id": str(uuid7())})
    assert answer.status_code == 404


async def test_a_refund_takes_its_fee_along(db, clerk):
    """The desk of refunds gives the fee back with the goods, so that a sale that was undone costs the producer nothing."""
    async with db.transaction() as session:
        staff = await make_staff(session)
        await service.set_fee(
            session,
            producer_id=clerk.id,
            kind=service.FeeKind.MARKET,
            terms=service.Terms(basis_points=500),
            valid_from=NOW.date(),
            person_id=staff.person_id,
            now=NOW,
        )
        booking = uuid7()
        goods = {clerk.id: 300_000}
        await service.take_fees(session, sale=f"booking:{booking}", memo="ABCD2345", goods=goods, now=NOW)
        claim = Claim(
            payable_kind=PayableKind.BOOKING,
            payable_id=booking,
            code="ABCD2345",
            producer_id=clerk.id,
            payee_name="Trần Thị Lan",
            payee_phone="+84987654321",
            reason=RefundReason.CANCELLED,
            source=f"booking:{booking}",
            paid_minor=300_000,
            goods_minor=300_000,
        )
        await refunds.open_refund(session, claim, person_id=None, now=NOW)
        assert await ledger.balance(session, accounts.platform_fee()) == 0
