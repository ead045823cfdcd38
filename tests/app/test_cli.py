"""The command, as a person runs it: real processes, real signals, a data folder of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from app.core.clock import SystemClock
from app.core.db import Database
from app.core.ids import uuid7
from app.core.jobs import defer
from app.core.postgres import EmbeddedPostgres
from tests.serving import free_port, is_ready, named, run_command

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60  # the machine is shared; a good run needs a tenth of it

Folder = Callable[[], Path]


@pytest.fixture(scope="module")
def new_folder() -> Iterator[Folder]:
    """Makes data folders that PostgreSQL's account may pass through; their databases go with them."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="chophien-cli-")))
        made[-1].chmod(0o711)  # root hands PostgreSQL to `nobody`
        return made[-1] / "data"

    yield make
    for folder in made:
        if (folder / "data" / "postgres").exists():
            EmbeddedPostgres(folder / "data" / "postgres").remove()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def home(new_folder: Folder) -> Path:
    """An instance that `chophien migrate` made, shared by the tests that leave it whole."""
    folder = new_folder()
    done = run(folder, "migrate")
    assert done.returncode == 0, done.stderr
    return folder


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """A shell's variables, with none of ours but these."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHOPHIEN_")}
    ours = {f"CHOPHIEN_{name.upper()}": value for name, value in settings.items()}
    return {**clean, "CHOPHIEN_DATA_DIR": str(data_dir), **ours}


def run(data_dir: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one verb to its end."""
    return run_command(environment(data_dir, **settings), *arguments, timeout_s=PATIENCE_S)


def wait_for(is_so: Callable[[], bool], what: str) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s: {what}"
        time.sleep(0.05)


def parent_of(pid: int) -> int | None:
    """Who started a process that lives; None when it ended (a zombie has ended)."""
    try:
        state, parent, *_rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else int(parent)


