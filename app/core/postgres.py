"""The embedded PostgreSQL: a whole server of our own below the data folder, for a house with no database URL.

It speaks through a unix socket only. Any number of processes share it: two file locks beside the cluster say who
does what. `start.lock` is held exclusively while somebody starts or stops the server; `use.lock` is held shared for
as long as a process uses it. Who leaves takes `start.lock` and tries `use.lock` exclusively: the last one out stops
the server. The kernel drops the locks of a killed process, so nothing has to be cleaned up after `kill -9`: a server
that was left alone is found by the next one, used, and stopped by the last.

Below the data folder: `pg` (the cluster; `pg.new` until initdb is done), `run` (the socket), `server.log` and
`server.log.1`, the two locks, or, where PostgreSQL may not enter, the pointer told of in `postgres_host`.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote
from weakref import WeakSet

import psycopg
from psycopg import sql

from app.core.postgres_cluster import PORT, Cluster, answers, recorded, tell
from app.core.postgres_host import (
    CLUSTER,
    FALLBACK,
    PostgresError,
    find_home,
    locate_binaries,
    locked,
    open_lock,
    reachable_binaries,
    settle_home,
    try_lock,
)

__all__ = ["DATABASE", "EmbeddedPostgres", "PostgresError", "wait_until_ready"]

DATABASE = "chophien"


def wait_until_ready(url: str, timeout_s: float) -> None:
    """Wait until a server answers a query, embedded or elsewhere; `url` is SQLAlchemy's or libpq's.

    Raises PostgresError with the server's last word after `timeout_s` seconds. Its text never carries the URL,
    which may hold a password.
    """
    conninfo = url.replace("postgresql+psycopg://", "postgresql://", 1)
    deadline = time.monotonic() + timeout_s
    while True:
        left = deadline - time.monotonic()
        try:
            with psycopg.connect(conninfo, connect_timeout=max(2, int(left)), autocommit=True) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError as error:
            if left <= 0:
                raise PostgresError(
                    f"The database did not answer within {timeout_s:g} seconds: {error}"
                ) from error
            time.sleep(min(0.05, left))
        except psycopg.Error as error:
            raise PostgresError(f"The database cannot be asked: {error}") from error
        else:
            return


class EmbeddedPostgres:
    """A PostgreSQL server below `data_dir`, shared by all processes that name the same folder.

    `fsync=False` is for tests: a power cut may then lose the cluster. `settings` are server parameters by name. Both
    count for the process that starts the server; who finds it running takes it as it is.
    `run_as` names another account (root only), `fallback` is where a cluster lives whose data folder that account
    cannot enter, `binaries` is another `bin` folder than the wheel's, and `timeout_s` bounds each start and stop.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        fsync: bool = True,
        settings: Mapping[str, str] = {},
        run_as: str | None = None,
        fallback: Path = FALLBACK,
        binaries: Path | None = None,
        timeout_s: float = 60,
    ) -> None:
        self.data_dir = Path(data_dir).resolve()  # one spelling: the server is known by its command line
        self._fsync = fsync
        self._settings = dict(settings)
        self._run_as = run_as
        self._fallback = fallback.resolve()
        self._binaries = binaries
        self._timeout_s = timeout_s
        self._socket_dir: Path | None = None
        self._settled: tuple[Cluster, Path] | None = None
        self._use: int | None = None
        _all.add(self)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ------------------------------------------------------------------ what others ask

    @property
    def binaries(self) -> Path:
        """The folder of `pg_dump`, `pg_restore`, `psql`, `pgbench`; raises PostgresError when it is missing."""
        if self._binaries is None:
            self._binaries = locate_binaries()
        if not (self._binaries / "postgres").is_file():
            raise PostgresError(f"There is no PostgreSQL program in {self._binaries}.")
        return self._binaries

    @property
    def is_running(self) -> bool:
        """Whether a server answers for this data folder now, started by us or by another process."""
        home = find_home(self.data_dir)
        return home is not None and answers(recorded(home / CLUSTER)[1])

    def url(self, database: str = DATABASE) -> str:
        """Give the address of a database for SQLAlchemy and for `wait_until_ready`; raises PostgresError before `start`."""
        if self._socket_dir is None:
            raise PostgresError("The embedded PostgreSQL has no address yet: start it first.")
        return (
            f"postgresql+psycopg://postgres@/{quote(database, safe='')}"
            f"?host={quote(str(self._socket_dir), safe='/')}&port={PORT}"
        )

    def has_database(self, name: str) -> bool:
        """Whether there is a database of that name."""
        with self._connect() as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
        return found is not None

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database, empty or as a copy of `template`, which nobody may be connected to.

        Raises PostgresError when it exists, or when the template is missing or in use.
        """
        statement = sql.SQL("create database {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" template {}").format(sql.Identifier(template))
        self._execute(statement, f"The database {name} could not be created")

    def drop_database(self, name: str) -> None:
        """Drop a database and end the connections to it; one that does not exist is no error."""
        statement = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        self._execute(statement, f"The database {name} could not be dropped")

    # ------------------------------------------------------------------ start and stop

    def start(self, progress: Callable[[str], None] | None = None) -> None:
        """Have a server that answers: the one that runs, else a new one on the cluster, made on the first start.

        Calling it again is no error, and revives a server that died. `progress` is told "initdb" and "start" when
        that work begins. Raises PostgresError with the tail of the server's log.
        """
        cluster, folder = self._settle()
        with locked(folder / "start.lock", timeout_s=self._timeout_s) as lock:
            try:
                if not cluster.exists:
                    tell(progress, "initdb")
                    cluster.initialise(lock, fsync=self._fsync)
                parameters = {"fsync": "on" if self._fsync else "off", **self._settings}
                self._socket_dir = cluster.serve(parameters, progress)
                self._wait(cluster)
                if not self.has_database(DATABASE):
                    self.create_database(DATABASE)
                if self._use is None:
                    self._use = open_lock(folder / "use.lock")
                    try_lock(self._use, fcntl.LOCK_SH)
            except BaseException:
                # Interrupted or failed: a server that nobody uses must not stay behind.
                _stop_unused(cluster, folder)
                raise

    def stop(self) -> None:
        """Leave the server; the last one out stops it. Not started is no error.

        Raises PostgresError when it does not stop in time.
        """
        if self._use is None:
            return
        os.close(self._use)
        self._use, self._socket_dir = None, None
        cluster, folder = self._settle()
        with locked(folder / "start.lock", timeout_s=self._timeout_s):
            _stop_unused(cluster, folder)

    def remove(self) -> None:
        """Stop the server and delete the cluster with all its data, wherever it lives.

        Raises PostgresError while another process uses it.
        """
        self.stop()
        cluster, folder = self._settle()
        with locked(folder / "start.lock", timeout_s=self._timeout_s):
            if not _stop_unused(cluster, folder):
                raise PostgresError(f"The database in {folder} is still in use.")
            shutil.rmtree(folder)
        shutil.rmtree(self.data_dir, ignore_errors=True)  # only a pointer was left, or nothing

    def leave_to_parent(self) -> None:
        """In a forked child: the use is its parent's, who alone says when it is over."""
        if self._use is not None:
            os.close(self._use)
            self._use = None

    # ------------------------------------------------------------------ inside

    def _settle(self) -> tuple[Cluster, Path]:
        """Give the cluster and the folder of its locks; decided once."""
        if self._settled is None:
            binaries = self.binaries  # without them no folder is made
            home = settle_home(self.data_dir, run_as=self._run_as, fallback=self._fallback)
            with locked(home.folder / "start.lock", timeout_s=self._timeout_s):
                binaries = reachable_binaries(binaries, home)
            self._settled = Cluster(home, binaries, self._timeout_s), home.folder
        return self._settled

    def _wait(self, cluster: Cluster) -> None:
        try:
            wait_until_ready(self.url("postgres"), self._timeout_s)
        except PostgresError as error:
            raise cluster.failure(str(error)) from error

    def _connect(self) -> psycopg.Connection:
        conninfo = self.url("postgres").replace("+psycopg", "", 1)
        try:
            return psycopg.connect(conninfo, autocommit=True)
        except psycopg.OperationalError as error:
            raise PostgresError(f"The embedded PostgreSQL does not answer: {error}") from error

    def _execute(self, statement: sql.Composed, failure: str) -> None:
        with self._connect() as connection:
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                raise PostgresError(f"{failure}: {error}") from error


def _stop_unused(cluster: Cluster, folder: Path) -> bool:
    """Stop the server when no process uses it; False when one does. The caller holds `start.lock`."""
    use = open_lock(folder / "use.lock")
    try:
        if not try_lock(use, fcntl.LOCK_EX):
            return False
        cluster.shut_down()
        return True
    finally:
        os.close(use)


_all: WeakSet[EmbeddedPostgres] = WeakSet()
os.register_at_fork(after_in_child=lambda: [*map(EmbeddedPostgres.leave_to_parent, _all)])
