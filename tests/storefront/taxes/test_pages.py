"""The accountant's desk of taxes, its files, and what a household reads about its year."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest

from app.accounts.models import StaffRole
from producers.cooperatives import service as cooperatives
from producers.cooperatives.errors import PracticeOnlyError
from producers.cooperatives.models import Producer, ProducerKind, Role
from producers.listings.models import TaxKind
from storefront.closing import service as closing
from storefront.closing.questions import Question
from storefront.ledger.periods import Period
from storefront.taxes import sheet
from storefront.taxes.models import RevenueLine, TaxThreshold
from storefront.taxes.service import Revenue
from storefront.taxes.words import say_revenue
from tests.factories.people import log_in, make_staff
from tests.factories.producers import make_membership, make_producer
from tests.factories.storefront import NOW
from tests.fakes.clock import FrozenClock
from tests.storefront.closing.test_closing import change
from tests.storefront.taxes.test_service import IN_DECEMBER, make_household, pay, sell, set_off

GOODS = {TaxKind.GOODS: 1_000_000, TaxKind.TRANSPORT: 30_000}


@pytest.fixture
async def desk(db, house, client):
    """The accountant in December, with a household's sale of November; answers the household."""
    house.clock = FrozenClock(IN_DECEMBER)
    async with db.transaction() as session:
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, staff.person_id)
        household = await make_household(session, name="=Nhà Páo", tax_code="0123456789")
        sale = await sell(session, household.id, GOODS)
        await set_off(session, sale, household.id, {TaxKind.GOODS: 400_000})
        return household


async def test_a_month_is_read_and_paid(client, desk):
    """Last month is shown unless another is asked for; it is paid once, with a number, and says so."""
    page = (await client.get("/admin/taxes")).text
    for said in ("tháng 11/2026", "Nhà Páo", "0123456789", "Bán hàng hóa", "Giao hàng", "10.350", "Đã nộp"):
        assert said in page, said
    month = {"month": "2026-11"}
    refused = await client.post("/admin/taxes/pay", data=month)
    assert refused.status_code == 422 and "tháng 11/2026" in refused.text
    paid = await client.post("/admin/taxes/pay", data=month | {"reference": "GNT 12"})
    assert paid.status_code == 303 and paid.headers["location"].endswith("?month=2026-11")
    page = (await client.get(paid.headers["location"])).text
    assert "Thuế tháng này đã ghi nộp" in page and "GNT 12" in page
    again = await client.post("/admin/taxes/pay", data=month | {"reference": "GNT 13"})
    assert again.status_code == 409 and "đã có người ghi nộp" in again.text
    early = await client.post("/admin/taxes/pay", data={"month": "2026-12", "reference": "X"})
    assert early.status_code == 409 and "chưa hết" in early.text
    assert "chưa giữ hộ đồng thuế nào" in (await client.get("/admin/taxes?month=2026-10")).text
    wrong = await client.post("/admin/taxes/pay", data={"month": "hai", "reference": "X"})
    assert wrong.status_code == 422


async def test_a_month_is_taken_along(client, desk):
    """T8: CSV and sheet have the same columns; a name that begins like a formula is words in both."""
    answer = await client.get("/admin/taxes/export.csv?month=2026-11")
    assert "thue-giu-ho-2026-11.csv" in answer.headers["content-disposition"]
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == [str(head) for head in sheet.HEADS]
    assert rows[1:] == [
        ["'=Nhà Páo", "0123456789", "Bán hàng hóa", "1000000", "10000", "5000", "-400000", "-4000", "-2000", "9000"],
        ["'=Nhà Páo", "0123456789", "Giao hàng", "30000", "900", "450", "0", "0", "0", "1350"],
    ]  # fmt: skip
    made = await client.get("/admin/taxes/export.xlsx?month=2026-11")
    with ZipFile(BytesIO(made.content)) as book:
        cells = book.read("xl/worksheets/sheet1.xml").decode()
        words = book.read("xl/sharedStrings.xml").decode()
    assert "<v>10350</v>" in cells and "<f>" not in cells and "=Nhà Páo" in words and "0123456789" in words


