"""Files of bank statements: CSV as the banks of Viet Nam write it, read line by line into movements of money."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from app.core.clock import VN, is_plausible
from app.core.text import fold

MAX_ROWS = 5_000  # a line costs milliseconds, and the account is held meanwhile
_MAX_TEXT = 2_000
_MAX_AMOUNT = 10**15
_HEAD_WITHIN = 60  # banks print their address, the account and the balances first
_DELIMITERS = ",;\t|"


class Column(StrEnum):
    """What a column of a statement says."""

    DAY = "day"
    TIME = "time"
    REFERENCE = "reference"
    CREDIT = "credit"
    DEBIT = "debit"
    AMOUNT = "amount"
    SIDE = "side"
    MEMO = "memo"
    ACCOUNT = "account"


_NAMES = {
    Column.DAY: (
        "ngay", "ngay giao dich", "ngay gd", "thoi gian", "thoi gian giao dich", "ngay gio", "ngay gio giao dich",
        "ngay hach toan", "ngay hieu luc", "date", "transaction date", "trans date", "tnx date", "posting date",
        "booking date", "value date", "date time", "transaction time", "effective date",
    ),
    Column.TIME: ("gio", "gio giao dich", "time", "hour"),
    Column.REFERENCE: (
        "so tham chieu", "ma tham chieu", "ma giao dich", "ma gd", "so giao dich", "so gd", "so but toan", "so ct",
        "so chung tu", "ma chung tu", "reference", "reference number", "reference no", "ref", "ref no", "ref number",
        "transaction id", "transaction code", "transaction number", "transaction no", "trans no", "tnx no", "doc no",
    ),
    Column.CREDIT: (
        "ghi co", "so tien ghi co", "phat sinh co", "ps co", "tien vao", "so tien vao", "thu", "co", "credit",
        "credit amount", "money in", "amount in", "deposit", "deposits",
    ),
    Column.DEBIT: (
        "ghi no", "so tien ghi no", "phat sinh no", "ps no", "tien ra", "so tien ra", "chi", "no", "debit",
        "debit amount", "money out", "amount out", "withdrawal", "withdrawals",
    ),
    Column.AMOUNT: ("so tien", "so tien giao dich", "so tien gd", "phat sinh", "amount", "transaction amount"),
    Column.SIDE: ("loai giao dich", "loai gd", "loai", "no co", "ghi no co", "d c", "c d", "dr cr", "type", "side"),
    Column.MEMO: (
        "noi dung", "noi dung giao dich", "noi dung gd", "noi dung chi tiet", "noi dung chuyen khoan", "dien giai",
        "mo ta", "description", "transaction description", "details", "transaction detail", "transaction details",
        "narrative", "remark", "remarks", "content", "memo",
    ),
    Column.ACCOUNT: ("so tai khoan", "so tk", "tai khoan", "account", "account number", "account no"),
}  # fmt: skip
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names}
_IN = {"c", "cr", "co", "ghi co", "credit", "in", "vao", "tien vao", "+"}
_OUT = {"d", "dr", "no", "ghi no", "debit", "out", "ra", "tien ra", "-"}
_MONEY = re.compile(r"(?:[0-9]{1,3}(?P<dot>[.,])[0-9]{3}(?:(?P=dot)[0-9]{3})*|[0-9]+)(?P<rest>[.,]0{1,2})?")
_DAY = re.compile(
    r"(?:(?P<d>[0-9]{1,2})[/.-](?P<m>[0-9]{1,2})[/.-](?P<y>[0-9]{4})|(?P<Y>[0-9]{4})[/.-](?P<M>[0-9]{1,2})[/.-](?P<D>[0-9]{1,2}))"
)
_TIME = re.compile(r"(?<![0-9])([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:[.][0-9]+)?(?![0-9:])")


class Problem(StrEnum):
    """Why a line of a statement could not be read."""

    NO_DAY = "no_day"
    NO_AMOUNT = "no_amount"
    BAD_AMOUNT = "bad_amount"
    TWO_AMOUNTS = "two_amounts"
    OTHER_ACCOUNT = "other_account"
    BAD_LINE = "bad_line"


class FileProblem(StrEnum):
    """Why a whole file is no statement."""

    NO_TEXT = "no_text"
    NO_HEAD = "no_head"
    TOO_LONG = "too_long"


class StatementFileError(ValueError):
    """The file is no statement that we can read; `problem` says why."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem)
        self.problem = problem


class _LineError(ValueError):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class Row:
    """One movement: đồng, below zero when it went out; midnight in Viet Nam stands for a time that is not told."""

    line: int
    amount_minor: int
    reference: str
    memo: str
    happened_at: datetime
    has_time: bool


@dataclass(frozen=True, kw_only=True)
class StatementFile:
    """What a file says: its movements, and the lines (counted from 1) that could not be read."""

    rows: list[Row]
    problems: dict[int, Problem]


def read(raw: bytes, *, account: str) -> StatementFile:
    """Read a CSV statement of `account` (its number); StatementFileError when it is none.

    Columns are known by their names in Vietnamese or English, wherever the heading stands among the first lines. Blank
    lines are passed over; every other line below the heading is a movement or a problem with its number.
    """
    text = _decode(raw)
    for delimiter in sorted(_DELIMITERS, key=text[:4_000].count, reverse=True):
        lines = _Lines(text, delimiter)
        columns = _find_head(lines)
        if columns:
            return _read_rows(lines, columns, account)
    raise StatementFileError(FileProblem.NO_HEAD)


