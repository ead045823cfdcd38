"""The embedded PostgreSQL, tried with real servers, real processes and real kills."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from app.core.postgres import EmbeddedPostgres, PostgresError, wait_until_ready
from app.core.postgres_cluster import Cluster, _is_postmaster, answers, recorded
from app.core.postgres_host import (
    Account,
    Home,
    choose_account,
    locate_binaries,
    locked,
    reachable_binaries,
    run,
)

ROOT = Path(__file__).parents[3]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
HOLDER = """
import signal
import sys
from pathlib import Path
from app.core.postgres import EmbeddedPostgres
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with Ctrl-C ignored
server = EmbeddedPostgres(Path(sys.argv[1]), fsync=False)
server.start()
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""


class Processes:
    """Python processes that hold a server until their stdin closes."""

    def __init__(self):
        self.started = []

    def hold(self, data_dir):
        """Start a process that starts the server."""
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", HOLDER, str(data_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def hold_ready(self, data_dir):
        """Start a process and wait until it uses the server."""
        process = self.hold(data_dir)
        assert process.stdout.readline() == "ready\n"
        return process

    def end(self):
        """Kill what still runs."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.stdin.close()
            process.stdout.close()
            process.wait()


@pytest.fixture
def place() -> Iterator[Path]:
    """Make a folder that every account may pass through; servers that a failed test leaves in it are stopped."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    folder.chmod(0o711)
    yield folder
    for record in folder.rglob("postmaster.pid"):
        pid, socket_dir = recorded(record.parent)
        if _is_postmaster(pid, record.parent):
            os.kill(pid, signal.SIGQUIT)
            os.kill(pid, signal.SIGCONT)
            until(lambda where=socket_dir: not answers(where))
    shutil.rmtree(folder)


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Holders of a server, ended with the test."""
    holders = Processes()
    yield holders
    holders.end()


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that must come true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def embedded(data_dir: Path, **options) -> EmbeddedPostgres:
    """Make a server without fsync, whose fallback is thrown away with the test."""
    return EmbeddedPostgres(data_dir, fsync=False, **{"fallback": data_dir.parent / "fallback", **options})


def connect(server: EmbeddedPostgres, database: str = "chophien") -> psycopg.Connection:
    """Make a plain connection, as any client would make it."""
    return psycopg.connect(server.url(database).replace("+psycopg", ""), autocommit=True)


def ask(server: EmbeddedPostgres, question: str) -> str:
    """Ask for the first value that the server answers."""
    with connect(server) as connection:
        return connection.execute(question).fetchone()[0]


def postmaster(data_dir: Path) -> int:
    """Read the process id that the cluster records."""
    return recorded(data_dir / "pg")[0]


def home_of(data_dir: Path) -> Path:
    """Find the folder of the cluster, wherever it lives."""
    pointer = data_dir / "elsewhere"
    return Path(pointer.read_text().strip()) if pointer.is_file() else data_dir


# ---------------------------------------------------------------- the plain life of a server


def test_first_start_makes_a_cluster_and_the_second_only_starts(place):
    """The first start makes the cluster, later starts find its data, and progress tells which work was done."""
    server, told = embedded(place / "var" / "postgres"), []
    server.start(told.append)
    with connect(server) as connection:
        connection.execute("create table teas (name text)")
        connection.execute("insert into teas values ('Shan Tuyết')")
    server.stop()
    assert told == ["initdb", "start"]
    assert not server.is_running
    told.clear()
    server.start(told.append)
    assert told == ["start"]
    assert ask(server, "select name from teas") == "Shan Tuyết"
    assert ask(server, "select version()").startswith("PostgreSQL 18")
    server.stop()
    server.stop()
    assert sorted(path.name for path in server.data_dir.iterdir()) == [
        "pg",
        "server.log",
        "server.log.1",
        "start.lock",
        "use.lock",
    ]


def test_server_is_private_and_set_as_asked(place):
    """It listens on no network address, keeps UTC and UTF-8, and takes the settings and fsync that were asked for."""
    settings = {"work_mem": "7MB", "log_line_prefix": 'it\'s "quoted" $HOME '}
    with EmbeddedPostgres(place / "data", settings=settings) as server:
        answered = {
            name: ask(server, f"show {name}")
            for name in (
                "listen_addresses",
                "fsync",
                "work_mem",
                "TimeZone",
                "server_encoding",
                "max_connections",
            )
        }
        assert answered == {
            "listen_addresses": "",
            "fsync": "on",
            "work_mem": "7MB",
            "TimeZone": "UTC",
            "server_encoding": "UTF8",
            "max_connections": "200",
        }
        assert ask(server, "show log_line_prefix") == settings["log_line_prefix"]
        socket_dir = recorded(server.data_dir / "pg")[1]
        assert socket_dir.stat().st_mode & 0o777 == 0o700
        assert (server.data_dir / "pg").stat().st_mode & 0o777 == 0o700
    with embedded(place / "data") as server:
        assert ask(server, "show fsync") == "off"


def test_databases_are_made_copied_and_dropped(place):
    """Databases are created empty or from a template and dropped while in use; odd names are only names."""
    with embedded(place / "data") as server:
        odd = 'chợ "phiên" %s/?&'
        server.create_database(odd)
        with connect(server, odd) as connection:
            connection.execute("create table teas as select 7 as grams")
        server.create_database("copy", template=odd)
        with connect(server, "copy") as connection:
            assert connection.execute("select grams from teas").fetchone() == (7,)
            assert server.has_database("copy")
            server.drop_database("copy")
        server.drop_database("copy")
        assert not server.has_database("copy")
        with pytest.raises(PostgresError, match=r"could not be created.*already exists"):
            server.create_database(odd)
        with pytest.raises(PostgresError, match="could not be dropped"):
            server.drop_database("template1")


def test_binaries_include_the_tools(place):
    """The tools beside the server work against its address, as backup needs them to."""
    with embedded(place / "data") as server:
        address = server.url().replace("+psycopg", "")
        dump = subprocess.run(
            [server.binaries / "pg_dump", address], capture_output=True, text=True, check=True
        )
        assert "PostgreSQL database dump complete" in dump.stdout
        assert {"pg_restore", "psql", "pgbench"} <= {path.name for path in server.binaries.iterdir()}


def test_address_needs_a_start(place):
    """Before the start there is neither an address nor a server nor a folder."""
    server = embedded(place / "data")
    with pytest.raises(PostgresError, match="start it first"):
        server.url()
    assert not server.is_running
    assert not server.data_dir.exists()


def test_two_data_folders_at_once(place):
    """Two data folders have two servers that know nothing of each other."""
    with embedded(place / "one") as one, embedded(place / "two") as two:
        one.create_database("only_here")
        assert not two.has_database("only_here")


def test_remove_takes_everything_away_but_not_from_others(place, processes):
    """Removing deletes the data folder, and is refused while somebody else uses the server."""
    server = embedded(place / "data")
    server.start()
    holder = processes.hold_ready(server.data_dir)
    with pytest.raises(PostgresError, match="still in use"):
        server.remove()
    holder.communicate("")
    server.remove()
    assert not server.data_dir.exists()


# ---------------------------------------------------------------- many processes


def test_second_process_shares_and_the_last_one_out_stops(place, processes):
    """A second process uses the same server; whoever leaves first leaves it running, the last one stops it."""
    server = embedded(place / "data")
    server.start()
    pid = postmaster(server.data_dir)
    holder = processes.hold_ready(server.data_dir)
    assert postmaster(server.data_dir) == pid
    server.stop()
    assert server.is_running
    holder.communicate("")
    assert holder.returncode == 0
    assert not server.is_running
    assert not (server.data_dir / "pg" / "postmaster.pid").exists()


def test_four_processes_at_once_on_an_empty_folder(place, processes):
    """Four processes that start at the same instant make one cluster and share one server."""
    holders = [processes.hold(place / "data") for _ in range(4)]
    assert [holder.stdout.readline() for holder in holders] == ["ready\n"] * 4
    for holder in holders:
        holder.communicate("")
    assert [holder.returncode for holder in holders] == [0] * 4
    assert not embedded(place / "data").is_running
    assert not (place / "data" / "server.log.1").exists()  # one start, one log


def test_killed_owner_leaves_a_server_that_is_reused_and_stopped(place, processes):
    """After kill -9 of its only user the server runs on, the next process uses it, and the last one stops it."""
    holder = processes.hold_ready(place / "data")
    pid = postmaster(place / "data")
    holder.kill()
    holder.wait()
    server = embedded(place / "data")
    assert server.is_running
    told = []
    server.start(told.append)
    assert told == []
    assert postmaster(server.data_dir) == pid
    server.stop()
    assert not server.is_running


def test_owner_killed_during_initdb_leaves_nothing_half_made(place, processes):
    """Kill -9 in the middle of initdb: the next start waits for the orphan, then makes a whole cluster."""
    holder = processes.hold(place / "data")
    until((place / "data" / "pg.new" / "PG_VERSION").exists)
    holder.kill()
    holder.wait()
    assert not (place / "data" / "pg").exists()
    with embedded(place / "data") as server:
        assert server.has_database("chophien")
        assert not (server.data_dir / "pg.new").exists()


def test_interrupted_initdb_leaves_nothing_half_made(place, processes):
    """Ctrl-C in the middle of initdb ends initdb too, and the next start makes a whole cluster."""
    holder = processes.hold(place / "data")
    until((place / "data" / "pg.new" / "PG_VERSION").exists)
    holder.send_signal(signal.SIGINT)
    holder.wait(timeout=20)
    assert not (place / "data" / "pg").exists()
    with locked(place / "data" / "start.lock", timeout_s=0):
        pass  # no orphan holds it
    with embedded(place / "data") as server:
        assert server.has_database("chophien")


def test_start_waits_for_its_turn_only_so_long(place):
    """While another process starts or stops the server one waits, and gives up with plain words."""
    server = embedded(place / "data", timeout_s=0.3)
    server.data_dir.mkdir(mode=0o711)
    with (
        locked(server.data_dir / "start.lock", timeout_s=0),
        pytest.raises(PostgresError, match="Another process has been starting"),
    ):
        server.start()


# ---------------------------------------------------------------- a server that dies


def test_killed_postmaster_is_replaced(place):
    """After kill -9 of the server the same object starts a new one, with the data that was committed."""
    server = EmbeddedPostgres(place / "data")
    server.start()
    with connect(server) as connection:
        connection.execute("create table teas as select 1 as n")
    os.kill(postmaster(server.data_dir), signal.SIGKILL)
    server.start()
    assert ask(server, "select n from teas") == 1
    os.kill(postmaster(server.data_dir), signal.SIGKILL)
    with embedded(place / "data") as other:
        assert ask(other, "select n from teas") == 1
        server.stop()
        assert other.is_running
    assert not server.is_running


@pytest.mark.parametrize("kind", ["zombie", "stranger"])
def test_stale_process_id_is_no_server(place, kind):
    """A record whose process id is a zombie's or, after a restart of the machine, a stranger's, is not believed."""
    server = embedded(place / "data")
    server.start()
    server.stop()
    other = subprocess.Popen(["true"] if kind == "zombie" else ["sleep", "60"])
    record = server.data_dir / "pg" / "postmaster.pid"
    foreign = place / "foreign"
    foreign.mkdir()
    (foreign / ".s.PGSQL.5432.lock").write_text("not ours")
    record.write_text(f"{other.pid}\n{record.parent}\n1\n5432\n{foreign}\n")
    assert not server.is_running
    server.start()
    assert postmaster(server.data_dir) != other.pid
    assert (foreign / ".s.PGSQL.5432.lock").exists()
    server.stop()
    assert other.poll() is None if kind == "stranger" else other.wait() == 0
    other.kill()
    other.wait()


def test_start_waits_for_the_children_of_a_killed_server(place):
    """While a child of the killed server still holds its memory no second server writes; then one starts."""
    server = embedded(place / "data")
    server.start()
    with connect(server) as connection:
        child = connection.info.backend_pid
        os.kill(child, signal.SIGSTOP)
        os.kill(postmaster(server.data_dir), signal.SIGKILL)
        waker = threading.Timer(1, os.kill, [child, signal.SIGCONT])
        waker.start()
        with suppress(psycopg.OperationalError):
            server.start()
        waker.join()
    assert ask(server, "select 1") == 1
    server.stop()


def test_silent_server_is_waited_for_and_never_doubled(place):
    """A server that is there but silent is waited for; past the time the error shows its log, and no second starts."""
    with embedded(place / "data"):
        pass
    server = embedded(place / "data", timeout_s=3)
    server.start()
    pid = postmaster(server.data_dir)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(PostgresError, match=r"does not answer(?s:.)*ready to accept connections"):
        server.start()
    with pytest.raises(PostgresError, match="did not stop"):
        server.stop()
    os.kill(pid, signal.SIGCONT)
    until(lambda: not server.is_running)  # the stop that it was sent
    with embedded(place / "data") as other:
        assert postmaster(other.data_dir) != pid


def test_wrong_setting_is_told_with_the_log(place):
    """A setting that the server refuses ends the start with the server's own words, and nothing stays behind."""
    server = embedded(place / "data", settings={"work_mem": "much"})
    with pytest.raises(
        PostgresError, match=r'(?s)could not be started.*invalid value for parameter "work_mem"'
    ):
        server.start()
    assert not server.is_running
    assert not (server.data_dir / "run").exists()


