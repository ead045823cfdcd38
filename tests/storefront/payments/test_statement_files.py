"""Files of statements: what the banks write is read, and what cannot be read is answered by its line."""

import csv
import io
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import VN
from storefront.payments import statement_files
from storefront.payments.statement_files import FileProblem, Problem, StatementFileError

ACCOUNT = "0123456789"


def read(text, coding="utf-8"):
    return statement_files.read(text.encode(coding), account=ACCOUNT)


VIETNAMESE = """NGÂN HÀNG TMCP NGOẠI THƯƠNG
Số tài khoản:,0123456789
Kỳ:,01/11/2026 - 30/11/2026

STT,Ngày giao dịch,Số tham chiếu,Ghi nợ (VND),Ghi có (VND),Số dư,Nội dung
1,12/11/2026 09:03:11,FT26316208,,"350.000","1.350.000",CP2345678 chuyen tien
2,12/11/2026,FT26316209,"120,000.00",,"1.230.000","phi, thang 11"
"""
ENGLISH = """Transaction Date;Time;Reference No.;Amount;Type;Description
2026-11-12;09:03;FT1;350000;CR;che
2026-11-13;;FT2;50000;D;fee
2026-11-14;;;-20000;;back
2026-11-15;;;+7 VND;;in
2026-11-16;;;(1.000);;out
"""
BOTH = "Ngày GD/\tSố tiền / Amount\tDiễn giải\n12-11-2026 23:59:59\t1.000.000\tche\n"


def test_a_vietnamese_statement_is_read():
    """The heading is found under the bank's own lines; marks, groups, brackets and commas in a memo are understood."""
    first, second = read(VIETNAMESE).rows
    assert (first.line, first.amount_minor, first.reference) == (6, 350_000, "FT26316208")
    assert (first.happened_at, first.has_time) == (datetime(2026, 11, 12, 9, 3, 11, tzinfo=VN), True)
    assert (second.line, second.amount_minor, second.memo) == (7, -120_000, "phi, thang 11")
    assert (second.happened_at, second.has_time) == (datetime(2026, 11, 12, tzinfo=VN), False)


def test_an_english_statement_is_read():
    """One column of amounts with signs, brackets or a column for the side; the time may stand apart."""
    rows = read(ENGLISH).rows
    assert [row.amount_minor for row in rows] == [350_000, -50_000, -20_000, 7, -1_000]
    assert rows[0].happened_at == datetime(2026, 11, 12, 9, 3, tzinfo=VN) and rows[0].has_time


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_titles_in_two_languages_and_any_coding_are_read(coding):
    """Half a title is enough, tabs divide as well, and the file may bear a mark of its coding."""
    [row] = read(BOTH, coding).rows
    assert row.amount_minor == 1_000_000 and row.memo == "che"


def test_the_old_coding_of_offices_is_read():
    """Windows-1258 is understood where UTF-8 is not."""
    raw = b"Date,Credit,Memo\n12/11/2026,350000," + b"ch\xe8\n"
    [row] = statement_files.read(raw, account=ACCOUNT).rows
    assert row.memo == "chè"


def test_a_mark_tells_money_out_from_a_number():
    """A column "No." counts the lines, a column "Nợ" is the money that left."""
    [row] = read("No.,Ngày,Nợ,Có\n1,12/11/2026,,5\n").rows
    assert row.amount_minor == 5
    [row] = read("STT,Ngày,Nợ,Có\n1,12/11/2026,5,\n").rows
    assert row.amount_minor == -5


