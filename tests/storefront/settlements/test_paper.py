"""A settlement on paper: all that its household wants to hold against it, in large print (ledger/BOOKS.md, BM9)."""

from __future__ import annotations

from datetime import timedelta

import pypdfium2

from producers.cooperatives.models import Role
from producers.farms.models import Farm, Site
from producers.intake import service as intake
from producers.intake.models import Grade
from storefront.settlements import households, service
from storefront.settlements.models import AdvanceKind
from tests.factories.people import log_in
from tests.factories.producers import make_membership
from tests.factories.settlements import DAY, NOW, make_advance, make_house, make_settlement, weigh

LEAST_PT = 10.9
"""Nothing on the page is smaller."""


async def print_one(client, settlement):
    """The pages of a settlement."""
    answer = await client.get(f"/producer/settlements/{settlement.id}/statement.pdf")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    return answer, pypdfium2.PdfDocument(answer.content)


def read(pages):
    """All words, with plain blanks."""
    said = " ".join(page.get_textpage().get_text_range() for page in pages)
    return " ".join(said.replace("\u00a0", " ").split())


async def set_price(session, house, grade, dong, day):
    """A kilo costs so much from a day on."""
    await intake.set_price(
        session,
        producer_id=house.producer_id,
        grade=grade,
        price_per_kg_minor=dong,
        valid_from=day,
        person_id=house.manager_id,
        now=NOW,
    )


async def pay(session, settlement, house, reference):
    """The household got it."""
    return await service.record_paid(
        session,
        settlement_id=settlement.id,
        producer_id=house.producer_id,
        reference=reference,
        by_id=house.manager_id,
        now=NOW,
    )


async def test_a_settlement_is_printed_whole(db, client):
    """BM9: slips with day, grade, weight and price, the prices of those days, what was set off, and how it was paid."""
    async with db.transaction() as session:
        house = await make_house(session)
        for dong, days in ((33_000, 40), (34_000, 35), (35_000, 3), (99_000, -1)):
            await set_price(session, house, Grade.ONE_LEAF, dong, DAY - timedelta(days=days))
        await set_price(session, house, Grade.FISH, 77_000, DAY - timedelta(days=30))
        await weigh(session, house, 12_400, 34_000, weighed_at=NOW - timedelta(days=4))
        await weigh(session, house, 10_000, 35_000, weighed_at=NOW - timedelta(days=2))
        await weigh(session, house, 5_250, 60_000, grade=Grade.BUD, weighed_at=NOW - timedelta(days=1))
        await make_advance(session, house, 320_000, given_on=DAY - timedelta(days=20))
        settlement = await make_settlement(session, house)
        await make_advance(session, house, 50_000, kind=AdvanceKind.CASH, what_for="Tiền xăng")
        await households.set_account(
            session,
            producer_id=house.producer_id,
            person_id=house.person_id,
            bank_bin="970415",
            bank_account="113366668888",
            account_name="NGUYEN THI MAN",
            now=NOW,
        )
        await pay(session, settlement, house, "FT26330417")
        await log_in(session, client, house.person_id)
    answer, pages = await print_one(client, settlement)
    assert f"tien-can-{settlement.code}.pdf" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "private, no-store"
    said = read(pages)
    for words in (
        "HTX Chè Tân Cương, 0912 345 678",
        "Bảng kê tiền cân",
        "Nhà Nguyễn Thị Mận",
        f"Mã {settlement.code}",
        "Từ 13/10/2026 đến 12/11/2026",
        "08/11/2026 Búp một tôm một lá 12,4 kg 34.000 ₫ 421.600 ₫",
        "10/11/2026 Búp một tôm một lá 10 kg 35.000 ₫ 350.000 ₫",
        "11/11/2026 Búp một tôm 5,25 kg 60.000 ₫ 315.000 ₫",
        "Búp một tôm một lá từ 08/10/2026 34.000 ₫",
        "Búp một tôm một lá từ 09/11/2026 35.000 ₫",
        "Trừ khoản ứng: 2 bao phân NPK, ngày 23/10/2026 -320.000 ₫",
        "Cộng 1.086.600 ₫",
        "Còn nhận 766.600 ₫",
        "Đã trả 766.600 ₫ lúc 09:00 12/11/2026.",
        "Mã giao dịch: FT26330417",
        "Vào tài khoản VietinBank 113366668888",
        "Ứng trước còn chưa trừ, tính đến ngày in: 50.000 ₫",
        "Người trả tiền",
        "In lúc 09:00 12/11/2026",
    ):
        assert words in said, (words, said)
    for words in ("33.000", "99.000", "77.000"):
        assert words not in said
    assert "statement.pdf" in (await client.get(f"/producer/settlements/{settlement.id}")).text


