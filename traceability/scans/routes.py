"""The doors of scans: what a producer sees of labels that may have been copied."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.web.dependencies import DbSession, Now
from app.web.pages import render
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from producers.listings import service as listings
from traceability.labels import sheet
from traceability.labels.pages import STATES
from traceability.labels.press import path_of
from traceability.lots import service as lots
from traceability.scans import reasons, service
from traceability.scans.pages import SuspectLine, SuspectsPage, UnknownLine

router = APIRouter(prefix="/producer")
KEEPERS = (Role.MANAGER, Role.PACKER)
UNKNOWN_DAYS = 7


@router.get("/labels/suspects", name="traceability.scans.suspects")
async def list_suspects(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Show the labels that may have been copied, the last scanned first, and codes that were never issued."""
    member.require(*KEEPERS)
    page = SuspectsPage(
        lines=await _lines(session, member.producer.id),
        unknown=await _unknown(session, member.producer.id, now),
        unknown_days=UNKNOWN_DAYS,
    )
    return await render(request, page)


async def _lines(session: AsyncSession, producer_id: UUID) -> list[SuspectLine]:
    found = await service.list_suspects(session, producer_id)
    known = await lots.get_lots(session, {serial.lot_id for _suspect, serial in found})
    return [
        SuspectLine(
            said=sheet.spell(serial.serial),
            lot_code=known[serial.lot_id].code,
            state=STATES[serial.state][1],
            kind=STATES[serial.state][0],
            score=suspect.score,
            reasons=[
                reasons.say(reason)
                for kept in suspect.reasons
                if (reason := reasons.unpack(kept)) is not None
            ],
            found_at=suspect.created_at,
            seen_at=suspect.seen_at,
            story=path_of(gtin=serial.gtin, lot_code=known[serial.lot_id].code, serial=serial.serial),
        )
        for suspect, serial in found
    ]


async def _unknown(session: AsyncSession, producer_id: UUID, now: datetime) -> list[UnknownLine]:
    """The products of which codes are scanned that were never issued: somebody makes labels up, or guesses."""
    titles = {listing.id: listing.title for listing in await listings.list_listings(session, producer_id)}
    variants = await listings.list_variants(session, titles, with_inactive=True)
    names = {
        variant.gtin: f"{titles[variant.listing_id]}, {variant.name}"
        for found in variants.values()
        for variant in found
    }
    counts = await service.count_unknown(session, names, since=now - timedelta(days=UNKNOWN_DAYS))
    return [UnknownLine(names[gtin], count) for gtin, count in counts.items()]
