"""Settlements on the pages: a manager settles and pays, a household reads its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from storefront.settlements import service
from tests.factories.people import log_in
from tests.factories.producers import make_membership
from tests.factories.settlements import (
    NOW,
    make_advance,
    make_house,
    make_settlement,
    weigh,
)

HOME = "/producer/settlements"


@pytest.fixture
async def household(db, client):
    """A household that sold ten kilos, and its cooperative's manager logged in as `client`."""
    async with db.transaction() as session:
        house = await make_house(session)
        await weigh(session, house, weighed_at=NOW - timedelta(days=2))
        await log_in(session, client, house.manager_id)
    return house


def door(house, act=""):
    """The address of the household's page, or of one of its forms."""
    return f"{HOME}/households/{house.person_id}{act}"


def days(**changes):
    """The form of a period."""
    return {"id": str(uuid7()), "since": "2026-11-01", "until": "2026-11-12"} | changes


async def log_in_as(db, browser, house, role):
    """Somebody else of the cooperative at the browser; the member is the household's own person."""
    async with db.transaction() as session:
        if role is Role.MEMBER:
            person_id = house.person_id
        else:
            made = await make_membership(session, producer_id=house.producer_id, role=role)
            person_id = made.person_id
        await log_in(session, browser, person_id)


async def test_from_the_slips_to_the_payment(db, client, household):
    """List, advance, account, settle, the statement in words with a code to scan, paid: the manager's whole way."""
    listed = (await client.get(HOME)).text
    assert "Nguyễn Thị Mận" in listed and "350.000" in listed
    given = {
        "id": str(uuid7()),
        "kind": "input",
        "amount_minor": "100k",
        "what_for": "phân NPK",
        "quantity": "2",
        "unit": "bao",
        "given_on": "2026-11-10",
    }
    for _again in range(2):
        assert (await client.post(door(household, "/advances"), data=given)).status_code == 303
    account = {"bank_bin": "970415", "bank_account": "1133 6666 8888", "account_name": "Nguyễn Thị Mận"}
    assert (await client.post(door(household, "/account"), data=account)).status_code == 303
    page = (await client.get(door(household))).text
    assert 'value="2026-11-10"' in page  # from the oldest open slip
    assert "2 bao phân NPK" in page and "VietinBank 113366668888 NGUYEN THI MAN" in page
    assert page.count("2 bao phân NPK") == 1
    assert "còn nợ ứng trước" in (await client.get(HOME)).text
    assert "chờ trả" not in (await client.get(HOME)).text
    settled = await client.post(door(household, "/settle"), data=days())
    assert settled.status_code == 303
    here = settled.headers["location"]
    page = (await client.get(here)).text
    assert "Nhà Nguyễn Thị Mận bán 10\u00a0kg, được 350.000\u00a0₫." in page
    assert "Trừ khoản ứng trước 100.000\u00a0₫, còn nhận 250.000\u00a0₫." in page
    assert (
        "Búp một tôm một lá, 10\u00a0kg" in page and "Trừ khoản ứng: 2 bao phân NPK, ngày 10/11/2026" in page
    )
    assert "VietQR TL" in page
    listed = (await client.get(HOME)).text
    assert "Đã chốt, chờ trả" in listed and here in listed and "250.000" in listed
    empty = await client.post(f"{here}/paid", data={"reference": " "})
    assert empty.status_code == 422 and "Chỗ này chưa điền" in empty.text
    assert (await client.post(f"{here}/paid", data={"reference": "FT26330"})).status_code == 303
    page = (await client.get(here)).text
    assert "FT26330" in page and "VietQR TL" not in page
    twice = await client.post(f"{here}/paid", data={"reference": "FT2"})
    assert twice.status_code == 409 and "đã có người ghi" in twice.text
    no_reason = await client.post(f"{here}/returned", data={})
    assert no_reason.status_code == 422 and '<details class="no-print" open>' in no_reason.text
    assert (await client.post(f"{here}/returned", data={"reason": "Sai số"})).status_code == 303
    assert "Lần trả trước không tới: Sai số" in (await client.get(here)).text
    assert "Chưa trả" in (await client.get(door(household))).text
    await client.post(f"{here}/paid", data={"reference": "tiền mặt"})
    page = (await client.get(door(household))).text
    assert "Đã trả" in page and "Không còn phiếu nào chưa chốt" in page


