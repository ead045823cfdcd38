"""The coverage gate: rules and queries are covered to the last branch, the rest almost; runs after the last test."""

from __future__ import annotations

import fnmatch
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parents[1]
WHOLE = ("app/core/*.py", "*/*/service.py", "*/*/repository.py", "*/*/*/service.py", "*/*/*/repository.py")
REST_PERCENT = 95.0

findings: list[str] = []


def judge(data: coverage.Coverage) -> list[str]:
    """What falls short, one line each: whole files below 100 %, or the rest below its share."""
    lines: list[str] = []
    good = possible = 0
    for name in sorted(data.get_data().measured_files()):
        path = Path(name)
        if path.suffix != ".py" or not path.exists() or not path.is_relative_to(ROOT):
            continue
        relative = path.relative_to(ROOT).as_posix()
        analysis = data._analyze(name)
        numbers = analysis.numbers
        if any(fnmatch.fnmatch(relative, pattern) for pattern in WHOLE):
            if numbers.pc_covered < 100:
                branches = ", ".join(
                    f"{start}->{end}"
                    for start, ends in analysis.missing_branch_arcs().items()
                    for end in ends
                )
                lines.append(
                    f"{relative}: {numbers.pc_covered:.1f} % of 100: lines {analysis.missing_formatted()} {branches}"
                )
        else:
            done, total = numbers.ratio_covered
            good += done
            possible += total
    share = 100.0 * good / possible if possible else 100.0
    if share < REST_PERCENT:
        lines.append(f"the rest: {share:.1f} % of {REST_PERCENT}")
    return lines


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Judge a full run with coverage (`make test`); a run of a few tests is not judged."""
    config = session.config
    is_worker = hasattr(config, "workerinput")
    if (
        is_worker
        or not config.getoption("cov_source", default=None)
        or config.args != config.getini("testpaths")
    ):
        return
    data = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"))
    data.load()
    findings.extend(judge(data))
    if findings and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what falls short above the summary line."""
    if findings:
        terminalreporter.section("coverage gate", red=True)
        for line in findings:
            terminalreporter.line(line)