async def test_the_accountant_says_what_a_seller_is(client, db, desk):
    """T1: a household becomes a company with its code; a code that is none is refused beside its field."""
    address = f"/admin/taxes/sellers/{desk.id}"
    assert 'value="0123456789"' in (await client.get(address)).text
    wrong = await client.post(address, data={"kind": "company", "tax_code": "12345"})
    assert wrong.status_code == 422 and "10, 12 hoặc 13 số" in wrong.text
    answer = await client.post(address, data={"kind": "company", "tax_code": "0123 456 789-001"})
    assert answer.status_code == 303
    async with db.transaction() as session:
        producer = await session.get_one(Producer, desk.id)
        assert (producer.kind, producer.tax_code) == (ProducerKind.COMPANY, "0123456789001")


async def test_a_household_reads_its_tax_and_its_year(client, db, desk):
    """T9: the statement tells each tax apart, the year what was sold; a household without a code sees the two lines."""
    async with db.transaction() as session:
        member = await make_membership(session, producer_id=desk.id, role=Role.MANAGER)
        await log_in(session, client, member.person_id)
    page = (await client.get("/producer/money?from=2026-11-01&to=2026-11-30")).text
    for said in (
        "Thuế giữ hộ, mã ABCD2345",
        "Hoàn thuế giữ hộ, mã X",
        "Năm 2026 bán được 1.030.000",
        "500.000.000",
    ):
        assert said in page, said
    saved = await client.get("/producer/settings")
    assert 'name="tax_code"' in saved.text and 'value="0123456789"' in saved.text


@pytest.mark.parametrize(
    ("sold", "said"),
    [
        (500_000_000, ["Quá 500.000.000 ₫ một năm thì phải nộp", "Quá 1.000.000.000 ₫ một năm thì mỗi đơn"]),
        (500_000_001, ["Đã quá 500.000.000", "Quá 1.000.000.000"]),
        (1_000_000_001, ["Đã quá 500.000.000", "Đã quá 1.000.000.000"]),
    ],
)
def test_each_line_has_its_words(sold, said):
    """T9: a line is crossed by the first đồng above it."""
    lines = [
        TaxThreshold(line=line, valid_from=date(2026, 1, 1), amount_minor=amount)
        for line, amount in ((RevenueLine.TAX_FREE, 500_000_000), (RevenueLine.E_INVOICE, 1_000_000_000))
    ]
    words = [
        str(one).replace("\xa0", " ")
        for one in say_revenue(Revenue(year=2026, sold_minor=sold, thresholds=lines))
    ]
    assert [one.startswith(start) for one, start in zip(words, said, strict=True)] == [True, True]


async def test_the_close_asks_for_withheld_tax(session):
    """T10, BC1: sale, offset and payment fit; a row that is gone, or a payment that nobody booked, is found."""
    household = await make_household(session)
    sale = await sell(session, household.id)
    await set_off(session, sale, household.id, {TaxKind.GOODS: 300_000})

    async def wrong(day):
        found = await closing.look_through(session, Period.of_day(day))
        # The sale of this test has no order behind it.
        return {check.question for check in found.checks if check.count} - {Question.SALES}

    assert await wrong(NOW.date()) == set()
    await pay(session)
    await sell(session, household.id, now=IN_DECEMBER)
    assert await wrong(IN_DECEMBER.date()) == set()
    await change(session, "DELETE FROM tax_payment_parts")
    assert await wrong(IN_DECEMBER.date()) == {Question.TAXES, Question.MONEY}
    await change(session, "DELETE FROM tax_entries")
    await change(session, "DELETE FROM tax_payments")
    assert await wrong(IN_DECEMBER.date()) == {Question.TAXES, Question.MONEY}


async def test_a_practice_farm_is_nothing_to_the_tax_office(session):
    """It is never sold from, and nobody says what it is."""
    farm = await make_producer(session, is_practice=True)
    with pytest.raises(PracticeOnlyError):
        await cooperatives.set_tax_profile(
            session, producer_id=farm.id, kind=ProducerKind.COMPANY, tax_code=None
        )
