"""A whole instance as a user runs it: `chophien serve` as a process on a free port, with its own data folder."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from app.core.postgres import EmbeddedPostgres

START_S = 240.0
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["app.cli", "app.serving", "app.demo.seeding"])


class Command:
    """The `chophien` command in a process of its own, forked from one that has read the house.

    Reading takes two seconds of work, more than most of what the tests ask for. What it prints goes to `output`, its
    faults to `errors` (the same file when there is none). tests/app/test_cli.py starts it as a person does.
    """

    def __init__(
        self, arguments: list[str], environment: Mapping[str, str], output: Path, errors: Path | None = None
    ) -> None:
        self.arguments = arguments
        target = (arguments, dict(environment), str(output), str(errors or output))
        self._process = _forks.Process(target=_command, args=target, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout_s: float) -> int:
        """Wait for its end; subprocess's TimeoutExpired when it takes longer."""
        self._process.join(timeout_s)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self.arguments, timeout_s)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """`kill -9`."""
        self.send_signal(signal.SIGKILL)


def _command(arguments: list[str], environment: dict[str, str], output: str, errors: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for path, number in ((output, 1), (errors, 2)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(file, number)
        os.close(file)
    from app.cli import main

    sys.argv = ["chophien", *arguments]
    main()


def free_port() -> int:
    """A port of the loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(port: int) -> bool:
    """Whether a server on this port of the loopback says that it can serve.

    Asked over and over while it starts: a client that reads all the world's certificates first would take its time away.
    """
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=2)) as line:
        try:
            line.request("GET", "/readyz")
            return line.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


class Instance:
    """One instance: started, killed, started again; its folder goes with `remove`.

    `is_measured`: started as a person starts it. Else it is forked from a process that has read the house, whose pages it
    shares: its start takes less time then, and its own share of the memory is less than it would be.
    """

    def __init__(self, *, demo: bool = True, is_measured: bool = False, **environment: str) -> None:
        self._is_measured = is_measured
        self.folder = Path(tempfile.mkdtemp(prefix="chophien-test-"))
        self.folder.chmod(0o711)
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = {
            # Not measured: the rules are, where they are tested; a server that is traced is half as fast.
            **{key: value for key, value in os.environ.items() if not key.startswith("CHOPHIEN_")},
            "CHOPHIEN_DATA_DIR": str(self.folder / "var"),
            "CHOPHIEN_DEMO": "1" if demo else "0",
            "CHOPHIEN_PORT": str(self.port),
            **environment,
        }
        self.process: Command | subprocess.Popen[bytes] | None = None
        self.log = self.folder / "serve.log"

    def start(self) -> float:
        """Start serving and wait until it is ready; answers the seconds that it took."""
        began = time.monotonic()
        if self._is_measured:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "app.cli", "serve"], env=self.environment, stdout=log, stderr=log
                )
        else:
            self.process = Command(["serve"], self.environment, self.log)
        while time.monotonic() - began < START_S:
            if self.process.poll() is not None:
                raise RuntimeError(self.log.read_text(errors="replace")[-2000:])
            if is_ready(self.port):
                return time.monotonic() - began
            time.sleep(0.05)
        raise TimeoutError(self.log.read_text(errors="replace")[-2000:])

    def kill(self) -> None:
        """`kill -9` of the server, as a power cut would; its web processes, which end with it, answer nobody any more.

        One that is still busy would be taken for the next server, and cut its first visitor off.
        """
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
        deadline = time.monotonic() + START_S
        while _is_open(self.port):
            if time.monotonic() > deadline:
                raise TimeoutError("a web process outlived its parent")
            time.sleep(0.01)

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def links(self) -> dict[str, str]:
        """Where to look, as the command says it."""
        done = self.run("demo", "links", "--json")
        return dict(json.loads(done.stdout))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command on the same instance."""
        return run_command(self.environment, *arguments, check=True)

    def database(self) -> EmbeddedPostgres:
        """The instance's database, to look into (start it before, stop it after)."""
        return EmbeddedPostgres(self.folder / "var" / "postgres")

    def messages_to(self, phone: str) -> list[str]:
        """The short messages that the demo's phone got, oldest first."""
        path = self.folder / "var" / "sms.log"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [body for _at, number, body in (line.split("\t", 2) for line in lines) if number == phone]

    def remove(self) -> None:
        """Stop and delete everything."""
        self.stop()
        self.database().remove()
        shutil.rmtree(self.folder, ignore_errors=True)


def run_command(
    environment: Mapping[str, str], *arguments: str, check: bool = False, timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as `subprocess.run` does."""
    with tempfile.TemporaryDirectory(prefix="chophien-said-") as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        command = Command([*arguments], environment, output, errors)
        try:
            code = command.wait(timeout_s)
        finally:
            command.kill()
        done = subprocess.CompletedProcess([*arguments], code, output.read_text(), errors.read_text())
    if check:
        done.check_returncode()
    return done


def _is_open(port: int) -> bool:
    """Whether anybody takes calls on this port of the loopback; whoever ends takes them until its last thread is gone."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tree_of(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            with contextlib.suppress(OSError):  # this thread ended meanwhile
                found += [int(child) for child in task.read_text().split()]
    return found


def named(pid: int, name: str) -> list[int]:
    """Those of a process's tree that call themselves so: `chophien-web`, `chophien-worker`."""
    found = []
    for one in tree_of(pid):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if Path(f"/proc/{one}/comm").read_text().strip() == name:
                found.append(one)
    return found


def resident_mb(pid: int) -> float:
    """The resident memory of a process and all that it started (MB): what several share counts for each."""
    return _sum_mb(tree_of(pid), "status", "VmRSS:")


def own_mb(pids: list[int]) -> float:
    """The memory of some processes without PostgreSQL (MB): what several share is divided among them (PSS)."""
    return _sum_mb(pids, "smaps_rollup", "Pss:")


def _sum_mb(pids: list[int], file: str, entry: str) -> float:
    total = 0
    for one in pids:
        with contextlib.suppress(OSError):  # it ended meanwhile
            if "postgres" not in Path(f"/proc/{one}/comm").read_text():
                lines = Path(f"/proc/{one}/{file}").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith(entry))
    return total / 1024
