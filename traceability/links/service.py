"""Links that producers add: only to codes of their own, only to `https`, never in place of the house's own answers."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.i18n import _
from app.core.ids import uuid7
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Producer
from producers.listings import service as listings
from traceability.labels import service as labels
from traceability.labels.models import SerialState
from traceability.links import repository
from traceability.links.errors import (
    AnchorInvalidError,
    AnchorNotOwnError,
    LinkExistsError,
    LinkNotFoundError,
    LinksFullError,
)
from traceability.links.events import LinksChanged
from traceability.links.keys import Anchor, LinkSyntaxError, read_anchor
from traceability.links.models import ProducerLink
from traceability.links.schemas import LinkFields, NewLink
from traceability.lots import service as lots

MOST_LINKS = 500
MOST_AT_ONE_CODE = 40
GTIN = "01"


async def create_link(
    session: AsyncSession,
    *,
    producer_id: UUID,
    link: NewLink,
    person_id: UUID,
    now: datetime,
    link_id: UUID | None = None,
) -> ProducerLink:
    """Hang a link on a code of the producer's own, or answer the one that this `link_id` made before.

    Raises `AnchorInvalidError`, `AnchorNotOwnError`, `LinkExistsError`, `LinksFullError`, and `PracticeOnlyError` for a practice farm.
    """
    await cooperatives.require_real(session, producer_id)
    wanted = link_id or uuid7()
    if await repository.find_link(session, wanted) is not None:
        return await get_own_link(session, link_id=wanted, producer_id=producer_id)
    anchor = await _read_own_anchor(session, producer_id, link)
    # Besides itself: its first sending may have come in since we looked.
    others = [one for one in await repository.list_by_anchor(session, [anchor.path]) if one.id != wanted]
    if len(others) >= MOST_AT_ONE_CODE:
        raise LinksFullError
    row = {
        "id": wanted,
        "producer_id": producer_id,
        "anchor": anchor.path,
        **_values(link),
        "created_by_id": person_id,
        "created_at": now,
        "updated_at": now,
    }
    made = await repository.insert_link(session, row)
    if made is None:
        if await repository.find_link(session, wanted) is not None:  # made at this very instant
            return await get_own_link(session, link_id=wanted, producer_id=producer_id)
        raise LinkExistsError
    await emit(session, LinksChanged(producer_id=producer_id))
    return await get_own_link(session, link_id=made, producer_id=producer_id)


async def update_link(
    session: AsyncSession, *, link_id: UUID, producer_id: UUID, fields: LinkFields, now: datetime
) -> ProducerLink:
    """Change what a link says or where it leads; its code stays. Raises `LinkNotFoundError`, `LinkExistsError`."""
    link = await get_own_link(session, link_id=link_id, producer_id=producer_id)
    if not await repository.update_link(session, link.id, {**_values(fields), "updated_at": now}):
        raise LinkExistsError
    await emit(session, LinksChanged(producer_id=producer_id))
    return await get_own_link(session, link_id=link_id, producer_id=producer_id)


async def end_link(session: AsyncSession, *, link_id: UUID, producer_id: UUID, now: datetime) -> None:
    """Take a link off its code; doing it again changes nothing more. Raises `LinkNotFoundError`."""
    link = await get_own_link(session, link_id=link_id, producer_id=producer_id)
    await repository.end_link(session, link.id, now=now)
    await emit(session, LinksChanged(producer_id=producer_id))


async def get_own_link(session: AsyncSession, *, link_id: UUID, producer_id: UUID) -> ProducerLink:
    """Get a link that stands; another producer's does not exist for them (`LinkNotFoundError`)."""
    link = await repository.find_link(session, link_id)
    if link is None or link.producer_id != producer_id:
        raise LinkNotFoundError
    return link


async def list_links(session: AsyncSession, producer_id: UUID) -> list[ProducerLink]:
    """List a producer's links that stand, the newest first."""
    return await repository.list_by_producer(session, producer_id, limit=MOST_LINKS)


async def list_at(session: AsyncSession, anchor: Anchor) -> dict[Anchor, list[ProducerLink]]:
    """List the links at an anchor and at every level above it, the widest level first; the oldest link first."""
    found: dict[str, list[ProducerLink]] = defaultdict(list)
    for link in await repository.list_by_anchor(session, [level.path for level in anchor.levels]):
        found[link.anchor].append(link)
    return {level: found[level.path] for level in anchor.levels}


def _values(fields: LinkFields) -> dict[str, Any]:
    return {
        "link_type": fields.link_type,
        "href": fields.href,
        "title": fields.title,
        "hreflang": fields.hreflang or [],
        "media_type": fields.media_type,
        "context": fields.context or [],
        "fwqs": not fields.drops_query,
        "is_public": not fields.is_hidden,
    }


async def _read_own_anchor(session: AsyncSession, producer_id: UUID, link: NewLink) -> Anchor:
    """The code that a form means, when it is the producer's own."""
    if link.gtin:
        anchor = await _read_pack(session, link.gtin, link.lot, link.serial)
    else:
        typed = (link.code or "").strip()
        start = typed.find("/", typed.find("://") + 3) if "://" in typed else 0
        path, _sep, query = typed[max(start, 0) :].partition("?")
        try:
            anchor = read_anchor(path if path.startswith("/") else f"/{path}", query)
        except LinkSyntaxError as error:
            raise AnchorInvalidError("code", error.reason) from error
        if anchor.ai == GTIN:
            anchor = await _read_pack(session, anchor.value, anchor.find("10"), anchor.find("21"))
    owner = await _find_owner(session, anchor)
    if owner is None or owner.id != producer_id:
        raise AnchorNotOwnError
    return anchor


async def _read_pack(session: AsyncSession, gtin: str, lot_code: str | None, serial: str | None) -> Anchor:
    """The anchor of a pack, with the lot and the label that our books know; a label's lot is found by itself."""
    qualifiers = []
    if serial:
        label = await labels.find_serial(session, gtin=gtin, serial=serial)
        if label is None or label.state is SerialState.VOID:
            raise AnchorInvalidError("serial", _("Mã của gói này chưa từng được in cho sản phẩm đó."))
        lot = await lots.get_lot(session, label.lot_id)
        if lot_code and lot.code != lot_code:
            raise AnchorInvalidError("serial", _("Gói này thuộc lô khác."))
        qualifiers = [("10", lot.code), ("21", serial)]
    elif lot_code:
        if await lots.find_lot(session, gtin=gtin, code=lot_code) is None:
            raise AnchorInvalidError("lot", _("Số lô này không có trong sổ của sản phẩm."))
        qualifiers = [("10", lot_code)]
    return Anchor(GTIN, gtin, tuple(qualifiers))


async def _find_owner(session: AsyncSession, anchor: Anchor) -> Producer | None:
    """Whose code it is: a pack's producer, or for any other key the one whose company prefix it was made under."""
    if anchor.ai != GTIN:
        return await cooperatives.find_by_prefix(session, anchor.prefixed)
    variant = await listings.find_variant_by_gtin(session, anchor.value)
    if variant is None:
        return None
    listing = await listings.get_listing(session, variant.listing_id)
    return await cooperatives.get_producer(session, listing.producer_id)
