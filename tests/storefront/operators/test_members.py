"""Who works for an operator, how much it may owe, and money that says itself whose it is."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.models import StaffRole
from app.core.clock import today
from app.core.ids import uuid7
from storefront.closing import service as closing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.operators import members, service
from storefront.operators.errors import AtWorkError, CreditLimitError, OperatorNotFoundError
from storefront.payments import transfers
from storefront.payments.models import Receipt
from storefront.payments.ports import BankTransfer
from storefront.payments.service import CollectingAccount
from tests.books import list_breaches
from tests.factories.people import log_in, make_person, make_staff, new_phone
from tests.factories.producers import make_producer
from tests.house import NOW


async def make_operator(session, name="Sông Cầu"):
    return await service.get_or_create_operator(session, name=name, discount_basis_points=1_000, now=NOW)


async def test_a_number_is_linked_and_unlinked(session):
    """A number works for one operator at a time; linked twice or unlinked twice it is once (BOOKS.md, BX6)."""
    first, second = await make_operator(session), await make_operator(session, "Núi Xanh")
    phone = new_phone()
    link = {"phone": phone, "name": "Chị Lan", "now": NOW}
    person = await members.link(session, operator_id=first.id, **link)
    assert first.payment_code is not None
    assert await members.link(session, operator_id=first.id, **link | {"name": "Ai khác"}) is person
    assert person.name == "Chị Lan"
    clerk = await members.find_clerk(session, person)
    assert clerk is not None and clerk.operator is first
    with pytest.raises(AtWorkError):
        await members.link(session, operator_id=second.id, **link)
    with pytest.raises(OperatorNotFoundError):
        await members.link(session, operator_id=uuid7(), **link)
    assert await members.list_people(session, first.id) == [person]
    for _time in range(2):
        await members.unlink(session, operator_id=first.id, person_id=person.id, now=NOW)
        assert await members.find_clerk(session, person) is None
    await members.link(session, operator_id=second.id, **link)
    assert await members.list_people(session, second.id) == [person]
    assert await members.list_people(session, first.id) == []


async def test_a_sale_above_the_limit_is_refused(session):
    """A sale that would let an operator owe more than it may is refused; up to the limit, and without one, it is sold (BOOKS.md, BX6)."""
    operator, producer = await make_operator(session), await make_producer(session)

    async def sell(amount):
        return await service.sell(
            session,
            operator_id=operator.id,
            producer_id=producer.id,
            booking_id=uuid7(),
            code="ABC2345",
            amount_minor=amount,
            now=NOW,
        )

    assert await sell(900_000)
    await service.set_limit(session, operator_id=operator.id, limit_minor=1_000_000)
    with pytest.raises(CreditLimitError) as refused:
        async with session.begin_nested():
            await sell(100_001)
    assert "900.000" in str(refused.value.message) and "1.000.000" in str(refused.value.message)
    assert await sell(100_000)
    assert (await service.get_account(session, operator)).owed_minor == 1_000_000
    await service.set_limit(session, operator_id=operator.id, limit_minor=None)
    assert await sell(5_000_000)
    with pytest.raises(OperatorNotFoundError):
        await service.set_limit(session, operator_id=uuid7(), limit_minor=1)


class TestTransfers:
    """Money of which the memo says whose it is."""

    @pytest.fixture
    def arrive(self, db, house):
        """Let a transfer come in."""
        collecting = house.port(CollectingAccount)

        async def arrive(memo, amount=300_000, external_id=None, account=None):
            transfer = BankTransfer(
                external_id=external_id or str(uuid7()),
                account=account or collecting.account,
                bank_bin="970436",
                amount_minor=amount,
                memo=memo,
                code="",
                reference="",
                is_incoming=True,
                arrived_at=NOW,
                payload={},
            )
            async with db.transaction() as session:
                return await transfers.receive_transfer(
                    session, transfer, provider="sepay", collecting=collecting, now=NOW
                )

        return arrive

    async def test_a_transfer_with_the_code_is_credited_once(self, db, arrive):
        """A memo with an operator's code lowers what it owes, by what came, told twice or not; on another account, with two codes or none, it waits (BOOKS.md, BX7; FLOWS.md, P36)."""
        async with db.transaction() as session:
            first, second = await make_operator(session), await make_operator(session, "Núi Xanh")
            code, other = await service.give_code(session, first), await service.give_code(session, second)
            assert await service.give_code(session, first) == code
        external_id = str(uuid7())
        assert await arrive(f"thanh toan {code.lower()} thang 11", external_id=external_id) is not None
        assert await arrive(f"thanh toan {code.lower()} thang 11", external_id=external_id) is None
        for memo, account in ((f"{code} {other}", None), ("tien tour", None), (code, "999")):
            await arrive(memo, 70_000, account=account)
        async with db.transaction() as session:
            owed = {one.operator.name: one.owed_minor for one in await service.list_accounts(session)}
            assert owed == {"Sông Cầu": -300_000, "Núi Xanh": 0}
            assert await ledger.balance(session, accounts.suspense_unmatched()) == -210_000
            resolved = select(Receipt.resolution, Receipt.resolved_by_id).where(
                Receipt.resolution.is_not(None)
            )
            assert [tuple(row) for row in await session.execute(resolved)] == [("on_account", None)]
            found = await closing.look_through(session, Period.of_day(today(NOW)))
            assert [one for one in found.checks if one.findings] == []
            assert await list_breaches(session, now=NOW) == []


async def test_the_office_keeps_operators(client, db):
    """The office writes an operator down, links who works for it, and sets how much it may owe (BOOKS.md, BX6)."""
    async with db.transaction() as session:
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, staff.person_id)
        taken = await make_person(session)
        elsewhere = await make_operator(session, "Núi Xanh")
        await members.link(session, operator_id=elsewhere.id, phone=taken.phone, name="x", now=NOW)
    assert (
        await client.post("/admin/operators/new", data={"name": "", "discount_percent": "100"})
    ).status_code == 422
    made = await client.post(
        "/admin/operators/new",
        data={"name": "Du lịch Ba Bể", "phone": "0912 345 678", "discount_percent": "12.5"},
    )
    page = made.headers["location"]
    seen = (await client.get(page)).text
    assert "Du lịch Ba Bể" in seen and "12,5 %" in seen and "không hạn chế" in seen
    assert "Du lịch Ba Bể" in (await client.get("/admin/operators")).text
    person = {"name": "Chị Lan", "phone": "0987 654 321"}
    assert (await client.post(page, data=person | {"phone": "12"})).status_code == 422
    refused = await client.post(page, data=person | {"phone": taken.phone})
    assert refused.status_code == 409 and "công ty khác" in refused.text
    assert (await client.post(page, data=person)).status_code == 303
    assert (await client.post(f"{page}/limit", data={"limit_minor": "-3"})).status_code == 422
    assert (await client.post(f"{page}/limit", data={"limit_minor": "5tr"})).status_code == 303
    seen = (await client.get(page)).text
    assert "Chị Lan" in seen and "0987 654 321" in seen and "5.000.000" in seen
    assert (await client.get(f"/admin/operators/{uuid7()}")).status_code == 404
    async with db.transaction() as session:
        operator_id = page.rpartition("/")[2]
        [found] = await members.list_people(session, operator_id)
    assert (await client.post(f"{page}/people/{found.id}/end")).status_code == 303
    assert "Chị Lan" not in (await client.get(page)).text
