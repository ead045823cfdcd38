"""The books' page: for staff, in words, summing to zero."""

from app.core.ids import uuid7
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.owners import name_owners
from tests.factories import people
from tests.factories.producers import make_producer


async def test_the_accountant_sees_the_trial_balance(db, house, client):
    """Accounts have names in words, the sum is zero, and each account leads to its own journals."""
    now = house.clock.now()
    bank = accounts.bank("970436", "0123456789")
    async with db.transaction() as session:
        staff = await people.make_staff(session)
        await people.log_in(session, client, staff.person_id)
        await ledger.record(
            session,
            kind="receipt",
            source="1",
            memo="tien che",
            entries=[(bank, 350_000), (accounts.suspense_unmatched(), -350_000)],
            occurred_at=now,
            now=now,
        )
    page = (await client.get("/admin/ledger")).text
    assert "Tiền trong tài khoản ngân hàng" in page and "Tiền đến chưa rõ của ai" in page
    assert "Sổ cân" in page and "tien che" in page
    own = (await client.get("/admin/ledger", params={"account": bank})).text
    assert "970436 · 0123456789" in own and "350.000" in own


async def test_accounts_say_whose_they_are(session):
    """Producers and households by name, our bank by its number; an order's account, or one that nobody has, says nothing."""
    producer = await make_producer(session, name="HTX Chè Đồi Mây")
    person = await people.make_person(session, name="Bàn Thị Hoa")
    bank, nobody = accounts.bank("970436", "0123456789"), accounts.seller_payable(uuid7())
    order = accounts.buyer_receivable("order", uuid7())
    names = {
        accounts.seller_payable(producer.id): "HTX Chè Đồi Mây",
        accounts.member_payable(producer.id, person.id): "HTX Chè Đồi Mây · Bàn Thị Hoa",
        accounts.store_credit(person.id): "Bàn Thị Hoa",
        bank: "970436 · 0123456789",
        accounts.gateway_clearing("stripe"): "stripe",
        accounts.platform_fee(): "",
        "store_credit": "",
        order: "",
        nobody: "",
    }
    assert await name_owners(session, names) == names


async def test_the_books_are_closed_to_visitors(db, client):
    """Logged out goes to the log-in page, logged in without an office is refused."""
    assert (await client.get("/admin/ledger")).status_code == 303
    async with db.transaction() as session:
        person = await people.make_person(session)
        await people.log_in(session, client, person.id)
    assert (await client.get("/admin/ledger")).status_code == 403