async def test_it_is_large_and_nothing_is_cut(db, client):
    """BM9: a season's slips, a long name and long words stay on the paper, in letters that old eyes read."""
    async with db.transaction() as session:
        house = await make_house(session, name="Hoàng Nguyễn Thị Phương Thảo Nguyên, xóm Đồng Lường trên")
        for day in range(28):
            await weigh(session, house, 9_999_999, 999_999, weighed_at=NOW - timedelta(days=day))
        await make_advance(
            session,
            house,
            9_000_000,
            what_for="phân hữu cơ vi sinh cho chè trung du và chè lai LDP1 mua chung của xóm, chở tận vườn",
            quantity_milli=12_500,
        )
        for number in range(60):
            await make_advance(session, house, 1_000 + number, kind=AdvanceKind.CASH, what_for="Tiền xăng")
        settlement = await make_settlement(session, house)
        await log_in(session, client, house.manager_id)
    _answer, pages = await print_one(client, settlement)
    assert len(pages) == 4
    for page in pages:
        width, height = page.get_size()
        text = page.get_textpage()
        for number in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(number, loose=True)
            if right > left:
                assert left > 30 and right < width - 30 and bottom > 20 and top < height - 20
                assert top - bottom >= LEAST_PT
    said = read(pages)
    assert "12,5 bao phân hữu cơ vi sinh" in said and "9.999,999 kg" in said and "Chưa trả." in said
    assert said.count("9.999.989.000 ₫") >= 28 and "Trang 4 / 4" in said
    last = read([pages[3]])
    assert "Người nhận tiền" in last and "Còn nhận" in last


async def test_corrections_stand_as_differences(db, client):
    """BM9, BM4: a corrected slip stands with its difference, one that is another household's now without its kilos."""
    async with db.transaction() as session:
        house = await make_house(session)
        other = await make_house(session, producer_id=house.producer_id, name="Trần Thị Mơ")
        first = await weigh(session, house, 10_000, weighed_at=NOW - timedelta(days=3))
        gone = await weigh(session, house, 2_000, weighed_at=NOW - timedelta(days=2))
        await make_settlement(session, house)
        await weigh(session, house, 11_000, corrects_id=first.id, weighed_at=first.weighed_at)
        site = await session.get_one(Site, other.site_id)
        farm = await session.get_one(Farm, site.farm_id)
        await weigh(
            session,
            house,
            2_000,
            corrects_id=gone.id,
            site_id=site.id,
            farm_id=farm.id,
            weighed_at=gone.weighed_at,
        )
        await weigh(session, house, 20_000)
        await make_advance(session, house, 10_000_000, kind=AdvanceKind.CASH, what_for="Sửa nhà")
        settlement = await make_settlement(session, house)
        await log_in(session, client, house.manager_id)
    _answer, pages = await print_one(client, settlement)
    said = read(pages)
    assert "Phiếu ngày 09/11/2026 đã sửa, phần chênh 11 kg 35.000 ₫ 35.000 ₫" in said
    assert "Phiếu ngày 10/11/2026 là của hộ khác, trừ lại -70.000 ₫" in said
    assert "Còn nhận 0 ₫" in said and "không phải trả thêm" in said
    assert "Giá hợp tác xã mua" not in said


async def test_only_who_reads_it_prints_it(db, client):
    """BM9: another household and a packer do not find it, an accountant does."""
    async with db.transaction() as session:
        house = await make_house(session)
        await weigh(session, house)
        settlement = await make_settlement(session, house)
        other = await make_house(session, producer_id=house.producer_id)
    people = {other.person_id: 404}
    async with db.transaction() as session:
        for role, status in ((Role.PACKER, 404), (Role.GUIDE, 403), (Role.ACCOUNTANT, 200)):
            made = await make_membership(session, producer_id=house.producer_id, role=role)
            people[made.person_id] = status
    for person_id, status in people.items():
        async with db.transaction() as session:
            await log_in(session, client, person_id)
        answer = await client.get(f"/producer/settlements/{settlement.id}/statement.pdf")
        assert answer.status_code == status


async def test_money_from_hand_to_hand_names_no_account(db, client):
    """BM9, BM8: what was paid in cash says so, and nothing of an account."""
    async with db.transaction() as session:
        house = await make_house(session)
        await weigh(session, house)
        settlement = await make_settlement(session, house)
        await pay(session, settlement, house, "tiền mặt")
        await log_in(session, client, house.manager_id)
    _answer, pages = await print_one(client, settlement)
    said = read(pages)
    assert "Mã giao dịch: tiền mặt" in said and "Vào tài khoản" not in said and "Cộng" not in said
