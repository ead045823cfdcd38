"""What producers read about their money: lines from the books that always add up."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO
from zipfile import ZipFile

import pypdfium2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st

from app.core.errors import InvalidError
from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.listings.models import SoldBy
from storefront.fulfilment.refunding import give_back
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.orders import parcels
from storefront.payouts import service as payouts
from storefront.payouts import statements
from storefront.payouts.statements import LineKind
from storefront.refunds.models import RefundReason
from tests.factories.orders import BANK, make_paid_order
from tests.factories.payouts import MINIMUM, make_payee, owe, owed_to
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership, make_producer
from tests.factories.storefront import NOW, make_listing, make_stock, make_variant

TODAY = date(2026, 11, 12)
MONTH = Period(since=date(2026, 11, 1), until=date(2026, 11, 30))


async def read(session, producer, period=MONTH):
    """A producer's statement."""
    return await statements.make_statement(session, producer_id=producer.id, period=period)


def said(statement):
    """The lines as (kind, words, đồng)."""
    return [(line.kind, str(line.words), line.amount_minor) for line in statement.lines]


async def book(session, producer, kind, amount, *, now=NOW, memo="DH4K7P"):
    """Some journal that lowers what a producer is owed by `amount`."""
    await ledger.record(
        session,
        kind=kind,
        source=f"{kind}:{uuid7()}",
        memo=memo,
        entries=[(accounts.seller_payable(producer.id), amount), (accounts.platform_fee(), -amount)],
        occurred_at=now,
        now=now,
    )


async def test_a_sale_is_told_with_its_goods(session):
    """BS2: a sale says what was sold, goods and sending on lines of their own; the sums say all of each thing."""
    producer = await make_payee(session)
    tea = await make_listing(session, producer_id=producer.id, title="Chè Đinh")
    fish = await make_listing(session, producer_id=producer.id, title="Cá tầm")
    box = await make_variant(session, listing_id=tea.id)
    kilo = await make_variant(
        session, listing_id=fish.id, name="Cả con", sold_by=SoldBy.GRAM, step=100, price_minor=300_000
    )
    for variant, on_hand in ((box, 200), (kilo, 50_000)):
        await make_stock(session, variant, on_hand=on_hand)
    first = await make_paid_order(session, box, quantity=3)
    both = await make_paid_order(session, box, kilo, quantity=100)
    statement = await read(session, producer)
    assert [line[0] for line in said(statement)].count(LineKind.SALE) == 2
    words = [words for _kind, words, _amount in said(statement)]
    assert f"Bán Chè Đinh: 3 × Hộp 200 g (đơn {first.code})" in words
    assert any("Cá tầm" in one and "; " in one and both.code in one for one in words)
    assert [str(one) for one in statement.sold] == ["Chè Đinh: 103 × Hộp 200 g", "Cá tầm: 100\u00a0g"]
    assert statement.closing_minor == await owed_to(session, producer.id)


async def test_every_kind_has_its_words(session):
    """BS2: fees, taxes, refunds, visits and what nobody foresaw are lines; a fee given back counts the other way."""
    producer = await make_payee(session)
    await owe(session, producer.id, 1_000_000, 40_000)
    for kind, amount in (
        ("fee", 50_000),
        ("tax", 15_000),
        ("fee_reversed", -5_000),
        ("tax_reversed", -1_500),
        ("fee_retaken", 2_000),
        ("tax_retaken", 500),
    ):
        await book(session, producer, kind, amount)
    await book(session, producer, "refund_owed", 100_000)
    await book(session, producer, "refund_withdrawn", -60_000)
    await book(session, producer, "gift", -7_000, memo="Thưởng Tết")
    await ledger.record(
        session,
        kind="sale",
        source=f"booking:{uuid7()}",
        memo="VC22AA",
        entries=[("buyer_receivable:booking:x", 300_000), (accounts.seller_payable(producer.id), -300_000)],
        occurred_at=NOW,
        now=NOW,
    )
    statement = await read(session, producer)
    assert said(statement) == [
        (LineKind.SALE, "Bán hàng, đơn DH4K7P", 1_000_000),
        (LineKind.DELIVERY, "Tiền gửi hàng, đơn DH4K7P", 40_000),
        (LineKind.FEE, "Phí, mã DH4K7P", -50_000),
        (LineKind.TAX, "Thuế giữ hộ, mã DH4K7P", -15_000),
        (LineKind.FEE, "Hoàn phí, mã DH4K7P", 5_000),
        (LineKind.TAX, "Hoàn thuế giữ hộ, mã DH4K7P", 1_500),
        (LineKind.FEE, "Thu lại phí đã hoàn, mã DH4K7P", -2_000),
        (LineKind.TAX, "Giữ lại thuế đã hoàn, mã DH4K7P", -500),
        (LineKind.REFUND, "Trả lại khách, mã DH4K7P", -100_000),
        (LineKind.REFUND, "Cân lại, bỏ khoản trả lại cũ, mã DH4K7P", 60_000),
        (LineKind.OTHER, "Khoản khác: Thưởng Tết", 7_000),
        (LineKind.SALE, "Đón khách, mã VC22AA", 300_000),
    ]
    totals = {str(words): amount for words, amount in statement.totals}
    assert totals["Phí"] == -47_000 and totals["Bán hàng, đón khách"] == 1_300_000
    assert statement.closing_minor == await owed_to(session, producer.id)


