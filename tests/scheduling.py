"""What runs on one worker: files that share something dear stay together, every other test goes where there is room.

pytest-xdist's own marks for groups do not reach its scheduler with this pytest, which names tests by other means: the
group is read from the path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.remote import Producer

TOGETHER = ("tests/browser/", "tests/journeys/", "tests/app/test_cli.py")
ABOUT_SIGNAL = ("offline", "outbox", "next_person", "uploads")


def group_of(nodeid: str) -> str:
    """The group of a test; a test of no group is its own.

    Three demos serve the browser's walks: every page has one, the files about signal one, the rest one.
    """
    path = nodeid.partition("::")[0]
    if not path.startswith(TOGETHER):
        return nodeid
    if path.startswith("tests/browser/test_") and not path.endswith(("_every_page.py", "_offline_faults.py")):
        return "signal" if any(word in path for word in ABOUT_SIGNAL) else "walks"
    return path


class Scheduling(LoadScopeScheduling):
    """Groups first, the largest at the head; then every test for itself."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Hand out the tests of `pytest -n`."""
    return Scheduling(config, log)