def children_of(pid: int) -> list[int]:
    """The processes that one started."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and parent_of(int(entry.name)) == pid
    ]


def postmaster_of(data_dir: Path) -> int:
    """The process id of the running database."""
    postgres = data_dir / "postgres"
    pointer = postgres / "elsewhere"
    cluster = Path(pointer.read_text().strip()) if pointer.exists() else postgres
    return int((cluster / "pg" / "postmaster.pid").read_text().split()[0])


class Served:
    """`chophien serve` in the background."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.with_name("serve.log")
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port), *options],
                cwd=ROOT,
                env=environment(data_dir),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.log.read_text(encoding="utf-8")

    def is_ready(self) -> bool:
        """Whether it answers that it can serve."""
        assert self.process.poll() is None, self.said
        return is_ready(self.port)

    def wait_until_ready(self) -> None:
        """Wait until it can serve and its worker is there."""
        wait_for(self.is_ready, "the web answers")
        wait_for(lambda: self.find_worker() is not None, "the worker is there")

    def find_worker(self) -> int | None:
        """The process id of the job worker."""
        return next(iter(named(self.process.pid, "chophien-worker")), None)

    def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Starts the service; what a failing test leaves running is ended."""
    started: list[Served] = []

    def start(data_dir: Path, *options: str) -> Served:
        started.append(Served(data_dir, *options))
        return started[-1]

    yield start
    for served in started:
        served.end()


def test_migrate_twice_changes_nothing(home: Path) -> None:
    """`migrate` on the newest shape succeeds, makes no second cluster, and stops the database it started."""
    done = run(home, "migrate")
    assert done.returncode == 0
    assert "tạo cơ sở dữ liệu" not in done.stderr
    assert not EmbeddedPostgres(home / "postgres").is_running


def test_doctor_when_all_is_well(home: Path) -> None:
    """`doctor` says what it looked at and exits 0."""
    done = run(home, "doctor")
    assert done.returncode == 0, done.stdout
    assert "✓ Bảng đúng bản mới nhất." in done.stdout
    assert "✗" not in done.stdout


def test_doctor_when_the_database_is_away(home: Path) -> None:
    """`doctor` exits 1 in plain words when nobody answers at the address, and never shows the password."""
    url = f"postgresql://someone:pass-word-1@127.0.0.1:{free_port()}/shop"
    done = run(home, "doctor", database_url=url)
    assert done.returncode == 1
    assert done.stdout.startswith("✗ Cơ sở dữ liệu không chạy")
    assert "Traceback" not in done.stderr
    assert "pass-word-1" not in done.stdout + done.stderr


def test_doctor_when_a_table_is_missing(new_folder: Folder) -> None:
    """`doctor` on an empty database exits 1 and names the verb that helps."""
    done = run(new_folder(), "doctor")
    assert done.returncode == 1
    assert "chạy `chophien migrate`" in done.stdout


def test_production_refuses_what_is_only_safe_at_home(home: Path) -> None:
    """In production every missing setting is named in one line, and nothing starts."""
    done = run(home, "serve", env="production", public_url="http://shop.example")
    assert done.returncode == 1
    assert done.stderr.startswith("Chưa chạy được: production needs: CHOPHIEN_SECRET_KEY")
    assert "CHOPHIEN_PUBLIC_URL (https)" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_wrong_setting_is_named_without_its_value(home: Path) -> None:
    """A setting that cannot be read is named; its value, which may be a secret, is not repeated."""
    done = run(home, "doctor", trusted_proxies="many-many")
    assert done.returncode == 1
    assert "CHOPHIEN_TRUSTED_PROXIES" in done.stderr
    assert "many-many" not in done.stderr


def test_backup_and_restore(new_folder: Folder, home: Path) -> None:
    """What `backup` wrote, `restore` puts into another folder: rows, files and the secret; never over people."""
    source, target = new_folder(), new_folder()
    assert run(source, "migrate").returncode == 0
    with EmbeddedPostgres(source / "postgres") as server:
        conninfo = server.url().replace("+psycopg", "")
        with psycopg.connect(conninfo) as connection:
            connection.execute(
                "INSERT INTO people (id, name, phone, created_at) VALUES (%s, 'Lò Thị Hoa', '+84912345678', now())",
                [uuid7()],
            )
    (source / "files" / "photos").mkdir(parents=True)
    (source / "files" / "photos" / "1.webp").write_bytes(b"leaf")
    (source / "secret").write_text("k" * 64)
    copy = source.with_name("copy")

    assert run(source, "backup", str(copy)).returncode == 0
    again = run(source, "backup", str(copy))
    assert again.returncode == 1
    assert "đã có rồi" in again.stderr
    assert copy.stat().st_mode & 0o077 == 0

    restored = run(target, "restore", str(copy))
    assert restored.returncode == 0, restored.stderr
    assert (target / "files" / "photos" / "1.webp").read_bytes() == b"leaf"
    assert (target / "secret").read_text() == "k" * 64
    with (
        EmbeddedPostgres(target / "postgres") as server,
        psycopg.connect(server.url().replace("+psycopg", "")) as connection,
    ):
        assert connection.execute("SELECT name FROM people").fetchall() == [("Lò Thị Hoa",)]
    assert run(target, "doctor").returncode == 0

    over_people = run(target, "restore", str(copy))
    assert over_people.returncode == 1
    assert "đã có dữ liệu" in over_people.stderr
    nothing = run(home, "restore", str(home))
    assert nothing.returncode == 1
    assert "không có bản sao lưu" in nothing.stderr


async def test_serve_until_sigterm(home: Path, serve: Callable[..., Served]) -> None:
    """`serve` answers, its worker works, and SIGTERM ends web, worker and database."""
    served = serve(home)
    served.wait_until_ready()
    worker = served.find_worker()
    assert worker is not None
    assert "tạo cơ sở dữ liệu" not in served.said, "a second start makes no new cluster"
    assert "dựng bảng" not in served.said, "nor does it migrate again"
    assert served.url in served.said
    async with httpx.AsyncClient(base_url=served.url) as visitor:
        assert (await visitor.get("/login")).status_code == 200

    embedded = EmbeddedPostgres(home / "postgres")
    embedded.start()
    async with Database(embedded.url(), pool_size=1) as database:
        async with database.transaction() as session:
            await defer(session, "cart.forget_carts", at=SystemClock().now())
        with psycopg.connect(database.conninfo, autocommit=True) as connection:
            wait_for(
                lambda: (
                    connection.execute(
                        "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'cart.forget_carts'"
                    ).fetchone()
                    == (0,)
                ),
                "the worker does the job",
            )
    embedded.stop()

    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(PATIENCE_S) == 128 + signal.SIGTERM
    assert parent_of(worker) is None
    assert not embedded.is_running


def test_kill_9_leaves_what_the_next_start_uses(home: Path, serve: Callable[..., Served]) -> None:
    """After `kill -9` worker and web processes end by themselves, and the next start takes the same database on."""
    served = serve(home, "--workers", "2")
    served.wait_until_ready()
    family = children_of(served.process.pid)
    postmaster = postmaster_of(home)
    served.process.kill()
    served.process.wait()
    wait_for(lambda: all(parent_of(pid) is None for pid in family), "web and worker end")
    assert postmaster_of(home) == postmaster

    following = serve(home)
    following.wait_until_ready()
    assert postmaster_of(home) == postmaster
    following.process.send_signal(signal.SIGTERM)
    following.process.wait(PATIENCE_S)
    assert not EmbeddedPostgres(home / "postgres").is_running


def test_a_dead_worker_is_replaced_until_the_terminal_closes(
    home: Path, serve: Callable[..., Served]
) -> None:
    """A worker that dies comes back while the web serves on; the end of the terminal (SIGHUP) ends the whole tree."""
    served = serve(home)
    served.wait_until_ready()
    first = served.find_worker()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: served.find_worker() not in {None, first}, "another worker is there")
    assert served.is_ready()
    served.process.send_signal(signal.SIGHUP)
    assert served.process.wait(PATIENCE_S) == 128 + signal.SIGTERM
    assert served.find_worker() is None
    assert not EmbeddedPostgres(home / "postgres").is_running


def test_serve_on_a_port_that_is_taken(new_folder: Folder) -> None:
    """A taken port is refused in one line before anything else is started."""
    folder = new_folder()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(folder, "serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "hãy chọn cổng khác" in done.stderr
    assert not (folder / "postgres").exists()


def test_the_books_are_closed_by_command(home: Path) -> None:
    """A day and a month are looked through and closed; a day that is not over is refused, a check changes nothing."""
    looked = run(home, "ledger", "close", "--check")
    assert (
        looked.returncode == 0
        and "✓ Bút toán nào cũng cộng bằng không" in looked.stdout
        and "Đã khóa" not in looked.stdout
    )
    day = run(home, "ledger", "close", "--day", "2026-01-05")
    assert day.returncode == 0 and "Đã khóa sổ 05/01/2026 - 05/01/2026." in day.stdout
    month = run(home, "ledger", "close", "--month", "2026-02")
    assert "Đã khóa sổ 01/02/2026 - 28/02/2026." in month.stdout
    early = run(home, "ledger", "close", "--day", "2199-01-01")
    assert early.returncode == 1 and "chưa hết" in early.stdout


def test_a_month_of_tax_by_command(home: Path, tmp_path: Path) -> None:
    """The month is written as CSV or as a sheet; a folder that is not there is said in one line."""
    for name in ("thue.csv", "thue.xlsx"):
        done = run(home, "taxes", "export", "--month", "2026-11", str(tmp_path / name))
        assert done.returncode == 0 and "Đã ghi 0 dòng" in done.stdout, done.stderr
    assert "Mã số thuế" in (tmp_path / "thue.csv").read_text(encoding="utf-8-sig")
    assert (tmp_path / "thue.xlsx").read_bytes().startswith(b"PK")
    nowhere = run(home, "taxes", "export", "--month", "2026-11", str(tmp_path / "away" / "thue.csv"))
    assert nowhere.returncode == 1 and "Chưa chạy được" in nowhere.stderr


def test_the_public_log_by_command(home: Path, tmp_path: Path) -> None:
    """The own log is looked over, its keys are shown, a key is made; what is no proof or does not answer is said so."""
    done = run(home, "log", "verify")
    assert (done.returncode, done.stdout) == (0, "Đúng: 0 dòng trong sổ, 0 sự kiện khớp từng chữ.\n")
    keys = run(home, "log", "key").stdout.split()
    assert [key.partition("+")[0] for key in keys] == ["127.0.0.1:8000/log", "127.0.0.1:8000/witness"]
    made = run(home, "keys", "create", "--kind", "epcis", "--name", "Cửa hàng", "--party", "9521234500044")
    assert made.returncode == 0 and made.stdout.startswith("cp_epcis_") and made.stdout.count("\n") == 1
    wrong = run(home, "keys", "create", "--kind", "none", "--name", "x")
    assert wrong.returncode == 1 and "octo, epcis, inspector" in wrong.stderr
    over = run(home, "keys", "create", "--kind", "inspector", "--name", "x", "--until", "2020-01-31")
    assert over.returncode == 1 and "đã qua" in over.stderr
    made = run(home, "keys", "create", "--kind", "inspector", "--name", "Chi cục", "--until", "2999-12-31")
    assert made.stdout.startswith("cp_inspector_") and made.stdout.count("\n") == 1
    [shop, office] = run(home, "keys", "list").stdout.splitlines()
    assert "Cửa hàng" in shop and office.split()[1:4] == ["inspector", "3000-01-01", "00:00"]
    key_id = office.split()[0]
    assert run(home, "keys", "end", key_id).returncode == 0
    for gone in (key_id, "nothing"):
        assert run(home, "keys", "end", gone).returncode == 1
    made = run(
        home,
        "keys",
        "create",
        "--kind",
        "octo",
        "--name",
        "Sông Cầu",
        "--discount",
        "12.5",
        "--phone",
        "0912345678",
    )
    assert made.stdout.startswith("cp_octo_") and made.stdout.count("\n") == 1, made.stderr
    for wrong_option in (("--discount", "100"), ("--phone", "123")):
        wrong = run(home, "keys", "create", "--kind", "octo", "--name", "Sông Cầu", *wrong_option)
        assert wrong.returncode == 1 and not wrong.stdout
    file = tmp_path / "x.tlog-proof"
    file.write_text("x")
    assert run(home, "verify", str(file)).returncode == 1
    away = f"http://127.0.0.1:{free_port()}/log"
    for verb in (("log", "verify", away), ("witness", away, "--key", keys[0])):
        done = run(home, *verb)
        assert done.returncode == 1 and "không nối được" in done.stderr