def test_server_without_an_answer_is_told_with_the_log(place):
    """A server that starts but lets nobody in ends the start with its log, and is stopped."""
    with embedded(place / "data") as server:
        (server.data_dir / "pg" / "pg_hba.conf").write_text("local all all reject\n")
    strict = embedded(place / "data", timeout_s=1)
    with pytest.raises(PostgresError, match=r"(?s)did not answer.*pg_hba.conf rejects"):
        strict.start()
    assert not strict.is_running


def test_lost_server_is_told_plainly(place):
    """A question to a server that died says that it does not answer."""
    server = embedded(place / "data")
    server.start()
    os.kill(postmaster(server.data_dir), signal.SIGKILL)
    until(lambda: not server.is_running)
    with pytest.raises(PostgresError, match="does not answer"):
        server.has_database("chophien")
    server.stop()


def test_link_in_place_of_the_record_is_not_followed(place):
    """The account of the server cannot lead root to write elsewhere by a link in its own folder."""
    server = embedded(place / "data")
    server.start()
    server.stop()
    precious = place / "precious"
    precious.write_text("1\nkept")
    (server.data_dir / "pg" / "postmaster.pid").symlink_to(precious)
    with pytest.raises(OSError, match="symbolic link"):
        server.start()
    assert precious.read_text() == "1\nkept"


