"""Reports of suspect labels: anybody may send one; the producer is told, and looks into it. None is ever lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.media import service as media
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Producer, Role
from producers.listings import service as listings
from producers.listings.models import Listing
from traceability.reports import repository
from traceability.reports.errors import NothingToReportError, ReportNotFoundError
from traceability.reports.models import Sign, SuspectReport

if TYPE_CHECKING:
    from app.core.files import Files
    from app.media.models import Photo

MOST_SHOWN = 60
TOLD_PER = timedelta(days=1)
"""A flood of reports of one product is one notice a day."""
READERS = (Role.MANAGER, Role.PACKER)


@dataclass(frozen=True)
class NewReport:
    """What somebody tells: which label (as it stood in the address), what is wrong, and perhaps more about it."""

    id: UUID
    gtin: str
    lot_code: str | None
    serial: str | None
    sign: Sign
    note: str
    province_code: str | None


@dataclass(frozen=True)
class Reported:
    """The goods that a report is about, and whose they are."""

    listing: Listing
    producer: Producer


async def find_reported(session: AsyncSession, gtin: str) -> Reported:
    """Find what a code stands on; raises `NothingToReportError` for an unknown one, and for a practice farm's."""
    variant = await listings.find_variant_by_gtin(session, gtin)
    if variant is None:
        raise NothingToReportError
    listing = await listings.get_listing(session, variant.listing_id)
    producer = await cooperatives.get_producer(session, listing.producer_id)
    if producer.is_practice:
        raise NothingToReportError
    return Reported(listing, producer)


async def report(
    session: AsyncSession, files: Files, *, new: NewReport, photo: bytes | None, now: datetime
) -> SuspectReport:
    """Keep a report, and tell the producer's managers and packers: once a day of one product until they looked into it.

    The same id sent again answers the first report. The photo is made small and loses its place and time. Raises
    `NothingToReportError`, and media's `BadPhotoError` (field `photo`).
    """
    reported = await find_reported(session, new.gtin)
    kept = await _keep_photo(session, files, photo, now) if photo is not None else None
    is_new = await repository.insert_report(
        session,
        {
            "id": new.id,
            "created_at": now,
            "producer_id": reported.producer.id,
            "gtin": new.gtin,
            "lot_code": new.lot_code,
            "serial": new.serial,
            "sign": new.sign,
            "note": new.note,
            "photo_id": kept.id if kept else None,
            "province_code": new.province_code,
        },
    )
    is_known = await repository.has_open(session, gtin=new.gtin, since=now - TOLD_PER, but=new.id)
    if is_new and not is_known:
        await _tell(session, reported, now)
    return await _get(session, new.id)


async def _keep_photo(session: AsyncSession, files: Files, content: bytes, now: datetime) -> Photo:
    return await media.store_photo(
        session, files, content=content, owner_id=None, is_public=False, keeps_place=False, now=now
    )


async def _tell(session: AsyncSession, reported: Reported, now: datetime) -> None:
    words = _("Có người báo một nhãn %(product)s đáng ngờ. Bạn vào xem nhé.", product=reported.listing.title)
    await notices.notify_all(
        session,
        await cooperatives.list_members(session, reported.producer.id, *READERS),
        kind="label_reported",
        text=words,
        href="/producer/labels/reports",
        now=now,
        by_sms=False,
    )


async def _get(session: AsyncSession, report_id: UUID) -> SuspectReport:
    found = await repository.find_report(session, report_id)
    if found is None:
        raise ReportNotFoundError
    return found


async def get_own_report(session: AsyncSession, *, report_id: UUID, producer_id: UUID) -> SuspectReport:
    """Get a report about this producer's labels; another's does not exist for them (`ReportNotFoundError`)."""
    found = await _get(session, report_id)
    if found.producer_id != producer_id:
        raise ReportNotFoundError
    return found


async def get_report(session: AsyncSession, report_id: UUID) -> SuspectReport:
    """Get a report; raises `ReportNotFoundError`."""
    return await _get(session, report_id)


async def list_reports(session: AsyncSession, *, producer_id: UUID | None = None) -> list[SuspectReport]:
    """List the newest reports of a producer, or of all producers; sixty at most."""
    return list(await repository.list_reports(session, producer_id=producer_id, limit=MOST_SHOWN))


async def handle(
    session: AsyncSession, *, report_id: UUID, producer_id: UUID, person_id: UUID, now: datetime
) -> SuspectReport:
    """Remember that the producer looked into a report; done again it changes nothing. Raises `ReportNotFoundError`."""
    await get_own_report(session, report_id=report_id, producer_id=producer_id)
    await repository.mark_handled(session, report_id, person_id=person_id, now=now)
    return await _get(session, report_id)


async def read_photo(session: AsyncSession, files: Files, found: SuspectReport, *, width: int) -> bytes:
    """Read a report's photo (WebP); the caller has judged who looks. NotFoundError when there is none of this width."""
    if found.photo_id is None or width not in media.WIDTHS:
        raise ReportNotFoundError
    return await media.read_file(files, photo=await media.get_photo(session, found.photo_id), width=width)
