"""Processes forked from one that has read the house: they share what it read, begin at once, and end with it."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

SELDOM = (50_000, 20, 50)
"""When a child looks for rings of things that nobody knows: a request makes thousands of things that die with it, and
looking through them at every 700th was a twentieth of an order's time."""
RESTART_PAUSE_S = 1.0


@dataclass(frozen=True)
class Role:
    """What a child does. It ends at SIGTERM within `grace_s` seconds, and gets `when_orphaned` once its parent is gone.

    `fatal_code`: whoever ends with it cannot work at all, and is not begun again.
    """

    name: str
    run: Callable[[], None]
    grace_s: float
    when_orphaned: signal.Signals
    fatal_code: int | None = None


class NotAloneError(RuntimeError):
    """This process has threads: a fork copies only the one that asks for it, and whoever needs another waits for ever."""


class _Tie:
    """A pipe that says when this process is gone, even by `kill -9`: nobody else holds the end that keeps it open."""

    def __init__(self) -> None:
        self._orphaned, self._alive = os.pipe()

    def hold(self, when_orphaned: signal.Signals) -> None:
        """In a child: get this signal once the parent is gone."""
        os.close(self._alive)

        def watch() -> None:
            os.read(self._orphaned, 1)
            os.kill(os.getpid(), when_orphaned)

        threading.Thread(target=watch, name="parent-watch", daemon=True).start()

    def close(self) -> None:
        """In the parent, when there is no child any more."""
        os.close(self._orphaned)
        os.close(self._alive)


def apart(work: Callable[[], None]) -> None:
    """Do something in a child and wait for it: the threads that its libraries start, and what it took, are gone with it.

    SystemExit with the child's code when it did not succeed.
    """

    def tied() -> None:
        tie.hold(signal.SIGKILL)
        work()

    tie = _Tie()
    pid = _fork()
    if pid == 0:
        _live(tied)
    try:
        status = os.waitpid(pid, 0)[1]
    except BaseException:  # a signal that ends us ends it too
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        raise
    finally:
        tie.close()
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(code if code > 0 else 128 - code)


def _fork() -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    return os.fork()


def _live(work: Callable[[], None]) -> NoReturn:
    """A child's whole life. Nothing of what the parent has open or has to tidy up is touched on the way out."""
    code = 1
    try:
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BaseException:  # noqa: BLE001 - the last frame: whatever it is, it is told, and the parent goes on
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _count_threads() -> int:
    """How many threads this process has, those of libraries too where the system tells (Linux)."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()


class Family:
    """Keeps one child alive for each role; ends them all when it is left. Only for a process that has no threads."""

    def __init__(self, roles: list[Role]) -> None:
        self._roles = roles
        self._children: dict[int, Role] = {}
        self._tie = _Tie()

    def keep(self) -> int:
        """Begin every child, and begin anew whoever ends, until a signal raises; else the code that was fatal.

        Raises `NotAloneError`.
        """
        if _count_threads() > 1:
            raise NotAloneError
        gc.collect()
        gc.freeze()  # what is here stays: a child that looked through it would take a copy of each page
        gc.set_threshold(*SELDOM)
        try:
            for role in self._roles:
                self._begin(role)
            while True:
                pid, status = os.wait()
                ended = self._children.pop(pid, None)
                if ended is None:
                    continue  # a grandchild that outlived its parent
                code = os.waitstatus_to_exitcode(status)
                if code == ended.fatal_code:
                    return code
                time.sleep(RESTART_PAUSE_S)
                self._begin(ended)
        finally:
            self._end()

    def _begin(self, role: Role) -> None:
        pid = _fork()
        if pid == 0:
            _live(lambda: self._play(role))
        self._children[pid] = role

    def _play(self, role: Role) -> None:
        os.setsid()  # Ctrl-C in the terminal is the parent's to handle
        with contextlib.suppress(OSError):  # Linux: what `ps` calls us
            Path("/proc/self/comm").write_text(role.name)
        self._tie.hold(role.when_orphaned)
        role.run()

    def _end(self) -> None:
        """Ask all to end, and wait; whoever takes longer than its grace is killed."""
        deadlines: Mapping[int, float] = {
            pid: time.monotonic() + role.grace_s for pid, role in self._children.items()
        }
        for pid in deadlines:
            os.kill(pid, signal.SIGTERM)
        for pid, deadline in deadlines.items():
            while os.waitpid(pid, os.WNOHANG) == (0, 0):
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                    break
                time.sleep(0.02)
        self._children.clear()