# ---------------------------------------------------------------- places


def test_long_socket_path_moves_to_a_folder_of_our_own(place):
    """Where the kernel's 107 bytes are too few, the socket is in a private temporary folder, gone after the stop."""
    deep = place / ("đồi-chè-" * 8) / ("bản-xa-" * 6) / "postgres"
    deep.mkdir(parents=True)
    server = embedded(deep, fallback=place / "fallback")
    server.start()
    socket_dir = recorded(deep / "pg")[1]
    assert socket_dir.parent == Path(tempfile.gettempdir())
    assert socket_dir.stat().st_mode & 0o777 == 0o700
    assert ask(server, "select 1") == 1
    with embedded(deep) as second:
        assert second.url() == server.url()
    server.stop()
    assert not socket_dir.exists()


def test_temporary_folder_that_is_too_deep_is_passed_over(place, monkeypatch):
    """A temporary folder whose own path is too long is not used for the socket."""
    monkeypatch.setattr(tempfile, "tempdir", str(place / ("xa-" * 30)))
    with embedded(place / ("đồi-chè-" * 10)) as server:
        assert recorded(server.data_dir / "pg")[1].parent == Path("/tmp")


def test_no_short_place_is_told_plainly(place, monkeypatch):
    """When no temporary folder is short enough, the start says so."""
    monkeypatch.setattr("app.core.postgres_cluster.SOCKET_PATH_LIMIT", 10)
    with pytest.raises(PostgresError, match="short enough for a socket"):
        embedded(place / "data").start()