async def test_a_payout_says_when_and_with_which_code(session):
    """A payout is told as it stands now: on its way, paid on a day with the bank's reference, or returned and why."""
    producer = await make_payee(session)
    person = await make_person(session)
    await owe(session, producer.id, 500_000)
    batch = await payouts.open_batch(session, minimum_minor=MINIMUM, person_id=person.id, now=NOW)
    [payout] = await payouts.list_payouts(session, batch.id)
    assert said(await read(session, producer))[1:] == [
        (LineKind.PAYOUT, f"Đang chuyển, mã {payout.code}", -500_000)
    ]
    named = {"batch_id": batch.id, "payout_id": payout.id, "person_id": person.id}
    await payouts.settle_payout(session, bank_account=BANK, reference="FT26330", now=NOW, **named)
    [_sale, line] = said(await read(session, producer))
    assert line[1] == f"Đã trả ngày 12/11/2026, mã {payout.code}, mã ngân hàng FT26330"
    await payouts.return_payout(session, reason="Sai tên", now=NOW + timedelta(hours=1), **named)
    [_sale, sent, back] = said(await read(session, producer))
    assert sent[1].endswith("rồi bị ngân hàng trả lại")
    assert back == (LineKind.PAYOUT, f"Ngân hàng trả lại khoản {payout.code}: Sai tên", 500_000)


async def test_a_refund_of_an_order_is_a_line(session):
    """A parcel that came back takes its price off again, from the goods as from the sending."""
    producer = await make_payee(session)
    variant = await make_variant(
        session, listing_id=(await make_listing(session, producer_id=producer.id)).id
    )
    await make_stock(session, variant)
    order = await make_paid_order(session, variant)
    [parcel] = await parcels.list_parcels(session, order)
    await give_back(
        session,
        parcel,
        parcel.lines,
        reason=RefundReason.RETURNED,
        person_id=None,
        now=NOW + timedelta(minutes=1),
    )
    statement = await read(session, producer)
    assert statement.lines[-1].kind is LineKind.REFUND
    assert statement.closing_minor == 0


async def test_a_journal_that_cancels_itself_is_no_line(session):
    """What moves between a producer's own payables changes nothing that they read."""
    producer = await make_payee(session)
    own = [
        (accounts.seller_payable(producer.id), 10_000),
        (accounts.delivery_payable(producer.id), -10_000),
    ]
    await ledger.record(session, kind="moved", source="1", memo="", entries=own, occurred_at=NOW, now=NOW)
    assert (await read(session, producer)).lines == []


