"""A whole instance as a user runs it: `chophien serve` as a process on a free port, with its own data folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from app.core.postgres import EmbeddedPostgres

START_S = 240.0


def free_port() -> int:
    """A port of the loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Instance:
    """One instance: started, killed, started again; its folder goes with `remove`."""

    def __init__(self, *, demo: bool = True, **environment: str) -> None:
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
        self.process: subprocess.Popen[bytes] | None = None
        self.log = self.folder / "serve.log"

    def start(self) -> float:
        """Start serving and wait until it is ready; answers the seconds that it took."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve"], env=self.environment, stdout=log, stderr=log
            )
        while time.monotonic() - began < START_S:
            if self.process.poll() is not None:
                raise RuntimeError(self.log.read_text(errors="replace")[-2000:])
            try:
                if httpx.get(f"{self.base}/readyz", timeout=2).status_code == 200:
                    return time.monotonic() - began
            except httpx.HTTPError:
                time.sleep(0.05)
        raise TimeoutError(self.log.read_text(errors="replace")[-2000:])

    def kill(self) -> None:
        """`kill -9` of the server, as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

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
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            env=self.environment, capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip

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


def tree_of(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def resident_mb(pid: int, *, besides_web: bool = False) -> float:
    """The resident memory of an instance's processes without PostgreSQL (MB); without the web process on demand."""
    total = 0
    for one in tree_of(pid)[1 if besides_web else 0 :]:
        with contextlib.suppress(OSError):  # it ended meanwhile
            lines = dict(
                line.split(":", 1)
                for line in Path(f"/proc/{one}/status").read_text().splitlines()
                if ":" in line
            )
            if "postgres" not in lines["Name"]:
                total += int(lines.get("VmRSS", "0").split()[0])
    return total / 1024
