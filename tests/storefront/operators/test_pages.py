"""The accountant's page of tour operators: what they owe, and what they paid."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import select

from app.accounts.models import StaffRole
from app.core.db import Database
from app.core.errors import ConflictError
from app.core.ids import uuid7
from app.web.house import House
from storefront.closing import service as closing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.operators import service
from storefront.operators.errors import OperatorNotFoundError
from storefront.payments import receipts
from storefront.payments.models import Receipt
from tests.books import list_breaches
from tests.factories.octo import CONTACT, make_key, reservation
from tests.factories.orders import BANK
from tests.factories.people import log_in, make_person, make_staff
from tests.factories.visits import make_visit
from tests.house import NOW


async def arrive(db: Database, amount: int = 270_000) -> Receipt:
    """Money of nobody known."""
    async with db.transaction() as session:
        arrival = receipts.Arrival(
            provider="sepay",
            external_id=str(uuid7()),
            account=BANK,
            amount_minor=amount,
            memo="SONG CAU THANH TOAN T11",
            payment_id=None,
            arrived_at=NOW,
        )
        receipt = await receipts.record_arrival(session, arrival, now=NOW)
        assert receipt is not None
        return receipt


async def owed(db: Database) -> list[int]:
    async with db.transaction() as session:
        return [one.owed_minor for one in await service.list_accounts(session)]


async def test_what_an_operator_pays_is_written_down_once(
    client: httpx.AsyncClient, db: Database, house: House, new_client: Callable[[], httpx.AsyncClient]
) -> None:
    """The accountant sees what is owed, says whose a transfer is, and so much less is owed; the close fits (BOOKS.md, BX5)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
    key = await make_key(db, phone="+84987654321")
    held = (await client.post("/octo/bookings", json=reservation(visit), headers=key)).json()
    await client.post(f"/octo/bookings/{held['uuid']}/confirm", json={"contact": CONTACT}, headers=key)
    assert await owed(db) == [270_000]
    async with new_client() as office:
        async with db.transaction() as session:
            await log_in(session, office, staff.person_id)
        page = (await office.get("/admin/operators")).text
        assert "Du lịch Sông Cầu" in page and "270.000" in page and "10 %" in page and "0987 654 321" in page
        assert "Ghi tiền một công ty đã trả" not in page  # nothing has arrived
        receipt = await arrive(db)
        assert "SONG CAU THANH TOAN T11" in (await office.get("/admin/operators")).text
        async with db.transaction() as session:
            [account] = await service.list_accounts(session)
        form = {"receipt_id": str(receipt.id), "operator_id": str(account.operator.id)}
        for wrong, status in (({"receipt_id": "x"}, 422), ({"operator_id": str(uuid7())}, 404)):
            refused = await office.post("/admin/operators", data=form | wrong)
            assert refused.status_code == status
        done = await office.post("/admin/operators", data=form)
        assert (done.status_code, done.headers["location"]) == (303, "/admin/operators?saved=1")
        assert "Số còn phải trả đã bớt đi" in (await office.get("/admin/operators?saved=1")).text
        assert (await office.post("/admin/operators", data=form)).status_code == 409
    assert await owed(db) == [0]
    async with db.transaction() as session:
        assert await ledger.balance(session, accounts.suspense_unmatched()) == 0
        found = await closing.look_through(session, Period.of_day(NOW.date()))
        assert [one for one in found.checks if one.findings] == []
        assert await list_breaches(session, now=NOW) == []


async def test_who_may_not(client: httpx.AsyncClient, db: Database) -> None:
    """Nobody but the office sees the page; an operator that there is not owes nothing."""
    assert (await client.get("/admin/operators")).status_code == 303
    receipt = await arrive(db)
    async with db.transaction() as session:
        with pytest.raises(OperatorNotFoundError):
            await service.record_paid(
                session, operator_id=uuid7(), receipt_id=receipt.id, person_id=uuid7(), now=NOW
            )
        assert (await session.scalar(select(Receipt.resolution))) is None


async def test_a_sum_that_waits_no_more(db: Database, session) -> None:
    """A sum that somebody has dealt with is nobody's to give to an operator."""
    receipt = await arrive(db)
    async with db.transaction() as own:
        person = await make_person(own)
        operator = await service.get_or_create_operator(own, name="Sông Cầu", now=NOW)
        await receipts.return_receipt(
            own, receipt_id=receipt.id, reference="FT1", person_id=person.id, now=NOW
        )
    with pytest.raises(ConflictError):
        await service.record_paid(
            session, operator_id=operator.id, receipt_id=receipt.id, person_id=person.id, now=NOW
        )
