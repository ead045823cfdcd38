"""What the accountant sees of statements: the form, what came of a file, and the one question."""

import pytest

from storefront.payments import receipts
from tests.factories import people

HEAD = "Ngày giao dịch,Số tham chiếu,Ghi nợ,Ghi có,Nội dung\n"


@pytest.fixture
async def accountant(db, client):
    """The visitor keeps the books."""
    async with db.transaction() as session:
        member = await people.make_staff(session)
        await people.log_in(session, client, member.person_id)


async def hand_in(client, text, name="sao-ke-11.csv"):
    return await client.post("/admin/statements", files={"file": (name, text.encode(), "text/csv")})


async def test_a_statement_is_handed_in(client, accountant):
    """The page says what is new, what went out, and which lines could not be read; the list keeps the statement."""
    assert "Chưa có bản nào" in (await client.get("/admin/statements")).text
    text = f"{HEAD}12/11/2026,FT1,,350.000,che\n12/11/2026,FT2,9.000,,phi\nTổng cộng,,,350.000,\n"
    answer = await hand_in(client, text)
    assert answer.status_code == 303
    page = (await client.get(answer.headers["location"])).text
    for words in (
        "1 khoản, 350.000",
        "1 khoản, 9.000",
        "Dòng 4: không thấy ngày",
        "Mới, đã ghi sổ",
        "Tiền ra",
    ):
        assert words in page
    assert "sao-ke-11.csv" in (await client.get("/admin/statements")).text
    again = (await client.get((await hand_in(client, text)).headers["location"])).text
    assert "2 khoản" in again and "Không có dòng nào mới" in again
    assert "Đối chiếu sao kê" in (await client.get("/admin/payments")).text


@pytest.mark.parametrize(
    "files", [{}, {"file": ("x.csv", b"a,b", "text/csv")}, {"file": ("x.xls", b"PK\x00", "x/y")}]
)
async def test_what_is_no_statement_is_said_beside_the_field(client, accountant, files):
    """Nothing chosen, or a file of something else: 422, in words, beside the field."""
    answer = await client.post("/admin/statements", files=files or None, data={"x": "y"})
    assert answer.status_code == 422 and 'id="e-file"' in answer.text


@pytest.mark.parametrize(("act", "words"), [("known", "Đã biết từ trước"), ("other", "Mới, đã ghi sổ")])
async def test_a_doubt_is_decided_with_one_tap(db, house, client, accountant, *, act, words):
    """P24: the page asks once, shows what it may be, and the answer empties the question."""
    async with db.transaction() as session:
        await receipts.record_arrival(
            session,
            receipts.Arrival(
                provider="sepay",
                external_id="1",
                account="bank:970436:0123456789",
                amount_minor=350_000,
                memo="me Lan gui",
                payment_id=None,
                arrived_at=house.clock.now(),
            ),
            now=house.clock.now(),
        )
    answer = await hand_in(client, f"{HEAD}12/11/2026 20:00,FT1,,350.000,chuyen khoan\n")
    page = (await client.get(answer.headers["location"])).text
    assert "Là một khoản, hay hai khoản khác nhau?" in page and "me Lan gui" in page
    assert "1 dòng cần xem" in (await client.get("/admin/statements")).text
    door = page.split('action="/admin/statements/lines/')[1].split('"')[0]
    assert (await client.post(f"/admin/statements/lines/{door}", data={"act": "maybe"})).status_code == 422
    decided = await client.post(f"/admin/statements/lines/{door}", data={"act": act})
    page = (await client.get(decided.headers["location"])).text
    assert words in page and "Cần bạn xem" not in page
    assert (await client.post(f"/admin/statements/lines/{door}", data={"act": act})).status_code == 409


async def test_statements_are_the_accountants(db, client):
    """Logged out goes to the log-in page; a buyer is refused on every door."""
    assert (await client.get("/admin/statements")).status_code == 303
    async with db.transaction() as session:
        person = await people.make_person(session)
        await people.log_in(session, client, person.id)
    assert (await client.get("/admin/statements")).status_code == 403
    assert (await hand_in(client, HEAD)).status_code == 403
