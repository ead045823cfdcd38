"""What runs on one worker: a file stays together, and files of the browser that share a demo.

pytest-xdist's own marks for groups do not reach its scheduler with this pytest, which names tests by other means: the
group is read from the path. Thousands of groups would cost the one that hands them out more than the tests.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import workers

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from execnet import XSpec
    from xdist.remote import Producer

ONE_BY_ONE = ("tests/app/test_doors_table.py", "tests/app/core/test_postgres.py", "tests/concurrency/")
"""Long files whose tests share nothing: they fill the gaps at the end."""
LONG = ("tests/browser/", "tests/journeys/", "tests/app/test_cli.py")
WORKER = "PYTEST_XDIST_WORKER"
RUN = "CHOPHIEN_TEST_RUN"
"""The process that began the run, for those that it began."""
_demo_maker = pytest.StashKey[subprocess.Popen[bytes]]()
_parent = pytest.StashKey[subprocess.Popen[bytes]]()
LONGEST_ID = 250
"""A test's id travels between the processes several times: the bytes of a photo in one cost minutes and gigabytes."""
ABOUT_SIGNAL = ("offline", "outbox", "next_person", "uploads")


def group_of(nodeid: str) -> str:
    """The group of a test.

    Three demos serve the browser's walks: every page has one, the files about signal one, the rest one.
    """
    path = nodeid.partition("::")[0]
    if path.startswith(ONE_BY_ONE):
        return nodeid
    if path.startswith("tests/browser/test_") and not path.endswith(("_every_page.py", "_offline_faults.py")):
        return "signal" if any(word in path for word in ABOUT_SIGNAL) else "walks"
    return path


class Scheduling(LoadScopeScheduling):
    """The groups in the order in which the tests stand."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


PATIENCE_S = 300.0
"""Longer than any test of ours takes on a slow machine: who waits for somebody that never comes fails, and is named."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Let no test of a coroutine wait for ever."""
    test = getattr(item, "obj", None)
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(test):
        item.obj = _bounded(test)


def _bounded(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    @functools.wraps(test)
    async def bounded(*values: Any, **named: Any) -> None:
        async with asyncio.timeout(None if os.environ.get("CHOPHIEN_SOAK") else PATIENCE_S):
            await test(*values, **named)

    return bounded


gc.disable()  # reading the house and the tests makes hundreds of thousands of things that all stay


@pytest.hookimpl
def pytest_configure(config: pytest.Config) -> None:
    """Let the house in where tests run: who only hands them out has no use for it, and reading it takes seconds."""
    if WORKER not in os.environ:
        os.environ[RUN] = str(os.getpid())
    if WORKER in os.environ or not config.getoption("numprocesses"):
        config.pluginmanager.import_plugin("tests.house")


@pytest.hookimpl
def pytest_collection_finish() -> None:
    """From here on things come and go; what was read is not looked through again."""
    gc.freeze()
    gc.set_threshold(20_000, 10, 100)  # a test's things die with it: looking for rings costs
    gc.enable()


@pytest.hookimpl(trylast=True)  # after they were shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what lasts long: begun late it would be waited for alone. End with what fills any gap.

    Raises UsageError for a test whose id is no name.
    """
    for item in items:
        if len(item.nodeid) > LONGEST_ID:
            raise pytest.UsageError(f"give this test's parameters short ids: {item.nodeid[:LONGEST_ID]}…")
    items.sort(key=lambda item: (not item.nodeid.startswith(LONG), item.nodeid.startswith(ONE_BY_ONE)))


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Hand out the tests of `pytest -n`."""
    config.option.loadscopereorder = False
    return Scheduling(config, log)


def shared_folder() -> Path:
    """What the processes of one run share: named by the process that began it."""
    return Path(tempfile.gettempdir()) / f"chophien-test-shared-{os.environ.get(RUN, os.getpid())}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[XSpec]) -> None:
    """Begin the demo before the workers are there, and the process that they are forked from."""
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    config.stash[_demo_maker] = subprocess.Popen(
        [sys.executable, "-m", "tests.shared_demo"], env={**os.environ, WORKER: "demo"}
    )
    place = shared_folder()
    place.mkdir(mode=0o711, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(place / "workers"))
        door.listen(len(specs))
        config.stash[_parent] = subprocess.Popen(
            [sys.executable, "-m", "tests.workers", "read", str(door.fileno())],
            env={**os.environ, WORKER: "parent"},
            pass_fds=[door.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
    for spec in specs:
        spec.python = shlex.join([sys.executable, "-IS", str(Path(workers.__file__)), str(place / "workers")])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the processes of this run shared, at the end of the one that began it."""
    if _demo_maker in config.stash:
        config.stash[_demo_maker].wait()
        config.stash[_parent].communicate()
    if WORKER not in os.environ:
        shutil.rmtree(shared_folder(), ignore_errors=True)