async def test_forms_say_what_is_wrong(client, household):
    """Each form that is refused stays as it was typed, with words beside the field."""
    backwards = await client.post(door(household, "/settle"), data=days(until="2026-10-01"))
    assert backwards.status_code == 422 and "Ngày cuối phải sau ngày đầu" in backwards.text
    ahead = await client.post(door(household, "/settle"), data=days(until="2026-11-13"))
    assert ahead.status_code == 422 and "Chỉ chốt được đến hôm nay" in ahead.text
    unread = await client.post(door(household, "/settle"), data=days(since="hôm qua"))
    assert unread.status_code == 422 and "Ngày này chưa đúng" in unread.text
    nothing = await client.post(door(household, "/settle"), data=days(until="2026-11-02"))
    assert nothing.status_code == 409 and "không còn tiền nào để chốt" in nothing.text
    values = {
        "id": str(uuid7()),
        "kind": "cash",
        "amount_minor": "0",
        "what_for": "x",
        "given_on": "2026-11-10",
    }
    free = await client.post(door(household, "/advances"), data=values)
    assert free.status_code == 422 and "Số tiền phải lớn hơn 0" in free.text
    given = values | {"kind": "input", "amount_minor": "5k"}
    for typed, said in (
        ({}, "Đưa vật tư thì bạn ghi cả số lượng"),
        ({"quantity": "2"}, "Đưa vật tư thì bạn ghi cả số lượng"),
        ({"quantity": "hai", "unit": "bao"}, "Số lượng này chưa đọc được"),
        ({"quantity": "0", "unit": "bao"}, "Số lượng phải lớn hơn 0"),
        ({"quantity": "2", "unit": "b" * 21}, "Chỗ này dài quá"),
    ):
        short = await client.post(door(household, "/advances"), data=given | typed)
        assert short.status_code == 422 and said in short.text, typed
        assert '<details class="no-print" open>' in short.text
        assert all(f'value="{value}"' in short.text for value in typed.values())
    later = values | {"amount_minor": "5k", "given_on": "2026-11-13"}
    early = await client.post(door(household, "/advances"), data=later)
    assert early.status_code == 422 and "Chỉ ghi khoản đã đưa" in early.text
    account = {"bank_bin": "970415", "bank_account": "12", "account_name": "???"}
    short = await client.post(door(household, "/account"), data=account)
    assert short.status_code == 422 and "từ 4 đến 19" in short.text and "như trong sổ ngân hàng" in short.text
    account = {"bank_bin": "000000", "bank_account": "1234567", "account_name": "Man"}
    odd = await client.post(door(household, "/account"), data=account)
    assert odd.status_code == 422 and "không có trong danh sách" in odd.text


async def test_an_advance_is_voided_on_the_page(db, client, household):
    """A mistake is taken away with one button while nothing was set off."""
    async with db.transaction() as session:
        advance = await make_advance(session, household)
    assert "Xóa, ghi nhầm" in (await client.get(door(household))).text
    void = f"{HOME}/advances/{advance.id}/void"
    assert (await client.post(void)).status_code == 303
    assert "Không có khoản ứng nào chưa trừ" in (await client.get(door(household))).text
    again = await client.post(void)
    assert again.status_code == 409 and "không xóa được nữa" in again.text


async def test_an_advance_that_takes_all(db, client, household):
    """A settlement that an advance takes whole says that nothing is to be paid; the rest of the advance stays."""
    async with db.transaction() as session:
        await make_advance(session, household, 400_000)
        made = await make_settlement(session, household)
    page = (await client.get(f"{HOME}/{made.id}")).text
    assert "không phải trả thêm" in page and "Mã giao dịch" not in page
    page = (await client.get(door(household))).text
    assert "Trừ hết ứng trước" in page and "50.000" in page and "Xóa, ghi nhầm" not in page


async def test_a_settlement_without_an_account(db, client, household):
    """Without an account there is no code to scan, and cash may be written down."""
    async with db.transaction() as session:
        made = await make_settlement(session, household)
    page = (await client.get(f"{HOME}/{made.id}")).text
    assert "<svg xmlns" not in page and "chưa có mã để quét" in page
    assert "được nhận 350.000\u00a0₫" in page