@given(
    amounts=st.lists(
        st.tuples(
            st.integers(0, 40),
            st.integers(-500_000, 500_000).filter(bool),
            st.sampled_from(["sale", "fee", "x"]),
        ),
        max_size=12,
    ),
    cut=st.integers(0, 40),
)
@checked(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_opening_and_lines_make_the_closing(db, house, amounts, cut):
    """BS1: wherever the days are cut, one period's closing is the next one's opening, and the last is the balance."""
    async with db.sessions() as session:
        producer = await make_payee(session)
        for days, amount, kind in amounts:
            now = NOW + timedelta(days=days)
            if kind == "sale":
                await owe(session, producer.id, amount, now=now)
            else:
                await book(session, producer, kind, amount, now=now)
        middle = TODAY + timedelta(days=cut)
        before = await read(session, producer, Period(since=TODAY, until=middle))
        after = await read(
            session,
            producer,
            Period(since=middle + timedelta(days=1), until=TODAY + timedelta(days=50)),
        )
        assert before.opening_minor == 0
        assert before.closing_minor == after.opening_minor
        assert after.closing_minor == await owed_to(session, producer.id)
        assert sum(amount for _words, amount in after.totals) == after.closing_minor - after.opening_minor
        await session.rollback()


async def test_a_day_is_a_day_in_vietnam(session):
    """BS3: what is booked one second before midnight in Viet Nam belongs to that day, one second later to the next."""
    producer = await make_payee(session)
    midnight = NOW.replace(hour=17, minute=0)
    await owe(session, producer.id, 1_000, now=midnight - timedelta(seconds=1))
    await owe(session, producer.id, 2_000, now=midnight)
    day = await read(session, producer, Period(since=TODAY, until=TODAY))
    assert (day.opening_minor, day.closing_minor) == (0, 1_000)


async def test_too_long_is_refused(session):
    """More than a year is asked for by parts."""
    producer = await make_payee(session)
    with pytest.raises(InvalidError) as refused:
        await read(session, producer, Period(since=date(2024, 1, 1), until=TODAY))
    assert "ngắn hơn" in str(refused.value.fields["to"])
    assert Period.month_before(date(2026, 3, 5)) == Period(since=date(2026, 2, 1), until=date(2026, 2, 28))


async def test_the_farmer_reads_it(db, client):
    """The page shows opening, sums, lines and closing; other days by link; a wrong day keeps what was typed."""
    async with db.transaction() as session:
        producer = await make_payee(session, name="HTX Đồi Mây")
        membership = await make_membership(session, producer_id=producer.id, role=Role.ACCOUNTANT)
        await owe(session, producer.id, 350_000, 40_000, now=NOW - timedelta(days=20))
        await owe(session, producer.id, 100_000)
        await log_in(session, client, membership.person_id)
    page = (await client.get("/producer/money")).text
    assert "390.000" in page and "490.000" in page and "Bán hàng, đơn DH4K7P" in page and "40.000" not in page
    last = (await client.get("/producer/money", params={"from": "2026-10-01", "to": "2026-10-31"})).text
    assert "Tiền gửi hàng" in last and "40.000" in last
    for days, words in (
        ({"from": "2026-11-02", "to": "2026-11-01"}, "Ngày cuối phải sau ngày đầu"),
        ({"from": "hôm qua"}, "Ngày này chưa đúng"),
        ({"from": "2020-01-01"}, "Khoảng này dài quá"),
    ):
        wrong = await client.get("/producer/money", params=days)
        assert wrong.status_code == 422 and words in wrong.text
        assert "Chợ còn giữ" not in wrong.text
        sent = await client.get("/producer/money/statement.pdf", params=days)
        assert sent.status_code == 303 and sent.headers["location"].startswith("/producer/money?")


@pytest.mark.parametrize(
    ("overrides", "words"),
    [({"payout_account": None}, "chưa có tài khoản nhận tiền"), ({"verified_at": None}, "đang xác minh")],
)
async def test_the_page_says_why_no_money_comes(db, client, overrides, words):
    """Without an account, or before verification, the page says what is missing; an empty period says so."""
    async with db.transaction() as session:
        producer = await make_payee(session, **overrides)
        membership = await make_membership(session, producer_id=producer.id)
        await log_in(session, client, membership.person_id)
    page = (await client.get("/producer/money")).text
    assert words in page and "chưa có khoản nào" in page


async def test_it_is_printed_and_taken_along(db, client):
    """The PDF is one, the sheet has the same opening, lines and closing as the page; names stay text."""
    async with db.transaction() as session:
        producer = await make_payee(session, name="=HTX Đồi Mây")
        membership = await make_membership(session, producer_id=producer.id)
        await owe(session, producer.id, 350_000, 40_000)
        await book(session, producer, "fee", 17_500)
        await log_in(session, client, membership.person_id)
    pdf = await client.get("/producer/money/statement.pdf")
    assert pdf.headers["content-type"] == "application/pdf" and pdf.content.startswith(b"%PDF")
    sheet = await client.get("/producer/money/statement.xlsx")
    with ZipFile(BytesIO(sheet.content)) as archive:
        cells = dict(
            re.findall(
                r'<c r="([A-Z]+\d+)"[^>]*><v>([^<]*)</v>', archive.read("xl/worksheets/sheet1.xml").decode()
            )
        )
        assert "=HTX Đồi Mây" in archive.read("xl/sharedStrings.xml").decode()
    assert [cells[name] for name in ("D5", "C6", "C7", "C8", "D8", "D9")] == [
        "0",
        "350000",
        "40000",
        "-17500",
        "372500",
        "372500",
    ]
    [first] = pypdfium2.PdfDocument(pdf.content)
    printed = first.get_textpage().get_text_range()
    assert "=HTX Đồi Mây" in printed and "372.500" in printed and "Phí, mã DH4K7P" in printed
    empty = await client.get(
        "/producer/money/statement.pdf", params={"from": "2026-10-01", "to": "2026-10-02"}
    )
    assert empty.content.startswith(b"%PDF")


async def test_a_member_of_nobody_reads_nothing(db, client):
    """Another producer's money does not exist for them: everybody reads their own."""
    async with db.transaction() as session:
        rich = await make_payee(session)
        await owe(session, rich.id, 999_000)
        other = await make_membership(session, producer_id=(await make_producer(session)).id)
        await log_in(session, client, other.person_id)
    assert "999.000" not in (await client.get("/producer/money")).text
