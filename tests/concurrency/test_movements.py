"""One movement told of by many at the same moment: real connections, and a negative control that shows the race."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.core import ids
from app.core.events import Handlers
from storefront.ledger import service as ledger
from storefront.payments import movements, receipts, statements
from storefront.payments.service import CollectingAccount
from tests.factories import people
from tests.fakes import messengers

SUMS = [10_000 + number for number in range(8)]
BANK = "bank:970436:0123456789"
SEPAY, CASSO = messengers.ALL[:2]


@pytest.fixture(autouse=True)
def deaf(house):
    """Nobody listens to payments here."""
    before, house.database.handlers = house.database.handlers, Handlers()
    yield
    house.database.handlers = before


@pytest.fixture
def tell(house, new_client):
    """Lets a messenger tell of a transfer that the bank calls FT and its sum."""

    async def report(messenger, amount):
        body = messengers.change(
            messenger.make("tien che", amount),
            {"reference": f"FT0000{amount}", "referenceCode": f"FT0000{amount}"},
        )
        async with new_client() as visitor:
            answer = await messengers.send(visitor, messenger, body, now=house.clock.now())
        assert answer.status_code == 200

    return report


async def in_bank(db):
    async with db.transaction() as session:
        return await ledger.balance(session, BANK)


async def test_two_messengers_at_once_are_one_receipt(db, tell):
    """P22: SePay and Casso tell of eight transfers, all sixteen reports at the same moment: each is booked once."""
    await asyncio.gather(*(tell(messenger, amount) for amount in SUMS for messenger in (SEPAY, CASSO)))
    assert await in_bank(db) == sum(SUMS)


@pytest.mark.parametrize(
    ("one", "other", "waits"),
    [
        (("CP A", "FT1"), ("CP A", "FT2"), True),
        (("CP A", "FT1"), ("CP B", "FT1"), True),
        (("CP A", "FT1"), ("tien che", "FT2"), True),
        (("tien che", "FT2"), ("CP A", "FT1"), True),
        (("tien che", ""), ("tien ca", ""), True),
        (("CP A", "FT1"), ("CP B", "FT2"), False),
        (("CP A", ""), ("CP B", ""), False),
    ],
    ids=["code", "reference", "codeless-second", "codeless-first", "codeless", "others", "unreferenced"],
)
async def test_only_what_may_be_the_same_waits(db, house, one, other, waits):
    """P22: a report waits for another of its sum if both may be one movement, and for nobody else's."""
    codes = {name: ids.new_payment_code() for name in "AB"}

    def told(facts):
        memo, reference = facts
        if memo.startswith("CP "):
            memo = f"tien che {codes[memo[-1]]}"
        return movements.Told(
            account=BANK,
            amount_minor=5_000,
            reference=reference,
            memo=memo,
            happened_at=house.clock.now(),
            provider="sepay",
            external_id="1",
        )

    async with db.transaction() as first:
        await movements.hold(first, told(one))
        async with db.transaction() as second:
            await second.execute(text("SET LOCAL lock_timeout = '100ms'"))
            if waits:
                with pytest.raises(OperationalError):
                    await movements.hold(second, told(other))
                await second.rollback()
            else:
                await movements.hold(second, told(other))


async def test_a_statement_and_its_reports_at_once_are_one_receipt(db, house, tell):
    """P22: the accountant hands in the statement, twice, while eight reports of the same transfers come in."""
    lines = "".join(f"12/11/2026 09:03,FT0000{amount},,{amount},x\n" for amount in SUMS)
    raw = ("Ngày,Số tham chiếu,Ghi nợ,Ghi có,Nội dung\n" + lines).encode()
    async with db.transaction() as session:
        person_id = (await people.make_staff(session)).person_id

    async def hand_in():
        async with db.transaction() as session:
            await statements.import_statement(
                session,
                raw=raw,
                file_name="sao-ke.csv",
                collecting=house.port(CollectingAccount),
                person_id=person_id,
                now=house.clock.now(),
            )

    await asyncio.gather(hand_in(), *(tell(SEPAY, amount) for amount in SUMS), hand_in())
    assert await in_bank(db) == sum(SUMS)


async def test_without_the_hold_a_movement_would_double(db, house):
    """Negative control: who looks for the movement without holding the sum, and books afterwards, books it twice."""
    looked = asyncio.Barrier(2)
    now = house.clock.now()

    async def take_in(provider):
        told = movements.Told(
            account=BANK,
            amount_minor=5_000,
            reference="FT00005000",
            memo="",
            happened_at=now,
            provider=provider,
            external_id="1",
        )
        async with db.transaction() as session:
            known = await movements.find_known(session, told)
            await looked.wait()
            if known is None:
                arrival = receipts.Arrival(
                    provider=provider,
                    external_id="1",
                    account=BANK,
                    amount_minor=5_000,
                    memo="",
                    reference="FT00005000",
                    payment_id=None,
                    arrived_at=now,
                )
                await receipts.record_arrival(session, arrival, now=now)

    await asyncio.gather(take_in("sepay"), take_in("casso"))
    assert await in_bank(db) == 10_000
