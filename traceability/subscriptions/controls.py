"""What a subscriber asks for besides the query: a stream or a schedule, and from when on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from traceability.events import errors
from traceability.events.checking import read_instant
from traceability.subscriptions.schedule import FIELDS, ScheduleError, read_schedule


@dataclass(frozen=True)
class Controls:
    """`schedule` None is a stream; `since` None is from now on."""

    schedule: Mapping[str, str] | None
    report_if_empty: bool
    since: datetime | None


def read_controls(said: Mapping[str, Any]) -> Controls:
    """Read the controls of a subscription (JSON values); raises `EpcisError`."""
    stream, schedule = said.get("stream"), said.get("schedule")
    if (stream is not None) == (schedule is not None):
        raise errors.bad_subscription("exactly one of `stream: true` and `schedule` says when to report")
    if stream is not None and stream is not True:
        raise errors.bad_subscription("stream: must be true")
    if schedule is not None:
        if not isinstance(schedule, dict):
            raise errors.bad_subscription("schedule: must be an object")
        try:
            read_schedule(schedule)
        except ScheduleError as error:
            raise errors.bad_subscription(str(error)) from error
        schedule = {name: str(value) for name, value in schedule.items()}
    report_if_empty = said.get("reportIfEmpty", False)
    if not isinstance(report_if_empty, bool):
        raise errors.bad_subscription("reportIfEmpty: must be true or false")
    if stream and report_if_empty:
        raise errors.bad_subscription(
            "reportIfEmpty: a stream reports events only, an empty report needs a schedule"
        )
    return Controls(schedule, report_if_empty, _read_since(said.get("initialRecordTime")))


def _read_since(said: Any) -> datetime | None:
    if said is None:
        return None
    try:
        return read_instant(said).astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as error:
        raise errors.bad_subscription("initialRecordTime: must be a date and time with its offset") from error


def split_controls(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The controls in the address of a WebSocket, as `read_controls` reads them."""
    said: dict[str, Any] = {
        name: {"true": True, "false": False}.get(parameters[name], parameters[name])
        for name in ("stream", "reportIfEmpty")
        if name in parameters
    }
    if "initialRecordTime" in parameters:
        said["initialRecordTime"] = parameters["initialRecordTime"]
    schedule = {name: parameters[name] for name in FIELDS if name in parameters}
    return said | {"schedule": schedule} if schedule else said
