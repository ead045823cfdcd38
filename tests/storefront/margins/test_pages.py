"""Margins on the page and in the sheet: in plain words, for the cooperative and the households that sold to it."""

from __future__ import annotations

import gzip
import re
from io import BytesIO
from zipfile import ZipFile

import pytest

from producers.cooperatives.models import Role
from storefront.fees.models import FeeKind
from tests.factories.margins import make_goods, make_press, make_tea, take_fee
from tests.factories.orders import make_paid_order
from tests.factories.people import log_in
from tests.factories.producers import make_membership
from tests.factories.settlements import make_house, weigh
from tests.factories.storefront import make_listing, make_variant

PAGE = "/producer/margins"
SHEET = f"{PAGE}/margins.xlsx"
EMPTY = {"from": "2026-01-01", "to": "2026-02-28"}


@pytest.fixture
async def press(db, client):
    """Two kilos of tea of ten of leaf, a half of it sold, ten kilos of leaf lying; its manager is logged in as `client`."""
    async with db.transaction() as session:
        made = await make_press(session)
        await take_fee(session, made, FeeKind.MARKET, 500)
        await make_tea(session, made, 10)
        await weigh(session, made.house, 10_000)
        await make_paid_order(session, made.variant, quantity=5)
        await log_in(session, client, made.house.manager_id)
    return made


async def log_in_as(db, browser, press, role):
    """Somebody of the cooperative who weighed nothing in."""
    async with db.transaction() as session:
        made = await make_membership(session, producer_id=press.producer_id, role=role)
        await log_in(session, browser, made.person_id)


async def test_the_manager_reads_it_in_words(client, press):
    """G2, G6, G7: bought, made, sold, what went off, what is left for a kilo, and what is still open; a small page."""
    answer = await client.get(PAGE)
    page = answer.text
    assert answer.status_code == 200 and len(gzip.compress(answer.content)) < 14_000
    for said in (
        "Hợp tác xã cân vào 20\u00a0kg của 1 nhà, hết 700.000\u00a0₫. Tính ra mỗi kg 35.000\u00a0₫.",
        "Đã đưa 10\u00a0kg vào làm, ra 2\u00a0kg hàng.",
        "Chè Đinh, Hộp 200 g",
        "20\u00a0kg, mỗi kg 35.000\u00a0₫",
        "làm ra 2\u00a0kg, đã bán 1\u00a0kg, trên kệ còn 1\u00a0kg, chừng 5 × Hộp 200 g",
        "Đã bán 1\u00a0kg qua chợ, được 1.750.000\u00a0₫.",
        "Phí chợ",
        "-87.500\u00a0₫",
        "Tiền mua 5\u00a0kg của các nhà",
        "-175.000\u00a0₫",
        "bán được 332.500\u00a0₫, trả cho các nhà 35.000\u00a0₫, còn lại 297.500\u00a0₫",
        "Còn 10\u00a0kg cân vào mà chưa thấy vào lô nào.",
        "Còn 1\u00a0kg hàng trên kệ chưa bán.",
        "Còn 700.000\u00a0₫ chưa chốt với các nhà.",
        "Chưa trừ công làm",
        "tiền gửi hàng. Tiền này để trả bên giao",
    ):
        assert said in page, said
    assert "Quý này" in page and "from=2026-10-01&amp;to=2026-11-12" in page
    assert PAGE in (await client.get("/producer/settlements")).text


async def test_a_loss_is_said_as_one(db, client):
    """G6: leaf that cost more than its tea brought leaves a lack, in words."""
    async with db.transaction() as session:
        press = await make_press(session)
        await make_tea(session, press, 5, price=400_000)
        await make_paid_order(session, press.variant, quantity=5)
        await log_in(session, client, press.house.manager_id)
    page = (await client.get(PAGE)).text
    assert "bán được 350.000\u00a0₫, trả cho các nhà 400.000\u00a0₫, thiếu 50.000\u00a0₫" in page


async def test_before_anything_is_made_the_page_says_so(db, client):
    """G7: leaf alone is told as leaf that is not made yet; days without leaf say that as well."""
    async with db.transaction() as session:
        press = await make_press(session)
        await weigh(session, press.house)
        await log_in(session, client, press.house.manager_id)
    page = (await client.get(PAGE)).text
    assert "Chưa làm ra lô hàng nào" in page and "Chưa bán được gì" in page and "mỗi kg cân vào" not in page
    assert "chưa cân gì của các nhà" in (await client.get(PAGE, params=EMPTY)).text


