"""Looking after an instance: examine it, copy it away, put it back."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import keys
from app.accounts.models import KeyKind
from app.core import migrations
from app.core.clock import VN, SystemClock, in_vietnam, today
from app.core.db import Database, async_url
from app.core.errors import ConflictError
from app.core.phone import parse_phone
from app.core.postgres import PostgresError
from app.core.postgres_host import locate_binaries
from app.core.settings import Settings
from storefront.closing import service as closing
from storefront.closing.words import QUESTIONS
from storefront.ledger.periods import Period
from storefront.operators import service as operators
from storefront.operators.errors import DiscountError
from storefront.taxes import service as taxes
from storefront.taxes import sheet

LOW_DISK_BYTES = 500 * 1024 * 1024
DUMP = "database.dump"
FILES = "files"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    is_good: bool
    words: str


def examine(settings: Settings, url: str) -> list[Finding]:
    """Look at the database, the disk and the settings; `url` is a database that answers."""
    findings = [Finding(is_good=True, words="Cơ sở dữ liệu trả lời.")]
    is_current = migrations.is_current(url)
    findings.append(
        Finding(
            is_current,
            "Bảng đúng bản mới nhất." if is_current else "Bảng chưa đúng bản: chạy `chophien migrate`.",
        )
    )
    free = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else Path()).free
    findings.append(Finding(free > LOW_DISK_BYTES, f"Ổ đĩa còn {free // (1024 * 1024)} MB."))
    if is_current:
        engine = create_engine(async_url(url))
        with engine.connect() as connection:
            waiting = connection.execute(
                text(
                    "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'todo' "
                    "AND (scheduled_at IS NULL OR scheduled_at < now() - interval '10 minutes')"
                )
            ).scalar_one()
        engine.dispose()
        findings.append(Finding(waiting < 100, f"Việc đang chờ: {waiting}."))  # noqa: PLR2004 - more is a stuck worker
    return findings


def backup(settings: Settings, url: str, folder: Path) -> None:
    """Dump the database and copy the files into `folder`, which must be new; a half-made copy never has its name."""
    if folder.exists():
        raise PostgresError(f"thư mục {folder} đã có rồi, chọn tên khác")
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.mkdir(mode=0o700)  # it holds everybody's address, and the secret
    _run("pg_dump", url, "--format=custom", f"--file={draft / DUMP}")
    stored = settings.data_dir / "files"
    if stored.is_dir():
        shutil.copytree(stored, draft / FILES)
    secret = settings.data_dir / "secret"
    if secret.exists():
        shutil.copy2(secret, draft / "secret")
    draft.rename(folder)


def restore(settings: Settings, url: str, folder: Path) -> None:
    """Put the copy in `folder` back; refuses an instance that already knows people."""
    if not (folder / DUMP).exists():
        raise PostgresError(f"thư mục {folder} không có bản sao lưu")
    engine = create_engine(async_url(url))
    try:
        with engine.connect() as connection:
            people = connection.execute(text("SELECT count(*) FROM people")).scalar_one()
    except SQLAlchemyError:
        people = 0
    finally:
        engine.dispose()
    if people:
        raise PostgresError("nơi này đã có dữ liệu; hãy khôi phục vào một thư mục dữ liệu mới")
    _run(
        "pg_restore", url, "--clean", "--if-exists", "--single-transaction", "--no-owner", str(folder / DUMP)
    )
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if (folder / FILES).is_dir():
        shutil.copytree(folder / FILES, settings.data_dir / "files", dirs_exist_ok=True)
    if (folder / "secret").exists():
        shutil.copy2(folder / "secret", settings.data_dir / "secret")


def _run(program: str, url: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on the database; a password travels by the environment, which `ps` does not show."""
    address = make_url(async_url(url)).set(drivername="postgresql")
    environment = {**os.environ, **({"PGPASSWORD": str(address.password)} if address.password else {})}
    name = URL.create(**{**address._asdict(), "password": None}).render_as_string()
    done = subprocess.run(  # noqa: S603 - the wheel's own binaries
        [str(locate_binaries() / program), f"--dbname={name}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode != 0:
        raise PostgresError(f"{program}: {done.stderr.strip()[-400:]}")


async def create_key(
    url: str,
    *,
    kind: str,
    name: str,
    party: str | None,
    last_day: date | None = None,
    discount_basis_points: int | None = None,
    phone: str | None = None,
) -> str:
    """Make a key that holds up to and with `last_day` in Viet Nam; answers the only copy.

    An `octo` key belongs to the tour operator of this name, who is made at the first; a discount or phone is theirs.
    ValueError for a kind that there is not, for a day that is over, a discount that is none, and a phone that nobody has.
    """
    if kind not in set(KeyKind):
        raise ValueError("loại khóa: " + ", ".join(KeyKind))
    now = SystemClock().now()
    if last_day is not None and last_day < today(now):
        raise ValueError("ngày cuối của khóa đã qua rồi")
    ends_at = datetime.combine(last_day + timedelta(days=1), time(), VN).astimezone(UTC) if last_day else None
    spelled = parse_phone(phone) if phone else None
    async with Database(url, pool_size=1) as database, database.transaction() as session:
        subject_id = None
        if kind == KeyKind.OCTO:
            try:
                operator = await operators.get_or_create_operator(
                    session, name=name, discount_basis_points=discount_basis_points, phone=spelled, now=now
                )
            except DiscountError as error:
                raise ValueError(str(error.message)) from error
            subject_id = operator.id
        return await keys.create_key(
            session,
            kind=KeyKind(kind),
            name=name,
            party=party,
            subject_id=subject_id,
            ends_at=ends_at,
            now=now,
        )


async def list_keys(url: str) -> list[str]:
    """Every key in a line: its id, kind, last instant and name."""
    async with Database(url, pool_size=1) as database, database.transaction() as session:
        return [
            f"{key.id}  {key.kind.value:9}  {_end_of(key.ended_at):16}  {key.name}"
            for key in await keys.list_keys(session)
        ]


def _end_of(ended_at: datetime | None) -> str:
    return f"{in_vietnam(ended_at):%Y-%m-%d %H:%M}" if ended_at else "-"


async def end_key(url: str, key_id: str) -> None:
    """End a key for good; ValueError when there is none of this id, or it has ended already."""
    async with Database(url, pool_size=1) as database, database.transaction() as session:
        if not await keys.end_key(session, UUID(key_id), now=SystemClock().now()):
            raise ValueError("không có khóa này, hoặc khóa đã hết hạn")


async def close_books(
    url: str, *, day: date | None = None, month: date | None = None, is_check: bool = False
) -> tuple[bool, list[str]]:
    """Look a day (yesterday unless named) or a month of the books through, and close it unless `is_check`.

    Answers whether it is well, and each question with what does not fit.
    """
    now = SystemClock().now()
    period = Period.of_month(month) if month else Period.of_day(day or today(now) - timedelta(days=1))
    lines: list[str] = []
    async with Database(url, pool_size=1) as database, database.snapshot() as session:
        found = await closing.look_through(session, period)
        for check in found.checks:
            mark = f"✗ {check.count} chỗ chưa khớp: " if check.count else "✓ "
            lines.append(mark + str(QUESTIONS[check.question]))
            lines += [
                f"    {one.label}: phải là {one.must_be}, trong sổ {one.is_now}" for one in check.findings
            ]
        if is_check:
            return found.is_whole, lines
        try:
            await closing.close_books(session, found, person_id=None, now=now)
        except ConflictError as error:
            return False, [*lines, str(error.message)]
    return True, [*lines, f"Đã khóa sổ {period.since:%d/%m/%Y} - {period.until:%d/%m/%Y}."]


async def export_taxes(url: str, *, month: date, file: Path) -> int:
    """Write a month of withheld tax as CSV, or as a sheet when the file ends in `.xlsx`; answers how many lines."""
    async with Database(url, pool_size=1) as database, database.transaction() as session:
        rows = await taxes.list_month(session, month)
    is_sheet = file.suffix == ".xlsx"
    made = sheet.make_xlsx(rows, month, str) if is_sheet else sheet.make_csv(rows, str).encode()
    await asyncio.to_thread(file.write_bytes, made)
    return len(rows)
