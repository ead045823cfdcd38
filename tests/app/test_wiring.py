"""What the house does by the clock."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from app.core.jobs import Jobs
from app.web.house import House
from app.wiring import wire_jobs


def test_what_is_told_to_the_world_is_told_every_few_seconds(house: House) -> None:
    """Events, the public log and partners who wait move on every five seconds (decisions 0018 and 0023)."""
    jobs = Jobs(house.database, house.clock)
    wire_jobs(jobs, house)
    clocks = {one.task.name: one.croniter for one in jobs.app.periodic_registry.periodic_tasks.values()}
    for name in ("chronicle.tell", "transparency.integrate", "subscriptions.deliver"):
        start = datetime(2026, 11, 12, 2, 1, 1, tzinfo=UTC).timestamp()
        clocks[name].set_current(start, force=True)
        times = [clocks[name].get_next(float) for _time in range(13)]
        assert times[-1] - start <= 65, name
        assert all(later - earlier == 5 for earlier, later in itertools.pairwise(times)), name
