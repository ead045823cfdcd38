"""The form of one kind of work: what stands around it, how it is shown, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.web.envelope import envelope_of
from app.web.forms import Form
from app.web.pages import render
from producers.diaries.fields import ASKED
from producers.diaries.pages import EntryFormPage, ProductChoice
from producers.diaries.schemas import KINDS, WORKS, EntryForm, NewEntry, WorkWithInput
from producers.diaries.sentences import KIND_WORDS
from producers.diaries.when import performed_at
from producers.farms import service as farms
from producers.inputs import service as inputs
from producers.inputs.words import KIND_ICONS, say_limit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from fastapi import Request
    from fastapi.responses import Response
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.web.forms import Submission
    from producers.cooperatives.access import Member
    from producers.diaries.models import DiaryEntry, EntryKind
    from producers.farms.models import Site
    from producers.inputs.models import Input

MOST_PICTURES = 8
"""So many products are chosen by their pictures; of more, one is found faster in a list or by the pack's code."""


SAY_SOMETHING = _("Bạn viết vài chữ, nói vài câu, hoặc chụp một tấm ảnh.")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the form of one kind needs around it; `original` is what a correction replaces."""

    member: Member
    kind: EntryKind
    sites: Sequence[Site]
    products: Sequence[Input] = field(default=())
    original: DiaryEntry | None = None


async def open_desk(
    session: AsyncSession, member: Member, kind: EntryKind, original: DiaryEntry | None = None
) -> Desk:
    """Lay out the sites where this work is done and the products that it may use."""
    sites = [site for site in await farms.list_sites(session, member.producer.id) if kind in KINDS[site.crop]]
    work = WORKS[kind]
    products: list[Input] = []
    if issubclass(work, WorkWithInput):
        products = await inputs.list_inputs(session, producer_id=member.producer.id, kinds=work.uses)
    return Desk(member=member, kind=kind, sites=sites, products=products, original=original)


async def show_form(
    request: Request,
    desk: Desk,
    form: Form,
    *,
    status: int = HTTPStatus.OK,
    kept: Sequence[UUID] = (),
    voice_id: UUID | None = None,
    newer_id: UUID | None = None,
) -> Response:
    """Show the form, empty or with what was typed and what is wrong."""
    url = request.app.url_path_for
    title: Text = KIND_WORDS[desk.kind]
    void_action = None
    if desk.original is None:
        action = url("producers.diaries.record", kind=desk.kind.value)
        back = f"{url('producers.diaries.choose')}?site={form.values.get('site_id', '')}"
    else:
        title = _("Sửa: %(kind)s", kind=title)
        action = url("producers.diaries.save_correction", entry_id=desk.original.id)
        back = str(url("producers.diaries.show", entry_id=desk.original.id))
        void_action = str(url("producers.diaries.void", entry_id=desk.original.id))
    asked = ASKED[desk.kind]
    extras = [one for one in asked if one.is_extra]
    page = EntryFormPage(
        form=form,
        title=title,
        action=str(action),
        back=back,
        asked=[one for one in asked if not one.is_extra],
        extras=extras,
        has_extras=any(form.values.get(one.name) or form.errors.get(one.name) for one in extras),
        sites=[(str(site.id), site.name) for site in desk.sites],
        products=[_choice(request, product) for product in desk.products],
        is_by_picture=0 < len(desk.products) <= MOST_PICTURES,
        way={"work": desk.kind.value, "site": form.values.get("site_id", "")},
        kept=kept,
        voice_id=voice_id,
        newer_id=newer_id,
        void_action=void_action,
        void_id=uuid7(),
    )
    return await render(request, page, status=status)


def _choice(request: Request, product: Input) -> ProductChoice:
    picture = KIND_ICONS[product.kind]
    if product.photo_id is not None:
        picture = str(request.app.url_path_for("app.media.show", photo_id=product.photo_id, width=320))
    limit = say_limit(product)
    words = _("%(name)s, %(limit)s", name=product.name, limit=limit) if limit else product.name
    return str(product.id), words, picture


def read_form(
    request: Request, submission: Submission, desk: Desk, photo_ids: tuple[UUID, ...], now: datetime
) -> tuple[NewEntry | None, Form]:
    """Read what was typed; answers (None, form with errors) when something is wrong."""
    fields, form = submission.read(EntryForm)
    work, work_form = submission.read(WORKS[desk.kind])
    errors = {**form.errors, **work_form.errors}
    if fields is None or work is None:
        return None, Form(form.values, errors)
    envelope = envelope_of(request)
    on, written_at = fields.performed_on, now
    if envelope is not None:  # written on a phone: its calendar may have been wrong, and "today" was its day
        on, written_at = envelope.move_day(on), envelope.captured_at
    entry = NewEntry(
        id=fields.id,
        site_id=fields.site_id,
        work=work,
        performed_at=performed_at(desk.kind, on, fields.performed_hour, written_at),
        recorded_at=envelope.captured_at if envelope else fields.recorded_at,
        note=fields.note,
        photo_ids=photo_ids,
        corrects_id=desk.original.id if desk.original else None,
        device_id=envelope.device_id if envelope else fields.device_id,
        sequence=envelope.sequence if envelope else fields.sequence,
    )
    return entry, form
