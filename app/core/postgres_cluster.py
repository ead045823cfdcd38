"""The cluster of the embedded PostgreSQL: making it, serving it, stopping it, and clearing up after a dead server."""

import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from app.core.postgres_host import CLUSTER, Finished, Home, PostgresError, make_private, reaches, run

PORT = 5432  # only a part of the socket's name
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 107  # bytes, of the kernel's sun_path
TEMPORARY = "chophien-"
NO_PROCESS = "999999999"  # above the kernel's highest process id

# What the server says while a predecessor is still dying; then it is worth trying again.
DYING = ('lock file "postmaster.pid" already exists', "pre-existing shared memory block")


class Cluster:
    """The acts on one cluster; the caller holds its `start.lock`."""

    def __init__(self, home: Home, binaries: Path, timeout_s: float) -> None:
        self._folder = home.folder
        self._account = home.account
        self._binaries = binaries
        self._timeout_s = timeout_s
        self._cluster = home.folder / CLUSTER
        self._log = home.folder / "server.log"

    @property
    def exists(self) -> bool:
        """Whether the first start has made it."""
        return self._cluster.is_dir()

    def initialise(self, lock: int, *, fsync: bool) -> None:
        """Make the cluster in `pg.new` and rename it when it is whole.

        `initdb` keeps `lock` open: when we are killed, the next process waits until the orphan has ended.
        """
        new = self._cluster.with_name(f"{CLUSTER}.new")
        shutil.rmtree(new, ignore_errors=True)
        make_private(new, self._account)
        options = (
            "-U postgres -E UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --auth=trust"
        )
        parameters = (
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "max_connections=200",
            "timezone=UTC",
        )
        command = [str(self._binaries / "initdb"), f"--pgdata={new}", *options.split()]
        command += [f"--set={parameter}" for parameter in parameters]
        command += [] if fsync else ["--no-sync"]
        done = run(self._account, command, timeout_s=self._timeout_s, pass_fds=[lock])
        if done.code != 0:
            raise PostgresError(f"A new database could not be made in {self._folder}:\n{done.output[-2000:]}")
        new.rename(self._cluster)
        folder = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder)  # the new name outlives a power cut
        os.close(folder)

    def serve(self, parameters: Mapping[str, str], progress: Callable[[str], None] | None) -> Path:
        """Return the socket folder of the running server, after starting it when none runs."""
        deadline = time.monotonic() + self._timeout_s
        while True:
            pid, socket_dir = recorded(self._cluster)
            if socket_dir is not None and answers(socket_dir):
                return socket_dir
            if not _is_postmaster(pid, self._cluster):
                self._clear(socket_dir)
                tell(progress, "start")
                if started := self._launch(parameters):
                    return started
            if time.monotonic() > deadline:
                raise self.failure(
                    "PostgreSQL is there but does not answer, and a new one cannot take its place."
                )
            time.sleep(0.1)

    def shut_down(self) -> None:
        """Stop the server if there is one; raises PostgresError when it stays."""
        pid, socket_dir = recorded(self._cluster)
        if self._is_there(pid, socket_dir):
            done = self._pg_ctl("stop", "-m", "fast")
            if done.code != 0 and self._is_there(pid, socket_dir):
                raise self.failure(f"PostgreSQL did not stop: {done.output}")
        self._clear(socket_dir)

    def failure(self, text: str) -> PostgresError:
        """Make an error with the tail of the server's log."""
        return PostgresError(f"{text}\nThe end of {self._log}:\n{self._log_tail()}")

    def _is_there(self, pid: int | None, socket_dir: Path | None) -> bool:
        return _is_postmaster(pid, self._cluster) or answers(socket_dir)

    def _launch(self, parameters: Mapping[str, str]) -> Path | None:
        """Start a server and return its socket folder; None when a predecessor is still dying."""
        socket_dir = self._make_socket_dir()
        with suppress(FileNotFoundError):
            self._log.rename(self._log.with_name("server.log.1"))
        self._log.touch(mode=0o600)
        os.chown(self._log, self._account.uid, self._account.gid)
        own = {"listen_addresses": "", "port": str(PORT), "unix_socket_directories": f'"{socket_dir}"'}
        settings = [
            part for name, value in {**parameters, **own}.items() for part in ("-c", f"{name}={value}")
        ]
        if self._pg_ctl("start", "-l", str(self._log), "-o", shlex.join(settings)).code == 0:
            return socket_dir
        tail = self._log_tail()
        if any(words in tail for words in DYING):
            return None
        raise self.failure("PostgreSQL could not be started.")

    def _pg_ctl(self, act: str, *options: str) -> Finished:
        seconds = max(1, round(self._timeout_s))
        bounded = ["-D", str(self._cluster), "-w", "-t", str(seconds)]
        command = [str(self._binaries / "pg_ctl"), act, *bounded, *options]
        return run(self._account, command, timeout_s=seconds + 5)

    def _log_tail(self) -> str:
        with suppress(FileNotFoundError):
            return self._log.read_text(encoding="utf-8", errors="replace")[-2000:].strip()
        return "(no log yet)"

    def _make_socket_dir(self) -> Path:
        """`run` in the home, or a folder of our own in the temporary folder when that path is too long."""
        socket_dir = self._folder / "run"
        if _fits(socket_dir):
            make_private(socket_dir, self._account)
            return socket_dir
        for place in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108  # a random name, 0700, is made in it
            if _fits(place / f"{TEMPORARY}12345678") and reaches(self._account, place):
                socket_dir = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=place))
                os.chown(socket_dir, self._account.uid, self._account.gid)
                return socket_dir
        raise PostgresError("No temporary folder has a path short enough for a socket.")

    def _clear(self, socket_dir: Path | None) -> None:
        """Take away what a dead server left; only known names, for the record is not in our own hand."""
        own = self._folder / "run"
        for folder in (own, socket_dir or own):
            if folder == own or folder.name.startswith(TEMPORARY):
                for name in (SOCKET, f"{SOCKET}.lock"):
                    (folder / name).unlink(missing_ok=True)
                with suppress(FileNotFoundError):
                    folder.rmdir()
        self._disown_record()

    def _disown_record(self) -> None:
        """Take the process id out of a dead server's `postmaster.pid`.

        It may live on as a zombie or as a stranger's, and PostgreSQL would refuse to start. The other lines stay: by
        them PostgreSQL makes sure that no child of the dead server still writes.
        """
        record = self._cluster / "postmaster.pid"
        try:
            descriptor = os.open(
                record, os.O_RDWR | os.O_NOFOLLOW
            )  # a link left there must not lead root astray
        except FileNotFoundError:
            return
        with open(descriptor, "r+", encoding="utf-8") as file:  # noqa: PTH123  # a descriptor has no path
            _, *others = file.read().split("\n")
            file.seek(0)
            file.truncate()
            file.write("\n".join([NO_PROCESS, *others]))