@as_root
def test_data_below_a_closed_parent(place, processes):
    """Root below a closed folder: nothing above is opened, the cluster lives elsewhere, and all find it there."""
    closed = place / "root"
    closed.mkdir(mode=0o700)
    server = embedded(closed / "x" / "var" / "postgres", fallback=place / "lib")
    server.start()
    home = home_of(server.data_dir)
    assert home.parent == place / "lib"
    assert (home / "origin").read_text().strip() == str(server.data_dir)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (home / "pg").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    holder = processes.hold_ready(server.data_dir)
    server.stop()
    assert server.is_running
    holder.communicate("")
    assert not server.is_running
    server.remove()
    assert not home.exists()
    assert not server.data_dir.exists()


@as_root
def test_whole_clone_below_a_closed_parent(place):
    """Programs that the account cannot reach either are copied beside the cluster, once for each version."""
    closed = place / "root"
    closed.mkdir(mode=0o700)
    package = locate_binaries().parents[1]
    shutil.copytree(package / "pginstall18", closed / "venv" / package.name / "pginstall18")
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / "venv" / f"{package.name}.libs")
    binaries = closed / "venv" / package.name / "pginstall18" / "bin"
    server = embedded(closed / "var", binaries=binaries, fallback=place / "lib")
    server.start()
    server.stop()
    copies = [path.name for path in home_of(server.data_dir).glob("binaries-*")]
    assert len(copies) == 1
    with embedded(closed / "var", binaries=binaries) as again:
        assert [path.name for path in home_of(again.data_dir).glob("binaries-*")] == copies
    os.utime(binaries / "postgres", (1, 1))
    with embedded(closed / "var", binaries=binaries) as newer:
        renewed = [path.name for path in home_of(newer.data_dir).glob("binaries-*")]
    assert len(renewed) == 1
    assert renewed != copies