HEAD = "Ngày,Ghi nợ,Ghi có,Số tài khoản,Nội dung\n"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Tổng cộng,0,350.000,,", Problem.NO_DAY),
        ("31/02/2026,,5,,", Problem.NO_DAY),
        ("12/11/1926,,5,,", Problem.NO_DAY),
        ("12/11/2026 25:00,,5,,", Problem.NO_DAY),
        ("12/11/2026", Problem.NO_AMOUNT),
        ("12/11/2026,0,0.00,,", Problem.NO_AMOUNT),
        ("12/11/2026,-,,,", Problem.NO_AMOUNT),
        ("12/11/2026,,1.5,,", Problem.BAD_AMOUNT),
        ("12/11/2026,,1.000.00,,", Problem.BAD_AMOUNT),
        ('12/11/2026,,"1.000,50",,', Problem.BAD_AMOUNT),
        ("12/11/2026,,nhiều,,", Problem.BAD_AMOUNT),
        ("12/11/2026,,9999999999999999,,", Problem.BAD_AMOUNT),
        ("12/11/2026,5,5,,", Problem.TWO_AMOUNTS),
        ("12/11/2026,,5,9876543210,", Problem.OTHER_ACCOUNT),
        ('12/11/2026,,5,,"a" b', Problem.BAD_LINE),
    ],
)
def test_a_line_that_cannot_be_read_is_answered_by_its_number(line, problem):
    """The lines around a bad one are read, and the bad one is named, never dropped."""
    good = "12/11/2026,,7,0123456789,che\n"
    file = read(f"{HEAD}{good}\n{line}\n{good}")
    assert file.problems == {4: problem}
    assert [row.line for row in file.rows] == [2, 5]


def test_a_stray_quotation_mark_hides_no_lines():
    """Lines drawn into one cell by a quotation mark that nobody closed are a problem, not a memo."""
    swallowed = f'{HEAD}12/11/2026,,5,,"che\n12/11/2026,,6,,x\n12/11/2026,,7,,y"\n12/11/2026,,8,,z\n'
    file = read(swallowed)
    assert file.problems == {2: Problem.BAD_LINE} and [row.amount_minor for row in file.rows] == [8]
    assert read(f'{HEAD}12/11/2026,,5,,"che\n').problems == {2: Problem.BAD_LINE}
    assert read(f'{HEAD}12/11/2026,,5,,"hai\ndong"\n').rows[0].memo == "hai\ndong"


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", FileProblem.NO_TEXT),
        (b"  \n", FileProblem.NO_TEXT),
        (b"\xff\xfe\x00", FileProblem.NO_TEXT),
        (b"PK\x03\x04\x00\x00", FileProblem.NO_TEXT),
        (b"Date,Balance\n12/11/2026,5\n", FileProblem.NO_HEAD),
        (b"a,b\n" * 100 + b"Date,Credit\n", FileProblem.NO_HEAD),
        (b"Date,Credit\n" + b"x,1\n" * 5_001, FileProblem.TOO_LONG),
    ],
)
def test_what_is_no_statement_is_refused(raw, problem):
    """A workbook, a picture, a table of something else: refused as a whole, in words."""
    with pytest.raises(StatementFileError) as caught:
        statement_files.read(raw, account=ACCOUNT)
    assert caught.value.problem is problem


memos = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r\n", exclude_categories=["Cs", "Cc"]), max_size=30
)


@given(
    st.lists(
        st.tuples(
            st.integers(-(10**12), 10**12).filter(bool), memos, st.dates(date(2001, 1, 1), date(2199, 1, 1))
        ),
        max_size=8,
    ),
    st.sampled_from(",;\t"),
    st.booleans(),
)
def test_every_movement_of_a_file_is_read(movements, delimiter, is_grouped):
    """Whatever the memo holds, each row comes out with its amount, its sign and its line."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["Ngày", "Tiền ra", "Tiền vào", "Mô tả"])
    for amount, memo, day in movements:
        said = f"{abs(amount):,}" if is_grouped else str(abs(amount))
        writer.writerow([f"{day:%d/%m/%Y}", said if amount < 0 else "", said if amount > 0 else "", memo])
    file = read(out.getvalue())
    assert not file.problems
    assert [(row.amount_minor, row.memo) for row in file.rows] == [
        (amount, memo.strip()) for amount, memo, _d in movements
    ]
    assert [row.line for row in file.rows] == list(range(2, len(movements) + 2))


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: ("Date,Credit,Memo\n" + text).encode("utf-8", "ignore"))
)
def test_whatever_is_handed_in_is_read_or_refused(raw):
    """No file makes the reader fall over."""
    try:
        file = statement_files.read(raw, account=ACCOUNT)
    except StatementFileError:
        return
    assert all(row.amount_minor for row in file.rows)