def tell(progress: Callable[[str], None] | None, key: str) -> None:
    """Report a piece of work that begins, to whoever wants to hear it."""
    if progress is not None:
        progress(key)


def _fits(socket_dir: Path) -> bool:
    return len(os.fsencode(socket_dir / SOCKET)) <= SOCKET_PATH_LIMIT


def recorded(cluster: Path) -> tuple[int | None, Path | None]:
    """Read the process id and the socket folder that `postmaster.pid` tells, each None when it tells none (yet)."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None, None
    pid = int(lines[0]) if lines and lines[0].isdigit() else None
    return pid, Path(lines[4]) if len(lines) > 4 and lines[4] else None  # noqa: PLR2004  # the fifth line


def _is_postmaster(pid: int | None, cluster: Path) -> bool:
    """Whether the process lives and serves this cluster; a zombie, a stranger's process and none do not.

    The command line is read, not the working folder, which root may not see in a container without CAP_SYS_PTRACE.
    """
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(cluster) in words


def answers(socket_dir: Path | None) -> bool:
    """Whether a server listens there, be it still in recovery."""
    if socket_dir is None or not socket_dir.is_dir():
        return False
    conninfo = make_conninfo(
        host=str(socket_dir), port=PORT, user="postgres", dbname="postgres", connect_timeout=2
    )
    return PGconn.ping(conninfo.encode()) in {Ping.OK, Ping.REJECT}