class _Lines:
    """The records of a CSV text, each with the number of the line that it begins on."""

    def __init__(self, text: str, delimiter: str) -> None:
        self._reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        self._delimiter = delimiter

    def __iter__(self) -> Iterator[tuple[int, list[str] | None]]:
        while True:
            number = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                yield number, None
            else:
                is_swollen = any(self._swallowed(cell) for cell in cells)
                yield number, None if is_swollen else [cell.strip() for cell in cells]

    def _swallowed(self, cell: str) -> bool:
        """Whether a stray quotation mark drew the lines behind it into one cell: they must not vanish in a memo."""
        return any(later.count(self._delimiter) > 1 for later in cell.splitlines()[1:])


def _decode(raw: bytes) -> str:
    """Read UTF-8, UTF-16 with its mark, or Windows-1258, the old way of Vietnamese offices."""
    is_wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    codings = ["utf-16"] if is_wide else ["utf-8-sig", "cp1258"]
    for coding in codings:
        try:
            text = raw.decode(coding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and text.strip():
            return text
    raise StatementFileError(FileProblem.NO_TEXT)


def _find_head(lines: _Lines) -> dict[Column, int] | None:
    for number, cells in lines:
        found: dict[Column, int] = {}
        for place, cell in enumerate(cells or ()):
            column = _column_of(cell)
            if column is not None:
                found.setdefault(column, place)
        if Column.DAY in found and found.keys() & {Column.CREDIT, Column.DEBIT, Column.AMOUNT}:
            return found
        if number > _HEAD_WITHIN:
            return None
    return None


def _column_of(title: str) -> Column | None:
    """Know a column by its title, or by one half of a title in two languages; what stands in brackets is a unit."""
    whole = re.sub(r"\([^)]*\)", " ", title)
    for part in (whole, *re.split(r"[/\n\r]", whole)):
        name = " ".join(re.sub(r"[^a-z0-9 ]", " ", fold(part)).split())
        if name == "no" and "n\u1ee3" not in part.casefold():  # "No." counts lines, "Nợ" is money that left
            continue
        if name in _COLUMN_OF:
            return _COLUMN_OF[name]
    return None


def _read_rows(lines: _Lines, columns: dict[Column, int], account: str) -> StatementFile:
    rows: list[Row] = []
    problems: dict[int, Problem] = {}
    for number, cells in lines:
        if len(rows) + len(problems) >= MAX_ROWS:
            raise StatementFileError(FileProblem.TOO_LONG)
        if cells is None:
            problems[number] = Problem.BAD_LINE
        elif any(cells):
            try:
                rows.append(_read_row(number, cells, columns, account))
            except _LineError as error:
                problems[number] = error.problem
    return StatementFile(rows=rows, problems=problems)


def _read_row(number: int, cells: list[str], columns: dict[Column, int], account: str) -> Row:
    def cell(column: Column) -> str:
        place = columns.get(column, len(cells))
        return cells[place][:_MAX_TEXT] if place < len(cells) else ""

    happened_at, has_time = _read_instant(cell(Column.DAY), cell(Column.TIME))
    amount = _read_amounts(cell(Column.CREDIT), cell(Column.DEBIT), cell(Column.AMOUNT), cell(Column.SIDE))
    told = re.sub(r"[^0-9A-Za-z]", "", cell(Column.ACCOUNT))
    if told and told != account:
        raise _LineError(Problem.OTHER_ACCOUNT)
    return Row(
        line=number,
        amount_minor=amount,
        reference=cell(Column.REFERENCE),
        memo=cell(Column.MEMO),
        happened_at=happened_at,
        has_time=has_time,
    )


def _read_instant(day_text: str, time_text: str) -> tuple[datetime, bool]:
    found = _DAY.search(day_text)
    if found is None:
        raise _LineError(Problem.NO_DAY)
    try:
        day = date(*(int(found[big] or found[small]) for big, small in (("Y", "y"), ("M", "m"), ("D", "d"))))
        rest = day_text[: found.start()] + " " + day_text[found.end() :].replace("T", " ")
        clock = _TIME.search(time_text) or _TIME.search(rest)
        at = time(int(clock[1]), int(clock[2]), int(clock[3] or 0)) if clock else time()
    except ValueError as error:
        raise _LineError(Problem.NO_DAY) from error
    if not is_plausible(day):
        raise _LineError(Problem.NO_DAY)
    return datetime.combine(day, at, VN), clock is not None


def _read_amounts(credit: str, debit: str, amount: str, side: str) -> int:
    """Join what the columns say: two columns, one with a sign, or one with a column for the side."""
    came, left, moved = _read_money(credit), _read_money(debit), _read_money(amount)
    if came and left:
        raise _LineError(Problem.TWO_AMOUNTS)
    if came or left:
        return abs(came) - abs(left)
    if moved == 0:
        raise _LineError(Problem.NO_AMOUNT)
    word = fold(side)
    if word in _OUT:
        return -abs(moved)
    return abs(moved) if word in _IN else moved


def _read_money(text: str) -> int:
    """Read "1.234.567", "1,234,567.00", "-350000 VND" or "(350,000)" into đồng; nothing is 0."""
    bare = re.sub(r"[\s\u00a0₫đ]|vnd|vnđ", "", text.casefold())
    sign = -1 if bare.startswith("-") or (bare.startswith("(") and bare.endswith(")")) else 1
    bare = bare.strip("()").lstrip("+-")
    if bare in {"", "-"}:
        return 0
    found = _MONEY.fullmatch(bare)
    is_odd = found is not None and found["dot"] is not None and (found["rest"] or "").startswith(found["dot"])
    if found is None or is_odd:
        raise _LineError(Problem.BAD_AMOUNT)
    whole = bare[: found.start("rest")] if found["rest"] else bare
    amount = int(re.sub(r"[.,]", "", whole))
    if amount > _MAX_AMOUNT:
        raise _LineError(Problem.BAD_AMOUNT)
    return sign * amount