async def test_a_household_reads_its_own(db, client, household):
    """A member sees own slips, advances and settlements, and no form; a neighbour's page does not exist for them."""
    async with db.transaction() as session:
        neighbour = await make_house(session, producer_id=household.producer_id, name="Lý Thị Chài")
        await weigh(session, neighbour)
        others = await make_settlement(session, neighbour)
        await make_advance(session, household, 400_000)
        made = await make_settlement(session, household)
        await weigh(session, household)
        due = await make_settlement(session, household)
        await weigh(session, household, 7_000)
    await log_in_as(db, client, household, Role.MEMBER)
    page = (await client.get(HOME)).text
    assert "245.000" in page and "Lý Thị Chài" not in page
    assert "Chốt kỳ" not in page and "Ghi khoản ứng mới" not in page and "Tài khoản của hộ" not in page
    for one in (made, due):
        assert (await client.get(f"{HOME}/{one.id}")).status_code == 200
    page = (await client.get(f"{HOME}/{due.id}")).text
    assert "Chưa trả" in page and "Đã trả" not in page and f'href="{HOME}"' in page
    assert (await client.get(f"{HOME}/{others.id}")).status_code == 404
    assert (await client.get(door(household))).status_code == 403
    assert (await client.post(door(household, "/settle"), data=days())).status_code == 403


async def test_an_accountant_reads_all(db, client, household):
    """An accountant sees every household, and has no form."""
    await log_in_as(db, client, household, Role.ACCOUNTANT)
    assert "Nguyễn Thị Mận" in (await client.get(HOME)).text
    page = (await client.get(door(household))).text
    assert "Tài khoản của hộ" in page and "Chốt kỳ" not in page
    assert (await client.post(door(household, "/settle"), data=days())).status_code == 403


async def test_nobody_sells_yet(db, client):
    """Without a household the page says how one comes to stand there."""
    async with db.transaction() as session:
        manager = await make_membership(session)
        await log_in(session, client, manager.person_id)
    page = (await client.get(HOME)).text
    assert "Chưa có hộ nào bán cho mình" in page and "/producer/farms" in page


async def test_corrections_are_told_apart(db, client, household):
    """A correction after the settlement is a line of its own; a slip that went to another household says so, without its link."""
    async with db.transaction() as session:
        neighbour = await make_house(session, producer_id=household.producer_id)
        slip = await weigh(session, household, 4_000)
        other = await weigh(session, household, 5_000)
        await make_settlement(session, household)
        moved = await weigh(session, neighbour, 4_000, corrects_id=slip.id)
        await weigh(session, household, 9_000, corrects_id=other.id)
        await weigh(session, household, 20_000)
    page = (await client.get(door(household))).text
    assert "Phiếu ngày 12/11/2026 là của hộ khác, trừ lại" in page and "-140.000" in page
    assert "Phiếu ngày 12/11/2026 đã sửa, phần chênh" in page and f"/producer/intake/{moved.id}" not in page
    settled = await client.post(door(household, "/settle"), data=days())
    page = (await client.get(settled.headers["location"])).text
    assert "là của hộ khác, trừ lại" in page and "-140.000" in page and "phần chênh" in page
    assert "bán 20\u00a0kg, được nhận 700.000" in page
    async with db.transaction() as session:
        left = await service.list_open(
            session, producer_id=household.producer_id, person_id=household.person_id
        )
    assert left == []


async def test_inputs_say_how_much_and_money_does_not(db, client, household):
    """BM10: what was handed over stands with its quantity and worth; with money a quantity says nothing."""
    given = {"amount_minor": "90k", "given_on": "2026-11-10"}
    inputs = {
        "id": str(uuid7()),
        "kind": "input",
        "what_for": "giống chè",
        "quantity": "1,5",
        "unit": "nghìn cây",
    }
    money = {"id": str(uuid7()), "kind": "cash", "what_for": "Tiền xăng", "quantity": "3", "unit": "lít"}
    for typed in (inputs, money):
        assert (await client.post(door(household, "/advances"), data=given | typed)).status_code == 303
    page = (await client.get(door(household))).text
    assert "1,5 nghìn cây giống chè" in page and "90.000" in page
    assert "Tiền xăng" in page and "3 lít" not in page
