"""The diary over HTTP: choose, write, read, correct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from app.web.errors import status_of
from app.web.forms import Form, Submission, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import photos as form_photos
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.help import LATE, say_writer
from producers.cooperatives.models import Role
from producers.diaries import service
from producers.diaries.errors import AlreadyCorrectedError, EntryNotFoundError, KindNotOfferedError
from producers.diaries.fields import ASKED, shown_values
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.pages import (
    ChoosePage,
    DiaryPage,
    EntryDay,
    EntryFormPage,
    EntryLine,
    EntryPage,
    KindTile,
)
from producers.diaries.schemas import HARVESTS, KINDS, WORKS, EntryForm, NewEntry, WorkWithInput
from producers.diaries.sentences import KIND_ICONS, KIND_WORDS
from producers.diaries.when import hour_said, performed_at
from producers.farms import service as farms
from producers.farms.models import Site
from producers.inputs import service as inputs

router = APIRouter(prefix="/producer/diary")
READERS = (Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
WRITERS = (Role.MEMBER,)
ON_A_PAGE = 50
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
async def choose(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """Where, then what; a producer with one site goes straight to the pictures."""
    member.require(*WRITERS)
    sites = await farms.list_sites(session, member.producer.id)
    homes = await farms.get_farms(session, {site.farm_id for site in sites})
    chosen = _read_uuid(request.query_params.get("site"))
    site = next((one for one in sites if one.id == chosen), sites[0] if len(sites) == 1 else None)
    page = ChoosePage(
        sites=[(one, homes[one.farm_id].name) for one in sites],
        site=site,
        kinds=[KindTile(kind.value, KIND_WORDS[kind], KIND_ICONS[kind]) for kind in KINDS[site.crop]]
        if site
        else [],
    )
    return await render(request, page)


@dataclass(frozen=True)
class _Desk:
    """What the form of one kind needs around it; `original` is what a correction replaces."""

    member: Member
    kind: EntryKind
    sites: list[Site]
    inputs: list[tuple[str, str]]
    original: DiaryEntry | None = None


async def _open_desk(
    session: AsyncSession, member: Member, kind: EntryKind, original: DiaryEntry | None = None
) -> _Desk:
    sites = [site for site in await farms.list_sites(session, member.producer.id) if kind in KINDS[site.crop]]
    work = WORKS[kind]
    found = []
    if issubclass(work, WorkWithInput):
        found = await inputs.list_inputs(session, producer_id=member.producer.id, kinds=work.uses)
    return _Desk(member, kind, sites, [(str(one.id), one.name) for one in found], original)


async def _show_form(
    request: Request,
    desk: _Desk,
    form: Form,
    *,
    status: int = HTTPStatus.OK,
    kept: Sequence[UUID] = (),
    newer_id: UUID | None = None,
) -> Response:
    title: Text = KIND_WORDS[desk.kind]
    void_action = None
    if desk.original is None:
        action = request.app.url_path_for("producers.diaries.record", kind=desk.kind.value)
        back = f"{request.app.url_path_for('producers.diaries.choose')}?site={form.values.get('site_id', '')}"
    else:
        title = _("Sửa: %(kind)s", kind=title)
        action = request.app.url_path_for("producers.diaries.save_correction", entry_id=desk.original.id)
        back = str(request.app.url_path_for("producers.diaries.show", entry_id=desk.original.id))
        void_action = str(request.app.url_path_for("producers.diaries.void", entry_id=desk.original.id))
    page = EntryFormPage(
        form=form,
        title=title,
        action=str(action),
        back=back,
        asked=ASKED[desk.kind],
        sites=[(str(site.id), site.name) for site in desk.sites],
        inputs=desk.inputs,
        kept=kept,
        newer_id=newer_id,
        void_action=void_action,
        void_id=uuid7(),
    )
    return await render(request, page, status=status)


@router.get("/new/{kind}", name="producers.diaries.new")
async def new(
    request: Request, kind: EntryKind, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """An empty form with an id of its own."""
    member.require(*WRITERS)
    desk = await _open_desk(session, member, kind)
    values = {"id": str(uuid7()), "performed_on": today(now).isoformat()}
    site_id = _read_uuid(request.query_params.get("site"))
    if site_id is not None:
        site = await farms.get_own_site(session, site_id=site_id, producer_id=member.producer.id)
        if kind not in KINDS[site.crop]:
            raise KindNotOfferedError
        values["site_id"] = str(site_id)
    return await _show_form(request, desk, Form(values))


@router.post("/new/{kind}", name="producers.diaries.record")
async def record(
    request: Request, kind: EntryKind, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Record work; a form that is sent again goes to what it made the first time."""
    member.require(*WRITERS)
    desk = await _open_desk(session, member, kind)
    return await _save(request, session, house, desk=desk, now=now)


async def _save(
    request: Request, session: AsyncSession, house: House, *, desk: _Desk, now: datetime
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
    entry, form = _read(submission, desk, tuple(kept), now)
    errors = {**form.errors, **photo_errors}
    if entry is None or errors:
        form = Form(form.values, errors)
        return await _show_form(request, desk, form, kept=kept, status=HTTPStatus.UNPROCESSABLE_ENTITY)
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
    except AlreadyCorrectedError as error:
        return await _show_form(
            request, desk, form.refused(error), kept=kept, status=status_of(error), newer_id=error.newer_id
        )
    except EntryNotFoundError:
        raise
    except AppError as error:
        return await _show_form(request, desk, form.refused(error), kept=kept, status=status_of(error))
    return _to_entry(request, made.id)


def _read(
    submission: Submission, desk: _Desk, photo_ids: tuple[UUID, ...], now: datetime
) -> tuple[NewEntry | None, Form]:
    fields, form = submission.read(EntryForm)
    work, work_form = submission.read(WORKS[desk.kind])
    errors = {**form.errors, **work_form.errors}
    if fields is None or work is None:
        return None, Form(form.values, errors)
    entry = NewEntry(
        id=fields.id,
        site_id=fields.site_id,
        work=work,
        performed_at=performed_at(desk.kind, fields.performed_on, fields.performed_hour, now),
        recorded_at=fields.recorded_at,
        note=fields.note,
        photo_ids=photo_ids,
        corrects_id=desk.original.id if desk.original else None,
        device_id=fields.device_id,
        sequence=fields.sequence,
    )
    return entry, form


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
        versions=[(one, said[one.id], writers[one.id]) for one in versions] if len(versions) > 1 else [],
        newest_id=newest.id,
        is_taken_back=newest.is_void,
        hold=hold,
        wait=await service.find_wait(session, entry) if is_open else None,
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
    desk = await _open_desk(session, member, entry.kind, entry)
    return await _show_form(request, desk, Form(values))


@router.post("/{entry_id}/correct", name="producers.diaries.save_correction")
async def save_correction(
    request: Request, entry_id: UUID, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Write the entry that takes this one's place."""
    member.require(*WRITERS)
    entry = await service.get_entry(session, entry_id=entry_id, producer_id=member.producer.id)
    desk = await _open_desk(session, member, entry.kind, entry)
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
        helper_id=member.helper_id,
        is_flagged=member.is_flagged,
    )
    return _to_entry(request, made.id)


def _read_uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
