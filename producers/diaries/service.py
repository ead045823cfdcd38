"""The production diary: work as it was done, corrected by later entries, and the waits that follow from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.events import emit
from app.core.i18n import Text
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Role
from producers.diaries import cautions, repository, sentences, waits
from producers.diaries.errors import (
    AlreadyCorrectedError,
    EntryNotFoundError,
    InFutureError,
    KindNotOfferedError,
    NotRepeatableError,
    NotTheWriterError,
    TakenBackError,
    TooManyPhotosError,
    WrongInputError,
)
from producers.diaries.events import EntryRecorded
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.schemas import (
    COLUMNS,
    HARVESTS,
    KINDS,
    REPEATED,
    WAITED_FOR,
    WORKS,
    DoneDay,
    NewEntry,
    Work,
    WorkWithInput,
    WrittenWhere,
)
from producers.diaries.waits import Hold
from producers.diaries.when import performed_at
from producers.farms import service as farms
from producers.farms.models import Site
from producers.inputs import service as inputs
from producers.inputs.errors import InputNotFoundError
from producers.inputs.models import Input

MOST_PHOTOS = 6
MOST_LAST = 500
"""Kinds of work times sites of one writer: more than anybody has."""
_AHEAD = timedelta(days=1)


async def record_entry(
    session: AsyncSession,
    *,
    entry: NewEntry,
    person_id: UUID,
    now: datetime,
    helper_id: UUID | None = None,
    is_flagged: bool = False,
) -> DiaryEntry:
    """Record work, or answer the first result when this id was recorded before (even at this very instant).

    A correction (`corrects_id`) takes the earlier entry's place and keeps its photos; `helper_id` is who wrote it for
    the person, `is_flagged` that the mandate was over when it came. What looks wrong but may be true
    (a dose above the label's, more area than the plot has) is recorded with its warnings. Raises `KindNotOfferedError`,
    `WrongInputError`, `InFutureError` (more than a day ahead), `TooManyPhotosError`, `SiteNotFoundError`; for a
    correction `EntryNotFoundError`, `NotTheWriterError`, `AlreadyCorrectedError`, `TakenBackError`.
    """
    site = await farms.get_site(session, entry.site_id)
    producer_id = (await farms.get_farm(session, site.farm_id)).producer_id
    known = await repository.find_entry(session, entry.id)
    if known is not None:
        return _own(known, producer_id)
    product = await _check(session, entry, site, producer_id, now)
    if entry.corrects_id is not None:
        await _check_correction(session, entry.corrects_id, producer_id, person_id, by_id=entry.id)
    fields = entry.work.model_dump(mode="json", exclude_none=True)
    values = {
        "id": entry.id,
        "site_id": site.id,
        "kind": entry.work.kind,
        "performed_at": entry.performed_at,
        "recorded_at": entry.recorded_at or now,
        "device_id": entry.device_id,
        "sequence": entry.sequence,
        "input_id": getattr(entry.work, "input_id", None),
        "quantity_g": getattr(entry.work, "quantity_g", None),
        "details": {name: value for name, value in fields.items() if name not in COLUMNS},
        "warnings": await _judge(session, entry, site, product),
        "note": entry.note,
        "corrects_id": entry.corrects_id,
        "helper_id": helper_id,
        "is_flagged": is_flagged,
    }
    return await _store(
        session,
        values=values,
        photo_ids=entry.photo_ids,
        producer_id=producer_id,
        person_id=person_id,
        now=now,
    )


async def void_entry(
    session: AsyncSession,
    *,
    id: UUID,  # noqa: A002 - the new entry's id, made where it was written
    entry_id: UUID,
    producer_id: UUID,
    person_id: UUID,
    now: datetime,
    written: WrittenWhere | None = None,
    helper_id: UUID | None = None,
    is_flagged: bool = False,
) -> DiaryEntry:
    """Take an entry back: a correction that puts nothing in its place; a repeat answers the first result.

    `written` as in `repeat_entry`. Raises `EntryNotFoundError`, `NotTheWriterError`, `AlreadyCorrectedError`, `TakenBackError`.
    """
    known = await repository.find_entry(session, id)
    if known is not None:
        return _own(known, producer_id)
    original = await _check_correction(session, entry_id, producer_id, person_id, by_id=id)
    copied = ("site_id", "kind", "performed_at", "input_id", "quantity_g", "details")
    values = {name: getattr(original, name) for name in copied}
    where = written or WrittenWhere(now)
    values |= {"id": id, "note": "", "corrects_id": original.id, "is_void": True}
    values |= {"recorded_at": where.at, "device_id": where.device_id, "sequence": where.sequence}
    values |= {"helper_id": helper_id, "is_flagged": is_flagged}
    return await _store(
        session, values=values, photo_ids=(), producer_id=producer_id, person_id=person_id, now=now
    )


async def _store(
    session: AsyncSession,
    *,
    values: dict[str, Any],
    photo_ids: tuple[UUID, ...],
    producer_id: UUID,
    person_id: UUID,
    now: datetime,
) -> DiaryEntry:
    corrects_id: UUID | None = values["corrects_id"]
    row = {**values, "producer_id": producer_id, "person_id": person_id, "received_at": now}
    if not await repository.insert_entry(session, row):
        first = await repository.find_entry(session, values["id"])
        if first is not None:
            return _own(first, producer_id)
        assert corrects_id is not None  # noqa: S101 - the only other thing that is unique
        await _refuse_second_correction(session, corrects_id)
    kept = (
        [photo.photo_id for photo in await repository.list_photos(session, [corrects_id])]
        if corrects_id
        else []
    )
    photos = list(dict.fromkeys([*kept, *photo_ids]))
    await repository.insert_photos(session, entry_id=values["id"], photo_ids=photos, now=now)
    await emit(
        session,
        EntryRecorded(
            entry_id=values["id"], site_id=values["site_id"], corrects_id=corrects_id, recorded_at=now
        ),
    )
    return await get_entry(session, entry_id=values["id"], producer_id=producer_id)


def _own(entry: DiaryEntry, producer_id: UUID) -> DiaryEntry:
    if entry.producer_id != producer_id:
        raise EntryNotFoundError
    return entry


async def _check(
    session: AsyncSession, entry: NewEntry, site: Site, producer_id: UUID, now: datetime
) -> Input | None:
    work = entry.work
    if work.kind not in KINDS[site.crop]:
        raise KindNotOfferedError
    if entry.performed_at > now + _AHEAD:
        raise InFutureError
    if len(entry.photo_ids) > MOST_PHOTOS:
        raise TooManyPhotosError(MOST_PHOTOS)
    if not isinstance(work, WorkWithInput):
        return None
    try:
        product = await inputs.get_input(session, input_id=work.input_id, producer_id=producer_id)
    except InputNotFoundError as error:
        raise WrongInputError from error
    if product.kind not in work.uses:
        raise WrongInputError
    return product


async def _judge(session: AsyncSession, entry: NewEntry, site: Site, product: Input | None) -> list[str]:
    earlier = 0
    if product is not None and product.max_uses is not None and entry.work.kind in WAITED_FOR:
        earlier = await repository.count_uses(
            session,
            site_id=site.id,
            input_id=product.id,
            kinds=WAITED_FOR,
            since=entry.performed_at - timedelta(days=cautions.SEASON_DAYS),
            until=entry.performed_at,
            but_id=entry.corrects_id,
        )
    return [one.value for one in cautions.judge(entry.work, site=site, product=product, earlier_uses=earlier)]


async def repeat_entry(
    session: AsyncSession,
    *,
    id: UUID,  # noqa: A002 - the new entry's id, made where it was written
    entry_id: UUID,
    producer_id: UUID,
    person_id: UUID,
    performed_on: date,
    now: datetime,
    written: WrittenWhere | None = None,
    helper_id: UUID | None = None,
    is_flagged: bool = False,
) -> DiaryEntry:
    """Record the same work again on a day, without note and photos; a repeat of `id` answers the first result.

    `written`: when and where that was, for what comes later; None for now and here. Raises `EntryNotFoundError`, `TakenBackError`, `NotRepeatableError` (work that is weighed, counted or asks to wait),
    and what `record_entry` raises.
    """
    known = await repository.find_entry(session, id)
    if known is not None:
        return _own(known, producer_id)
    original = await get_entry(session, entry_id=entry_id, producer_id=producer_id)
    if original.is_void:
        raise TakenBackError
    if original.kind not in REPEATED:
        raise NotRepeatableError
    where = written or WrittenWhere(now)
    again = NewEntry(
        id=id,
        site_id=original.site_id,
        work=read_work(original),
        performed_at=performed_at(original.kind, performed_on, None, now),
        recorded_at=where.at,
        device_id=where.device_id,
        sequence=where.sequence,
    )
    return await record_entry(
        session, entry=again, person_id=person_id, now=now, helper_id=helper_id, is_flagged=is_flagged
    )


def read_work(entry: DiaryEntry) -> Work:
    """Read what was done back into its typed shape."""
    columns = {name: getattr(entry, name) for name in COLUMNS if getattr(entry, name) is not None}
    return WORKS[entry.kind].model_validate(entry.details | columns)


async def _check_correction(
    session: AsyncSession, entry_id: UUID, producer_id: UUID, person_id: UUID, *, by_id: UUID
) -> DiaryEntry:
    original = await get_entry(session, entry_id=entry_id, producer_id=producer_id)
    # Not for itself: the first sending of this very correction may have come in since we looked.
    await check_correctable(session, entry=original, person_id=person_id, unless=by_id)
    return original


async def check_correctable(
    session: AsyncSession, *, entry: DiaryEntry, person_id: UUID, unless: UUID | None = None
) -> None:
    """Raise `NotTheWriterError`, `TakenBackError` or `AlreadyCorrectedError` unless this person may correct it now.

    `unless`: the correction whose being there is no hindrance.
    """
    if not await may_correct(session, entry=entry, person_id=person_id):
        raise NotTheWriterError
    if entry.is_void:
        raise TakenBackError
    await _refuse_second_correction(session, entry.id, unless=unless)


async def _refuse_second_correction(
    session: AsyncSession, entry_id: UUID, *, unless: UUID | None = None
) -> None:
    newer = await repository.find_correction(session, entry_id)
    if newer is None or newer.id == unless:
        return
    if newer.is_void:
        raise TakenBackError
    said = (await describe_entries(session, [newer]))[newer.id]
    raise AlreadyCorrectedError(newer.id, said)


async def may_correct(session: AsyncSession, *, entry: DiaryEntry, person_id: UUID) -> bool:
    """Whether this person wrote the entry or manages its producer."""
    if entry.person_id == person_id:
        return True
    roles = await cooperatives.list_roles(session, producer_id=entry.producer_id, person_id=person_id)
    return Role.MANAGER in roles


async def get_entry(session: AsyncSession, *, entry_id: UUID, producer_id: UUID) -> DiaryEntry:
    """Get an entry of this producer; another producer's does not exist for them (`EntryNotFoundError`)."""
    entry = await repository.find_entry(session, entry_id)
    if entry is None:
        raise EntryNotFoundError
    return _own(entry, producer_id)


async def find_entry(session: AsyncSession, *, entry_id: UUID, producer_id: UUID) -> DiaryEntry | None:
    """Find an entry of this producer."""
    entry = await repository.find_entry(session, entry_id)
    return entry if entry is not None and entry.producer_id == producer_id else None


async def get_entries(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, DiaryEntry]:
    """Get several entries by id, corrected or not, in one query; ids that are unknown are left out."""
    return {entry.id: entry for entry in await repository.list_entries_by_id(session, ids)}


async def list_effective(
    session: AsyncSession, *, site_ids: Collection[UUID], until: datetime | None = None
) -> list[DiaryEntry]:
    """List what holds on some sites, the oldest first: what was corrected or taken back is left out.

    `until`: work performed at that instant or before.
    """
    found = await repository.list_effective(session, site_ids=site_ids, kinds=tuple(EntryKind), until=until)
    return list(found)


async def list_latest(
    session: AsyncSession,
    *,
    producer_id: UUID,
    limit: int,
    site_id: UUID | None = None,
    before: DiaryEntry | None = None,
) -> list[DiaryEntry]:
    """List what holds for a producer, the newest first; `before` pages on from the last entry that was shown."""
    found = await repository.list_latest(
        session, producer_id=producer_id, kinds=tuple(EntryKind), site_id=site_id, before=before, limit=limit
    )
    return list(found)


async def list_helped(
    session: AsyncSession, *, person_id: UUID, helper_id: UUID | None, since: datetime | None, limit: int
) -> list[DiaryEntry]:
    """List what helpers (or one of them) wrote for a person, corrections too, the latest to arrive first.

    `since`: arrived after that instant.
    """
    found = await repository.list_helped(
        session, person_id=person_id, helper_id=helper_id, since=since, limit=limit
    )
    return list(found)


async def find_last_days(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Find when each person's last work was done, as the diary holds it; one query, who wrote nothing is left out."""
    return dict(await repository.list_last_days(session, person_ids))


async def list_harvests(session: AsyncSession, producer_id: UUID, *, limit: int) -> list[DiaryEntry]:
    """List the leaf picked and fish harvested that hold, the newest first."""
    found = await repository.list_latest(
        session, producer_id=producer_id, kinds=HARVESTS, site_id=None, before=None, limit=limit
    )
    return list(found)


async def list_repeats(
    session: AsyncSession,
    *,
    producer_id: UUID,
    person_id: UUID,
    since: datetime,
    limit: int,
    site_id: UUID | None = None,
) -> list[DiaryEntry]:
    """List the latest work of each kind on each site that this person wrote, the newest first."""
    found = await repository.list_last_of_kinds(
        session, producer_id=producer_id, person_id=person_id, since=since, site_id=site_id
    )
    return sorted(found, key=lambda entry: (entry.performed_at, entry.id), reverse=True)[:limit]


async def find_last(
    session: AsyncSession,
    *,
    producer_id: UUID,
    person_id: UUID,
    since: datetime,
    kind: EntryKind | None = None,
) -> DiaryEntry | None:
    """Find the last work (of this kind) that holds and that this person wrote, on whatever site."""
    found = await list_repeats(
        session, producer_id=producer_id, person_id=person_id, since=since, limit=MOST_LAST
    )
    return next((entry for entry in found if kind in {None, entry.kind}), None)


async def list_done(
    session: AsyncSession, *, site_ids: Collection[UUID], since: date, until: date
) -> list[DoneDay]:
    """List how often each kind of work was done on each site and day (Viet Nam), both ends included, by day."""
    return [
        DoneDay(site_id=site_id, kind=kind, on=on, count=count)
        for site_id, kind, on, count in await repository.count_by_day(
            session, site_ids=site_ids, since=since, until=until
        )
    ]


async def list_due_waits(session: AsyncSession, *, sites: Collection[Site], since: datetime) -> list[Hold]:
    """List the waits of all work with products since an instant, by the first clear day; over or not."""
    used = await repository.list_effective(
        session, site_ids=[site.id for site in sites], kinds=WAITED_FOR, until=None, since=since
    )
    by_site: dict[UUID, list[DiaryEntry]] = defaultdict(list)
    for entry in used:
        by_site[entry.site_id].append(entry)
    found: list[Hold] = []
    for site in sites:
        if by_site[site.id]:
            found += await waits.list_waits(session, site, by_site[site.id])
    return sorted(found, key=lambda hold: (hold.clear_on, hold.entry_id))


async def list_versions(session: AsyncSession, entry: DiaryEntry) -> list[DiaryEntry]:
    """List an entry with all that it corrects and that corrects it, the oldest first."""
    versions = [entry]
    while versions[0].corrects_id is not None:
        older = await repository.find_entry(session, versions[0].corrects_id)
        assert older is not None  # noqa: S101 - a foreign key
        versions.insert(0, older)
    while (newer := await repository.find_correction(session, versions[-1].id)) is not None:
        versions.append(newer)
    return versions


async def list_photos(session: AsyncSession, entry_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """List the photos of each entry, in their order; one query."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for photo in await repository.list_photos(session, entry_ids):
        found[photo.entry_id].append(photo.photo_id)
    return found


async def get_written_entry(session: AsyncSession, *, entry_id: UUID, person_id: UUID) -> DiaryEntry:
    """Get an entry that this person wrote; another one's does not exist for them (`EntryNotFoundError`)."""
    entry = await repository.find_entry(session, entry_id)
    if entry is None or entry.person_id != person_id:
        raise EntryNotFoundError
    return entry


async def attach_photo(
    session: AsyncSession, *, entry_id: UUID, person_id: UUID, photo_id: UUID, now: datetime
) -> None:
    """Add a photo that arrived after its entry's words, also to what corrected the entry meanwhile; once.

    Raises `EntryNotFoundError` when this person did not write the entry, `TooManyPhotosError`.
    """
    entry = await get_written_entry(session, entry_id=entry_id, person_id=person_id)
    versions: list[DiaryEntry] = []
    newest: DiaryEntry | None = entry
    while newest is not None:
        # A correction that is being written waits here, or is found: either way the photo reaches it.
        await repository.lock_entry(session, newest.id)
        versions.append(newest)
        newest = await repository.find_correction(session, newest.id)
    photos = (await list_photos(session, [entry_id]))[entry_id]
    if photo_id not in photos and len(photos) >= MOST_PHOTOS:
        raise TooManyPhotosError(MOST_PHOTOS)
    for version in versions:
        await repository.insert_late_photo(session, entry_id=version.id, photo_id=photo_id, now=now)


def describe_entry(entry: DiaryEntry, *, input_name: str | None = None) -> Text:
    """Say in one plain sentence what was done; `input_name` is the product's, for work that uses one."""
    return sentences.describe(entry, input_name)


async def describe_entries(session: AsyncSession, entries: Collection[DiaryEntry]) -> dict[UUID, Text]:
    """Say of each entry what was done; one query for the names of all products."""
    names = await inputs.get_inputs(session, {entry.input_id for entry in entries if entry.input_id})
    return {
        entry.id: sentences.describe(entry, names[entry.input_id].name if entry.input_id else None)
        for entry in entries
    }


async def find_hold(session: AsyncSession, *, site_id: UUID, harvested_at: datetime) -> Hold | None:
    """Find what forbids a harvest on a site at an instant, or None when every wait is over by that day.

    Looks at the sprays, treatments and fertilisers that hold and were done at that instant or before, with the wait
    that the product's label asks for the site's crop (see `intervals` for the rule of days and degree-days). Of
    several, the one that clears last is answered.
    """
    site = await farms.get_site(session, site_id)
    used = await repository.list_effective(session, site_ids=[site_id], kinds=WAITED_FOR, until=harvested_at)
    harvested_on = today(harvested_at)
    holds = await waits.list_waits(session, site, used)
    forbidding = [hold for hold in holds if hold.clear_on > harvested_on]
    return max(forbidding, key=lambda hold: (hold.clear_on, hold.entry_id), default=None)


async def find_wait(session: AsyncSession, entry: DiaryEntry) -> Hold | None:
    """Find how long this spray, treatment or fertiliser asks to wait; None when its product asks for nothing."""
    site = await farms.get_site(session, entry.site_id)
    found = await waits.list_waits(session, site, [entry] if entry.kind in WAITED_FOR else [])
    return next((wait for wait in found if wait.clear_on > wait.used_on), None)
