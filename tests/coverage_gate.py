"""The coverage gate: rules and queries are covered to the last branch, the rest almost; runs after the last test.

Slipcover measures, and its plugin merges what the workers saw into one file before this judges it.
"""

from __future__ import annotations

import fnmatch
import functools
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slipcover.importer import SlipcoverMetaPathFinder

WHOLE = (
    "app/core/*.py",
    "*/*/service.py",
    "*/*/repository.py",
    "*/*/*/service.py",
    "*/*/*/repository.py",
    "*/*/*_repository.py",
    "storefront/octo/offered.py",
    "storefront/orders/cancelling.py",
    "storefront/orders/parcels.py",
    "storefront/orders/steps.py",
)
REST_PERCENT = 95.0

findings: list[str] = []


def judge(files: dict[str, dict[str, Any]]) -> list[str]:
    """What falls short, one line each: whole files below 100 %, or the rest below its share."""
    lines: list[str] = []
    good = possible = 0
    for name, seen in sorted(files.items()):
        missing = len(seen["missing_lines"]) + len(seen["missing_branches"])
        if not any(fnmatch.fnmatch(name, pattern) for pattern in WHOLE):
            done = len(seen["executed_lines"]) + len(seen["executed_branches"])
            good += done
            possible += done + missing
        elif missing:
            branches = ", ".join(f"{start}->{end}" for start, end in seen["missing_branches"])
            lines.append(f"{name}: lines {seen['missing_lines']} branches {branches or 'none'}")
    share = 100.0 * good / possible if possible else 100.0
    if share < REST_PERCENT:
        lines.append(f"the rest: {share:.1f} % of {REST_PERCENT}")
    return lines


WORTH = 50.0
"""Looking for probes that have seen enough may take this part of the time: a fiftieth."""


def now_and_then(take_out: Callable[[], None]) -> Callable[[], None]:
    """Slipcover's taking out of probes, at a bounded price; a probe that stays a while longer sees nothing else.

    It looks through each function of the house, which takes a sixth of a second: by itself hundreds of times, whenever
    one probe was passed fifty times. What was seen is kept in either case.
    """
    not_before = 0.0

    def bounded() -> None:
        nonlocal not_before
        began = time.process_time()
        if began >= not_before:
            take_out()
            ended = time.process_time()
            not_before = ended + WORTH * (ended - began)

    return bounded


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Bound what measuring takes, in each process that runs tests for another, and in the one that has them run."""
    if config.getoption("numprocesses"):
        for finder in sys.meta_path:
            if isinstance(finder, SlipcoverMetaPathFinder):
                # It reads nothing of the house: files that nobody read are named by the workers.
                finder.sci.source = None
    from slipcover import pytest_plugin

    if measuring := pytest_plugin._slipcover_instance:
        take_out = functools.partial(type(measuring).deinstrument_seen, measuring)
        measuring.deinstrument_seen = now_and_then(take_out)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Judge a full run with coverage (`make test`); a run of a few tests, or without it, is not judged."""
    config = session.config
    if (
        hasattr(config, "workerinput")
        or not os.environ.get("SLIPCOVER_ENABLED")
        or config.args != config.getini("testpaths")
    ):
        return
    seen = Path(os.environ["SLIPCOVER_COVERAGE_DIR"]) / "merged.json"
    findings.extend(judge(json.loads(seen.read_text(encoding="utf-8"))["files"]))
    if findings and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what falls short above the summary line."""
    if findings:
        terminalreporter.section("coverage gate", red=True)
        for line in findings:
            terminalreporter.line(line)
