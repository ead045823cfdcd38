"""The diary over HTTP: choose, write, read, correct."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.clock import in_vietnam, today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.envelope import envelope_of
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import photos as form_photos
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.help import LATE, say_writer
from producers.cooperatives.models import Role
from producers.diaries import service, voice_form, voices
from producers.diaries.cautions import CAUTION_WORDS
from producers.diaries.desk import SAY_SOMETHING, Desk, open_desk, read_form, show_form
from producers.diaries.errors import (
    AlreadyCorrectedError,
    EntryNotFoundError,
    KindNotOfferedError,
    NotRepeatableError,
)
from producers.diaries.fields import copied_values, said_extras, shown_values, usual_choices
from producers.diaries.intervals import UNKNOWN_TENTHS
from producers.diaries.latest import LOOK_BACK, make_repeats
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.pages import (
    ChoosePage,
    DiaryPage,
    EntryDay,
    EntryLine,
    EntryPage,
    KindTile,
)
from producers.diaries.schemas import BOOKKEEPING, HARVESTS, KINDS, AgainForm, NewEntry, WrittenWhere
from producers.diaries.sentences import KIND_ICONS, KIND_WORDS
from producers.diaries.when import hour_said
from producers.farms import service as farms

router = APIRouter(prefix="/producer/diary")
READERS = (Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
WRITERS = (Role.MEMBER,)
ON_A_PAGE = 50
MOST_REPEATS = 4
HOLD_WORDS = {
    EntryKind.SPRAY: _("Chưa đủ thời gian cách ly: phun"),
    EntryKind.TREAT: _("Chưa đủ thời gian ngừng thuốc: dùng"),
    EntryKind.FERTILISE: _("Chưa đủ thời gian cách ly: bón"),
}


@router.get("", name="producers.diaries.list")
async def list_all(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """The diary by day, newest first; `site` filters, `before` pages on."""
    member.require(*READERS)
    site_id = _read_uuid(request.query_params.get("site"))
    last_id = _read_uuid(request.query_params.get("before"))
    before = (
        await service.find_entry(session, entry_id=last_id, producer_id=member.producer.id)
        if last_id
        else None
    )
    sites = await farms.list_sites(session, member.producer.id)
    entries = await service.list_latest(
        session, producer_id=member.producer.id, site_id=site_id, before=before, limit=ON_A_PAGE
    )
    lines = await _lines(session, entries)
    days = [
        EntryDay(day, list(group)) for day, group in groupby(lines, lambda line: today(line.performed_at))
    ]
    older = None
    if len(entries) == ON_A_PAGE:
        query = {"before": str(entries[-1].id)} | ({"site": str(site_id)} if site_id else {})
        older = f"{request.url.path}?{urlencode(query)}"
    page = DiaryPage(
        days=days,
        sites=[(str(site.id), site.name) for site in sites],
        form=Form({"site": str(site_id or "")}),
        older_href=older,
        can_write=member.has(*WRITERS),
    )
    return await render(request, page)


async def _lines(session: AsyncSession, entries: Sequence[DiaryEntry]) -> list[EntryLine]:
    said = await service.describe_entries(session, entries)
    sites = await farms.get_sites(session, {entry.site_id for entry in entries})
    writers = await _say_writers(session, entries)
    return [
        EntryLine(
            entry.id,
            said[entry.id],
            sites[entry.site_id].name,
            KIND_ICONS[entry.kind],
            writers[entry.id],
            entry.performed_at,
            bool(entry.warnings),
            entry.is_flagged,
        )
        for entry in entries
    ]


async def _say_writers(session: AsyncSession, entries: Sequence[DiaryEntry]) -> dict[UUID, Text]:
    """Say who wrote each entry, with the helper beside; one query."""
    ids = {entry.person_id for entry in entries} | {entry.helper_id for entry in entries if entry.helper_id}
    people = await accounts.get_people(session, ids)
    return {
        entry.id: say_writer(
            people[entry.person_id].name, people[entry.helper_id].name if entry.helper_id else None
        )
        for entry in entries
    }


@router.get("/new", name="producers.diaries.choose")
async def choose(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Where, then what; it opens at the only place there is, or where this person worked last: a tap less each day."""
    member.require(*WRITERS)
    sites = await farms.list_sites(session, member.producer.id)
    homes = await farms.get_farms(session, {site.farm_id for site in sites})
    asked = request.query_params.get("site")
    chosen = _read_uuid(asked)
    if asked is None:
        last = await service.find_last(
            session, producer_id=member.producer.id, person_id=member.person.id, since=now - LOOK_BACK
        )
        chosen = last.site_id if last else None
    site = next((one for one in sites if one.id == chosen), sites[0] if len(sites) == 1 else None)
    tiles, repeats = [], []
    if site is not None:
        tiles = [KindTile(kind.value, KIND_WORDS[kind], KIND_ICONS[kind]) for kind in KINDS[site.crop]]
        done = await service.list_repeats(
            session,
            producer_id=member.producer.id,
            person_id=member.person.id,
            since=now - LOOK_BACK,
            limit=MOST_REPEATS,
            site_id=site.id,
        )
        repeats = await make_repeats(session, done)
    page = ChoosePage(
        sites=[(one, homes[one.farm_id].name) for one in sites],
        site=site,
        kinds=[tile for tile in tiles if tile.kind not in BOOKKEEPING],
        more_kinds=[tile for tile in tiles if tile.kind in BOOKKEEPING],
        repeats=repeats,
    )
    return await render(request, page)


