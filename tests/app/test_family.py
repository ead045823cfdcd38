"""Forked children: begun anew, ended together, and never the owners of what their parent has open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from app.core.postgres import EmbeddedPostgres
from tests.serving import named

PATIENCE_S = 30
ROLES = {
    "waits": "lambda: time.sleep(600)",
    "notes": "lambda: (open('notes', 'a').write(f'{uuid7()} {uuid7()}\\n'), time.sleep(600))",
    "ends": "lambda: open('notes', 'a').write('again\\n')",
    "fails": "lambda: 1 / 0",
    "cannot": "lambda: sys.exit(3)",
    "stubborn": "lambda: (signal.signal(signal.SIGTERM, signal.SIG_IGN), time.sleep(600))",
}
PROGRAM = """
import signal, sys, threading, time
from app import family
from app.core.ids import uuid7
uuid7()
family.RESTART_PAUSE_S = 0.05
def leave(number, _frame):
    raise SystemExit(128 + number)
signal.signal(signal.SIGTERM, leave)
{before}
roles = [{roles}]
sys.exit(family.Family(roles).keep())
"""
T = TypeVar("T")
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a parent with children of these kinds; ends it if the test did not."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*kinds: str, orphaned: str = "SIGKILL", before: str = "") -> subprocess.Popen[bytes]:
        roles = ", ".join(
            f"family.Role('{kind}', {ROLES[kind]}, 0.3, signal.{orphaned}, 3)" for kind in kinds
        )
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        with (tmp_path / "errors").open("wb") as errors:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-c", PROGRAM.format(roles=roles, before=before)],
                    cwd=tmp_path, env=environment, stderr=errors,
                )
            )  # fmt: skip
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def wait_for(ask: Callable[[], T]) -> T:
    """Ask until the answer counts for something."""
    deadline = time.monotonic() + PATIENCE_S
    while not (answer := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return answer


def is_there(pid: int) -> bool:
    """Whether a process lives."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ignores(pid: int, number: signal.Signals) -> bool:
    """Whether a process takes no notice of a signal."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next(int(line.split()[1], 16) for line in lines if line.startswith("SigIgn:"))
    return bool(mask >> (number - 1) & 1)


def test_all_end_together(start: Start) -> None:
    """A signal ends the parent with its own code, and every child before it; who does not want to is killed."""
    process = start("waits", "stubborn")
    children = wait_for(lambda: len(found := named(process.pid, "waits") + named(process.pid, "stubborn")) == 2 and found)  # fmt: skip
    wait_for(lambda: ignores(children[1], signal.SIGTERM))
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM
    assert not any(is_there(pid) for pid in children)


@pytest.mark.parametrize("orphaned", ["SIGKILL", "SIGTERM"])
def test_children_end_when_their_parent_is_killed(start: Start, orphaned: str) -> None:
    """Even by `kill -9`: they hear that nobody holds the other end of the pipe."""
    process = start("waits", "notes", orphaned=orphaned)
    children = wait_for(lambda: len(found := named(process.pid, "waits") + named(process.pid, "notes")) == 2 and found)  # fmt: skip
    process.kill()
    process.wait()
    wait_for(lambda: not any(is_there(pid) for pid in children))


def test_what_is_done_apart_ends_with_its_parent(start: Start, tmp_path: Path) -> None:
    """A first start that is killed leaves nobody behind who still writes."""
    note = "open('notes', 'w').write(str(os.getpid())), time.sleep(600)"
    process = start("waits", before=f"import os\nfamily.apart(lambda: ({note}))")
    notes = tmp_path / "notes"
    pid = int(wait_for(lambda: notes.exists() and notes.read_text()))
    process.kill()
    process.wait()
    wait_for(lambda: not is_there(pid))


@pytest.mark.parametrize("kind", ["ends", "fails"])
def test_who_ends_is_begun_anew(start: Start, tmp_path: Path, kind: str) -> None:
    """Whether it was done, or failed and said why; the others go on."""
    process = start(kind, "waits")
    [other] = wait_for(lambda: named(process.pid, "waits"))
    told = tmp_path / ("notes" if kind == "ends" else "errors")
    words = "again" if kind == "ends" else "ZeroDivisionError"
    wait_for(lambda: told.exists() and told.read_text().count(words) > 2)
    assert named(process.pid, "waits") == [other]


def test_who_cannot_work_ends_all(start: Start) -> None:
    """The code that says so is the parent's own."""
    process = start("cannot", "waits")
    assert process.wait(PATIENCE_S) == 3


def test_a_parent_with_threads_does_not_fork(start: Start, tmp_path: Path) -> None:
    """A child would wait for ever for what another thread does: nothing begins, and it is said."""
    process = start("waits", before="threading.Thread(target=time.sleep, args=(600,), daemon=True).start()")
    assert process.wait(PATIENCE_S) == 1
    assert "NotAloneError" in (tmp_path / "errors").read_text()


@pytest.mark.parametrize(
    ("work", "code"), [("pass", 0), ("sys.exit(5)", 5), ("1 / 0", 1), ("os.kill(os.getpid(), 9)", 137)]
)
def test_what_is_done_apart_leaves_no_thread(start: Start, tmp_path: Path, work: str, code: int) -> None:
    """The child's threads end with it, and its failure is ours."""
    thread = "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    before = f"import os\ndef work():\n    {thread}\n    {work}\nfamily.apart(work)"
    process = start("cannot", before=before)
    assert process.wait(PATIENCE_S) == (code or 3)
    assert ("ZeroDivisionError" in (tmp_path / "errors").read_text()) == (work == "1 / 0")


def test_children_make_ids_of_their_own(start: Start, tmp_path: Path) -> None:
    """What the parent made before it forked does not set the course of what its children make."""
    start(*["notes"] * 3)
    notes = tmp_path / "notes"
    made = wait_for(lambda: notes.exists() and len(ids := notes.read_text().split()) == 6 and ids)
    assert len({one[15:] for one in made}) == 6


def test_a_child_does_not_use_its_parents_database(tmp_path: Path) -> None:
    """The parent alone says when its use is over: a child that lives on keeps no server up."""
    server = EmbeddedPostgres(tmp_path)
    server._use = os.open(tmp_path / "use.lock", os.O_CREAT | os.O_RDWR)
    pid = os.fork()
    if pid == 0:
        is_open = Path(f"/proc/self/fd/{server._use}").exists() if server._use is not None else False
        os._exit(int(is_open or server._use is not None))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    for _again in range(2):
        server.leave_to_parent()
        assert server._use is None