@as_root
def test_lost_home_is_never_replaced_by_an_empty_one(place):
    """When the folder that the pointer tells of is gone, the start refuses rather than begin empty."""
    data_dir = place / "data"
    data_dir.mkdir()
    (data_dir / "elsewhere").write_text(f"{place / 'gone'}\n")
    with pytest.raises(PostgresError, match="is not there any more"):
        embedded(data_dir).start()


@as_root
def test_closed_folder_over_an_existing_cluster_is_told(place):
    """A cluster whose parent was closed later is not left behind for an empty one: the start refuses."""
    data_dir = place / "shop" / "data"
    with embedded(data_dir):
        pass
    data_dir.parent.chmod(0o700)
    with pytest.raises(PostgresError, match="cannot enter"):
        embedded(data_dir).start()


@as_root
def test_no_place_at_all_is_told(place):
    """When the account can enter neither the data folder nor the fallback, or the latter cannot be made, it is told."""
    closed = place / "root"
    closed.mkdir(mode=0o700)
    (closed / "lib").mkdir()
    with pytest.raises(PostgresError, match="can enter neither"):
        embedded(closed / "data", fallback=closed / "lib").start()
    (place / "file").write_text("")
    with pytest.raises(PostgresError, match="No folder could be made"):
        embedded(closed / "data", fallback=place / "file" / "lib").start()


@as_root
def test_named_account_runs_the_server_and_the_home_of_a_cluster_keeps_it(place):
    """The server runs as the account that is named, and root later runs the cluster as its owner."""
    for options in ({"run_as": "daemon"}, {}):
        with embedded(place / "data", **options) as server:
            assert Path(f"/proc/{postmaster(server.data_dir)}").stat().st_uid == pwd.getpwnam("daemon").pw_uid


@as_root
def test_plain_user_runs_it_as_himself(place):
    """Without root the server runs as the user himself, and all files are his."""
    user = pwd.getpwnam("nobody")
    mine = place / "mine"
    mine.mkdir()
    os.chown(mine, user.pw_uid, user.pw_gid)
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            with embedded(mine / "data") as server:
                server.create_database("his")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert {path.stat().st_uid for path in (mine / "data").rglob("*")} == {user.pw_uid}


