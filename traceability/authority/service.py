"""The authority's view of lots: records and what they lack; inspectors, and every look of theirs."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import keys
from app.accounts.models import ApiKey, KeyKind
from app.core import ids
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Producer
from traceability.authority import checks, facts, record, repository
from traceability.authority.checks import Check
from traceability.authority.errors import NoInspectorError, NoLotError, WrongKeyError
from traceability.authority.models import InspectorLook, InspectorSession, Way
from traceability.authority.record import LotRecord
from traceability.lots import service as lots

if TYPE_CHECKING:
    from traceability.authority.ports import Sales
    from traceability.lots.models import Lot

SESSION_LIFE = timedelta(hours=8)
MOST_LOTS = 200
MOST_LOOKS = 50
_LINK = re.compile(r"/?01/(\d{14})/10/([^/?#]+)")
_ELEMENTS = re.compile(r"\(01\)\s*(\d{14})\s*\(10\)\s*(\S+)")
_PAIR = re.compile(r"(\d{8,14})[\s,;]+(\S+)")


@dataclass(frozen=True)
class Audit:
    """A lot's record and every item that the rules ask of it."""

    record: LotRecord
    checks: list[Check]

    @property
    def lacking(self) -> list[Check]:
        """What is lacking."""
        return checks.lacking(self.checks)


@dataclass(frozen=True)
class Look:
    """An inspector's look at a lot, as its producer sees it."""

    who: str
    at: datetime
    way: Way


# ---------------------------------------------------------------- audits


async def audit_lot(
    session: AsyncSession, sales: Sales, lot: Lot, *, household_id: UUID | None = None
) -> Audit:
    """Read one lot's record and go through the rules; for a household (`household_id`) without its neighbours' grams."""
    producer = await cooperatives.get_producer(session, lot.producer_id)
    [audit] = await _audit(session, sales, producer, [lot], household_id)
    return audit


async def audit_producer(
    session: AsyncSession, sales: Sales, producer: Producer, *, household_id: UUID | None = None
) -> list[Audit]:
    """Go through a producer's newest lots, those that lack most first, then the newest; `household_id` as `audit_lot`."""
    found = await lots.list_lots(session, producer.id, limit=MOST_LOTS)
    return sorted(
        await _audit(session, sales, producer, found, household_id),
        key=lambda one: len(one.lacking),
        reverse=True,
    )


async def _audit(
    session: AsyncSession, sales: Sales, producer: Producer, found: Sequence[Lot], household_id: UUID | None
) -> list[Audit]:
    records = [
        record.assemble(one, household_id=household_id)
        for one in await facts.gather(session, sales, producer=producer, found=found)
    ]
    return [Audit(one, checks.check(one)) for one in records]


# ---------------------------------------------------------------- inspectors


async def log_in(session: AsyncSession, *, typed: str, now: datetime) -> str:
    """Open a session with an inspector's key; answers the token for its cookie. Raises `WrongKeyError`."""
    try:
        key = await identify(session, typed, now=now)
    except NoInspectorError as error:
        raise WrongKeyError from error
    await repository.delete_over(session, now=now)
    token = ids.new_token()
    session.add(
        InspectorSession(
            key_id=key.id, token_hash=ids.hash_token(token), expires_at=now + SESSION_LIFE, created_at=now
        )
    )
    await session.flush()
    return token


async def identify(session: AsyncSession, presented: str, *, now: datetime) -> ApiKey:
    """The inspector whose key this is; raises `NoInspectorError` for any other key, and for one that has ended."""
    key = await keys.find_key(session, presented.strip(), now=now)
    if key is None or key.kind is not KeyKind.INSPECTOR:
        raise NoInspectorError
    return key


async def find_inspector(session: AsyncSession, *, token: str, now: datetime) -> ApiKey | None:
    """The inspector behind a cookie; None when the session or the key is over."""
    opened = await repository.find_session(session, ids.hash_token(token), now=now)
    return await keys.find_open_key(session, opened.key_id, now=now) if opened else None


async def log_out(session: AsyncSession, *, token: str) -> None:
    """End a session."""
    await repository.delete_session(session, ids.hash_token(token))


# ---------------------------------------------------------------- looking


async def search(session: AsyncSession, typed: str) -> list[Lot]:
    """Find lots by what an inspector typed or scanned: a Digital Link, `(01)...(10)...`, GTIN and lot, or a lot code.

    Lots of practice farms are left out. Answers nothing when there is none.
    """
    typed = typed.strip()
    found = _LINK.search(typed) or _ELEMENTS.search(typed) or _PAIR.fullmatch(typed)
    if found is not None:
        code = unquote(found[2])
        # A zero byte that was encoded twice comes to light here; the database knows no such text.
        lot = await lots.find_lot(session, gtin=found[1].zfill(14), code=code) if code.isprintable() else None
        candidates = [lot] if lot else []
    else:
        candidates = await lots.list_with_code(session, typed)
    producers = await cooperatives.get_producers(session, {lot.producer_id for lot in candidates})
    return [lot for lot in candidates if not producers[lot.producer_id].is_practice]


async def look_at_lot(
    session: AsyncSession, sales: Sales, *, inspector: ApiKey, gtin: str, code: str, way: Way, now: datetime
) -> Audit:
    """Show a lot's papers to an inspector, and write down that they were shown. Raises `NoLotError`."""
    lot = await lots.find_lot(session, gtin=gtin, code=code)
    if lot is None:
        raise NoLotError
    audit = await audit_lot(session, sales, lot)
    if audit.record.facts.producer.is_practice:
        raise NoLotError
    session.add(InspectorLook(key_id=inspector.id, lot_id=lot.id, way=way, created_at=now))
    await session.flush()
    return audit


async def list_looks(session: AsyncSession, lot_id: UUID) -> list[Look]:
    """List who looked at a lot, the newest first."""
    found = await repository.list_looks(session, lot_id, MOST_LOOKS)
    names = await keys.get_names(session, {look.key_id for look in found})
    return [Look(names[look.key_id], look.created_at, look.way) for look in found]


async def count_looks(session: AsyncSession, lot_ids: Collection[UUID]) -> dict[UUID, int]:
    """Count the looks at each of these lots; those that nobody looked at are left out."""
    return await repository.count_looks(session, lot_ids)