async def test_days_that_cannot_be_read(client, press):
    """What was typed stays, with words beside the field; the sheet leads back to the page."""
    for days, words in (
        ({"from": "2026-11-02", "to": "2026-11-01"}, "Ngày cuối phải sau ngày đầu"),
        ({"from": "hôm qua"}, "Ngày này chưa đúng"),
        ({"from": "2024-01-01"}, "Khoảng này dài quá"),
    ):
        wrong = await client.get(PAGE, params=days)
        assert wrong.status_code == 422 and words in wrong.text and days["from"] in wrong.text
        assert "Mua của các nhà" not in wrong.text
    sent = await client.get(SHEET, params={"from": "hôm qua"})
    assert sent.status_code == 303 and sent.headers["location"].startswith(f"{PAGE}?")
    assert (await client.get(SHEET, params={"from": "2024-01-01"})).status_code == 422


async def test_the_sheet_has_the_figures_of_the_page(client, press):
    """Kilos and đồng are figures; the lines of money make what is left."""
    answer = await client.get(SHEET)
    assert answer.headers["cache-control"] == "private, no-store"
    with ZipFile(BytesIO(answer.content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        said = re.findall(r"<t[^>]*>([^<]*)</t>", archive.read("xl/sharedStrings.xml").decode())
    cells = {
        name: (said[int(value)] if kind else float(value))
        for name, kind, value in re.findall(r'<c r="([A-Z]+\d+)"[^>]*?( t="s")?><v>([^<]*)</v>', sheet)
    }
    rows = {
        cells[f"A{line}"]: tuple(cells.get(f"{column}{line}") for column in "BCD")
        for line in range(1, 40)
        if f"A{line}" in cells
    }
    assert rows["Cân vào, cộng lại"] == (20, 700_000, 35_000)
    assert rows["Làm ra, cộng lại"] == (2, None, None) and rows["Đã bán qua chợ"] == (1, None, None)
    assert rows["Tiền bán hàng"] == (None, 1_750_000, 350_000)
    assert rows["Phí chợ"] == (None, -87_500, -17_500)
    assert rows["Tiền mua 5\u00a0kg của các nhà"] == (None, -175_000, -35_000)
    assert rows["Còn lại"] == (5, 1_487_500, 297_500)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ACCOUNTANT])
async def test_the_office_reads_every_period(db, client, press, role):
    """G8: manager and accountant read it though they weighed nothing in."""
    await log_in_as(db, client, press, role)
    assert "700.000" in (await client.get(PAGE)).text
    assert (await client.get(SHEET)).status_code == 200


async def test_a_household_reads_its_own_periods(db, client, press):
    """G8: who weighed something in reads those days; of others the page says why it shows nothing."""
    async with db.transaction() as session:
        await log_in(session, client, press.house.person_id)
    assert "700.000" in (await client.get(PAGE)).text
    assert (await client.get(SHEET)).status_code == 200
    other = await client.get(PAGE, params=EMPTY)
    assert other.status_code == 200 and "nhà mình không cân gì" in other.text
    assert (await client.get(SHEET, params=EMPTY)).status_code == 403


@pytest.mark.parametrize("role", [Role.MEMBER, Role.PACKER])
async def test_who_weighed_nothing_in_reads_no_figures(db, client, press, role):
    """G8: a member without leaf and a packer get words, and no sheet."""
    await log_in_as(db, client, press, role)
    page = (await client.get(PAGE)).text
    assert "nhà mình không cân gì" in page and "700.000" not in page
    assert (await client.get(SHEET)).status_code == 403


async def test_strangers_read_nothing(db, client, press, new_client):
    """G8: a guide is refused, a household of another cooperative finds its own, nobody at all is asked to log in."""
    await log_in_as(db, client, press, Role.GUIDE)
    assert (await client.get(PAGE)).status_code == 403
    async with db.transaction() as session:
        other = await make_house(session)
        await weigh(session, other, 1_000)
        await log_in(session, client, other.person_id)
    page = (await client.get(PAGE)).text
    assert "35.000" in page and "700.000" not in page
    async with new_client() as visitor:
        assert (await visitor.get(PAGE)).status_code == 303
        assert (await visitor.get(SHEET)).status_code == 303


async def test_packs_are_said_as_they_are_sold(db, client):
    """G7: what is sold out says so; loose goods are told in grams, not in packs."""
    async with db.transaction() as session:
        press = await make_press(session)
        listing = await make_listing(session, producer_id=press.producer_id, title="Chè rời")
        loose = await make_variant(
            session, listing_id=listing.id, name="Cân", sold_by="gram", step=100, price_minor=900_000
        )
        slip = await weigh(session, press.house, 6_000)
        await make_goods(session, press, 1_000, {slip: 5_000}, variant_id=loose.id)
        await make_goods(session, press, 200, {slip: 1_000})
        await make_paid_order(session, press.variant)
        await log_in(session, client, press.house.manager_id)
    page = (await client.get(PAGE)).text
    assert "làm ra 200\u00a0g, đã bán 200\u00a0g, trên kệ không còn" in page
    assert "làm ra 1\u00a0kg, đã bán 0\u00a0g, trên kệ còn 1\u00a0kg<" in page