@as_root
def test_server_refuses_root_and_leaves_no_folder(place):
    """PostgreSQL never runs as root: its refusal is told, and no cluster stays half-made."""
    server = embedded(place / "data", run_as="root")
    with pytest.raises(PostgresError, match=r"(?s)could not be made.*cannot be run as root"):
        server.start()
    assert not (server.data_dir / "pg").exists()


def test_choice_of_the_account():
    """Root hands over to the cluster's owner, else to nobody; others run it themselves; an unknown name is told."""
    nobody = pwd.getpwnam("nobody")
    daemon = pwd.getpwnam("daemon")
    assert choose_account(euid=0) == Account(nobody.pw_uid, nobody.pw_gid)
    assert choose_account(euid=0, owner_uid=daemon.pw_uid) == Account(daemon.pw_uid, daemon.pw_gid)
    assert choose_account(euid=1234) == Account(1234, os.getegid())
    with pytest.raises(PostgresError, match="no account meo-vac"):
        choose_account("meo-vac")


# ---------------------------------------------------------------- refusals


def test_missing_programs_are_told_plainly(place):
    """Without the wheel, or with a wrong folder of programs, the start says what to do and makes nothing."""
    with pytest.raises(PostgresError, match="Install the locked dependencies"):
        locate_binaries("no_such_wheel")
    with pytest.raises(PostgresError, match="Install the locked dependencies"):
        locate_binaries("json")
    with pytest.raises(PostgresError, match="no PostgreSQL program"):
        embedded(place / "data", binaries=place).start()
    assert not (place / "data").exists()
    assert locate_binaries() == EmbeddedPostgres(place / "data").binaries


def test_programs_of_our_own_account_are_never_copied(place):
    """Where the server runs as ourselves, the programs are used where they are."""
    home = Home(place, Account(os.geteuid(), os.getegid()))
    assert reachable_binaries(place / "bin", home) == place / "bin"


def test_unusable_folder_is_told_plainly(place):
    """A data folder that cannot be made, or a lock that cannot be opened, is told in plain words."""
    (place / "file").write_text("")
    with pytest.raises(PostgresError, match="cannot be made"):
        embedded(place / "file" / "data").start()
    with (
        pytest.raises(PostgresError, match="cannot be used"),
        locked(place / "gone" / "start.lock", timeout_s=0),
    ):
        pass


def test_command_is_bounded_and_takes_its_children_along(place):
    """A program that cannot start or takes too long is told, and its children end with it."""
    own = Account(os.geteuid(), os.getegid())
    with pytest.raises(PostgresError, match="missing could not be started"):
        run(own, [place / "missing"], timeout_s=5)
    with pytest.raises(PostgresError, match=r"sh did not finish within 0.5 seconds"):
        run(own, ["/bin/sh", "-c", f"sleep 30 & echo $! > {place}/child; wait"], timeout_s=0.5)
    child = Path(f"/proc/{(place / 'child').read_text().strip()}/cmdline")
    until(lambda: not child.exists() or child.read_bytes() == b"")


def test_failure_without_a_log_is_still_told(place):
    """A failure before the first log is told without one."""
    cluster = Cluster(Home(place, Account(os.geteuid(), os.getegid())), place, 1)
    assert str(cluster.failure("It failed.")).endswith("(no log yet)")


def test_interrupted_command_ends_and_the_interrupt_goes_on():
    """Ctrl-C while a program runs ends the program at once and is not swallowed."""
    waker = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])
    # A shell's background job begins with Ctrl-C ignored; here it must count.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        waker.start()
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            run(Account(os.geteuid(), os.getegid()), ["/bin/sleep", "60"], timeout_s=60)
    finally:
        waker.join()
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - begun < 20


def test_readiness_of_any_server(place):
    """Readiness is a real answer, within the time; a wrong address is told at once, without its password."""
    with embedded(place / "data") as server:
        wait_until_ready(server.url(), 5)
    with pytest.raises(PostgresError, match=r"did not answer within 0.2 seconds") as caught:
        wait_until_ready("postgresql+psycopg://an:secret@127.0.0.1:1/chophien", 0.2)
    assert "secret" not in str(caught.value)
    with pytest.raises(PostgresError, match="cannot be asked"):
        wait_until_ready("postgresql://127.0.0.1/x?no_such_option=1", 5)
