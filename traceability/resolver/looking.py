"""Looking: who looks, as far as their request tells, and writing the look down. The same for both ways to a story."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from traceability.resolver.digital_link import Link
from traceability.resolver.label_answers import Checked, Visit, look_of
from traceability.scans import own
from traceability.scans import service as scans
from traceability.scans.history import ROBOT
from traceability.scans.service import ScanBuffer, classify_device

if TYPE_CHECKING:
    from app.web.house import House


def read_visit(
    house: House, link: Link, now: datetime, *, headers: Mapping[str, str], cookies: Mapping[str, str]
) -> Visit:
    """What is known of who looks: their own word for the province first, then the operator's proxy.

    `headers`: names in lower case.
    """
    header = house.settings.province_header.lower()
    said = scans.read_province(cookies.get(own.PLACE_COOKIE))
    located = scans.read_province(headers.get(header)) if header else None
    own_hour = None
    if link.serial is not None:
        cookie = cookies.get(own.COOKIE, "")
        own_hour = own.find_hour(cookie, house.secret, gtin=link.gtin, serial=link.serial, now=now)
    return Visit(
        now=now,
        device_class=classify_device(headers.get("user-agent", "")),
        province_code=said or located,
        is_located=said is None and located is not None,
        own_hour=own_hour,
    )


def write_down(
    house: House, link: Link, visit: Visit, checked: Checked, cookies: Mapping[str, str]
) -> str | None:
    """Count this look; answers the cookie by which the browser knows it again, so that a reload is no second look."""
    buffer = house.port(ScanBuffer)
    if checked.finding and visit.device_class != ROBOT:
        buffer.suspect(checked.finding)
    if visit.own is not None:
        return None
    look = look_of(visit)
    buffer.add(
        gtin=link.gtin,
        lot_code=link.lot_code,
        serial=link.serial,
        device_class=look.device_class,
        now=visit.now,
        province_code=look.province_code,
        is_located=look.is_located,
        is_issued=checked.is_issued,
    )
    if link.serial is None:
        return None
    cookie = cookies.get(own.COOKIE, "")
    return own.remember(cookie, house.secret, gtin=link.gtin, serial=link.serial, now=visit.now)