@router.get("/new/{kind}", name="producers.diaries.new")
async def new(
    request: Request, kind: EntryKind, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """An empty form with an id of its own; `like` fills it in as an earlier entry, `input` chooses a product."""
    member.require(*WRITERS)
    desk = await open_desk(session, member, kind)
    values = {"id": str(uuid7()), "performed_on": today(now).isoformat()}
    like_id = _read_uuid(request.query_params.get("like"))
    like = (
        await service.find_entry(session, entry_id=like_id, producer_id=member.producer.id)
        if like_id
        else None
    )
    if like is not None and like.kind is kind:
        values |= copied_values(like) | {"site_id": str(like.site_id)}
    else:
        last = await service.find_last(
            session,
            producer_id=member.producer.id,
            person_id=member.person.id,
            kind=kind,
            since=now - LOOK_BACK,
        )
        values |= usual_choices(last) if last else {}
    wished = request.query_params.get("input")
    errors: dict[str, Text] = {}
    if wished in {str(product.id) for product in desk.products}:
        values["input_id"] = str(wished)
    elif wished and desk.products:
        errors["input_id"] = _("Thứ vừa tìm không dùng cho việc này. Bạn chọn thứ khác, hoặc ghi việc khác.")
    site_id = _read_uuid(request.query_params.get("site"))
    if site_id is not None:
        site = await farms.get_own_site(session, site_id=site_id, producer_id=member.producer.id)
        if kind not in KINDS[site.crop]:
            raise KindNotOfferedError
        values["site_id"] = str(site_id)
    return await show_form(request, desk, Form(values, errors))


@router.post("/new/{kind}", name="producers.diaries.record")
async def record(
    request: Request, kind: EntryKind, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Record work; a form that is sent again goes to what it made the first time."""
    member.require(*WRITERS)
    desk = await open_desk(session, member, kind)
    return await _save(request, session, house, desk=desk, now=now)


async def _save(
    request: Request, session: AsyncSession, house: House, *, desk: Desk, now: datetime
) -> Response:
    submission = await read_submission(request)
    known = _read_uuid(submission.form.values.get("id"))
    if known and await service.find_entry(session, entry_id=known, producer_id=desk.member.producer.id):
        return _to_entry(request, known)
    kept, photo_errors = await form_photos.keep_photos(
        session,
        house,
        submission,
        name="photos",
        owner_id=desk.member.person.id,
        is_public=True,
        now=now,
    )
    voice_id, voice_errors = await voice_form.keep_voice(
        session, house, submission, owner_id=desk.member.person.id, now=now
    )
    entry, form = read_form(request, submission, desk, tuple(kept), now)
    errors = {**form.errors, **photo_errors, **voice_errors}
    if entry is not None and not errors and _says_nothing(request, entry, voice_id):
        errors["note"] = SAY_SOMETHING
    if entry is None or errors:
        form = Form(form.values, errors)
        return await show_form(
            request, desk, form, kept=kept, voice_id=voice_id, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    try:
        await farms.get_own_site(session, site_id=entry.site_id, producer_id=desk.member.producer.id)
        async with session.begin_nested():
            made = await service.record_entry(
                session,
                entry=entry,
                person_id=desk.member.person.id,
                now=now,
                helper_id=desk.member.helper_id,
                is_flagged=desk.member.is_flagged,
            )
            if voice_id is not None:
                await voices.attach_voice(
                    session,
                    entry_id=made.id,
                    recording_id=voice_id,
                    producer_id=desk.member.producer.id,
                    now=now,
                )
    except AlreadyCorrectedError as error:
        return await show_form(
            request,
            desk,
            form.refused(error),
            kept=kept,
            voice_id=voice_id,
            status=status_of(error),
            newer_id=error.newer_id,
        )
    except EntryNotFoundError:
        raise
    except AppError as error:
        return await show_form(
            request, desk, form.refused(error), kept=kept, voice_id=voice_id, status=status_of(error)
        )
    return _to_entry(request, made.id)


def _says_nothing(request: Request, entry: NewEntry, voice_id: UUID | None) -> bool:
    """A note without a word, a voice or a photo; those of a record from the outbox follow later."""
    is_empty = entry.work.kind is EntryKind.NOTE and not (entry.note or entry.photo_ids or voice_id)
    return is_empty and envelope_of(request) is None


def _to_entry(request: Request, entry_id: UUID) -> RedirectResponse:
    path = request.app.url_path_for("producers.diaries.show", entry_id=entry_id)
    return RedirectResponse(f"{path}?saved=1", HTTPStatus.SEE_OTHER)


@router.get("/{entry_id}", name="producers.diaries.show")
async def show(request: Request, entry_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """One entry: what was done, its photos, what was corrected, and what it means for the harvest."""
    member.require(*READERS)
    entry = await service.get_entry(session, entry_id=entry_id, producer_id=member.producer.id)
    versions = await service.list_versions(session, entry)
    newest = versions[-1]
    said = await service.describe_entries(session, versions)
    said_aloud = await voices.list_voices(session, versions[: versions.index(entry) + 1])
    written_down = [voice.transcript for voice in said_aloud if voice.transcript]
    scribes = {one.person_id for one in written_down} | {
        one.helper_id for one in written_down if one.helper_id
    }
    people = await accounts.get_people(session, scribes)
    writers = await _say_writers(session, versions)
    photo_ids = await service.list_photos(session, [entry.id])
    hold = None
    if entry.kind in HARVESTS and newest.id == entry.id and not entry.is_void:
        hold = await service.find_hold(session, site_id=entry.site_id, harvested_at=entry.performed_at)
    is_open = newest.id == entry.id and not entry.is_void
    page = EntryPage(
        entry=entry,
        said=said[entry.id],
        place=(await farms.get_site(session, entry.site_id)).name,
        person=writers[entry.id],
        late=LATE if entry.is_flagged else None,
        hour=hour_said(entry.kind, entry.performed_at),
        photos=photo_ids.get(entry.id, []),
        voices=said_aloud,
        names={person_id: person.name for person_id, person in people.items()},
        versions=[(one, said[one.id], writers[one.id]) for one in versions] if len(versions) > 1 else [],
        newest_id=newest.id,
        is_taken_back=newest.is_void,
        hold=hold,
        wait=await service.find_wait(session, entry) if is_open else None,
        unmeasured_degrees=UNKNOWN_TENTHS // 10,
        warnings=[CAUTION_WORDS[one] for one in entry.warnings],
        extras=said_extras(entry),
        hold_words={kind.value: words for kind, words in HOLD_WORDS.items()},
        can_correct=is_open and await service.may_correct(session, entry=entry, person_id=member.person.id),
        is_saved="saved" in request.query_params,
    )
    return await render(request, page)


@router.get("/{entry_id}/correct", name="producers.diaries.correct")
async def correct(request: Request, entry_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """The form of an entry, filled in as it stands."""
    member.require(*WRITERS)
    entry = await service.get_entry(session, entry_id=entry_id, producer_id=member.producer.id)
    await service.check_correctable(session, entry=entry, person_id=member.person.id)
    there = in_vietnam(entry.performed_at)
    values = {
        "id": str(uuid7()),
        "site_id": str(entry.site_id),
        "performed_on": there.date().isoformat(),
        "performed_hour": hour_said(entry.kind, entry.performed_at),
        "note": entry.note,
        **shown_values(entry),
    }
    desk = await open_desk(session, member, entry.kind, entry)
    return await show_form(request, desk, Form(values))


@router.post("/{entry_id}/correct", name="producers.diaries.save_correction")
async def save_correction(
    request: Request, entry_id: UUID, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Write the entry that takes this one's place."""
    member.require(*WRITERS)
    entry = await service.get_entry(session, entry_id=entry_id, producer_id=member.producer.id)
    desk = await open_desk(session, member, entry.kind, entry)
    return await _save(request, session, house, desk=desk, now=now)


@router.post("/{entry_id}/void", name="producers.diaries.void")
async def void(
    request: Request, entry_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Take an entry back."""
    member.require(*WRITERS)
    submission = await read_submission(request)
    made = await service.void_entry(
        session,
        id=_read_uuid(submission.form.values.get("id")) or uuid7(),
        entry_id=entry_id,
        producer_id=member.producer.id,
        person_id=member.person.id,
        now=now,
        written=_written(request),
        helper_id=member.helper_id,
        is_flagged=member.is_flagged,
    )
    return _to_entry(request, made.id)


def _written(request: Request) -> WrittenWhere | None:
    """When and where a record was written that came by the outbox; None for a form that was sent at once."""
    envelope = envelope_of(request)
    return (
        WrittenWhere(envelope.captured_at, envelope.device_id, envelope.sequence)
        if envelope is not None
        else None
    )


@router.post("/{entry_id}/repeat", name="producers.diaries.repeat")
async def repeat(
    request: Request, entry_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Write the same work once more; a form without an id or a day leads to the form that asks for them."""
    member.require(*WRITERS)
    entry = await service.get_entry(session, entry_id=entry_id, producer_id=member.producer.id)
    fields, _form = (await read_submission(request)).read(AgainForm)
    envelope = envelope_of(request)
    if fields is None and envelope is not None:  # a phone hears "stored" of a redirect
        raise NotRepeatableError
    if fields is None:
        path = request.app.url_path_for("producers.diaries.new", kind=entry.kind.value)
        return RedirectResponse(f"{path}?like={entry.id}", HTTPStatus.SEE_OTHER)
    made = await service.repeat_entry(
        session,
        id=fields.id,
        entry_id=entry.id,
        producer_id=member.producer.id,
        person_id=member.person.id,
        performed_on=envelope.move_day(fields.performed_on) if envelope else fields.performed_on,
        written=_written(request) or WrittenWhere(fields.recorded_at or now),
        helper_id=member.helper_id,
        is_flagged=member.is_flagged,
        now=now,
    )
    return _to_entry(request, made.id)


def _read_uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
