"""The doors of links: a manager lists, adds, changes and ends what the producer's codes lead to."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import unquote, urlsplit
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.listings import service as listings
from traceability.links import service
from traceability.links.models import ProducerLink
from traceability.links.pages import LinkFormPage, LinkLine, LinksPage
from traceability.links.schemas import LinkFields, NewLink
from traceability.links.vocabulary import LINK_TYPES, MEDIA_TYPES

router = APIRouter(prefix="/producer/links")


@router.get("", name="traceability.links.list")
async def list_all(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """The links that stand."""
    member.require(Role.MANAGER)
    lines = [
        LinkLine(one, LINK_TYPES[one.link_type], unquote(one.anchor), urlsplit(one.href).netloc)
        for one in await service.list_links(session, member.producer.id)
    ]
    return await render(request, LinksPage(lines=lines))


@router.get("/new", name="traceability.links.new")
async def new(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """An empty form."""
    member.require(Role.MANAGER)
    return await _show(request, session, member, Form())


@router.post("/new", name="traceability.links.create")
async def create(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Hang a link on a code, or show what is wrong beside what was typed; sent again it stays one."""
    member.require(Role.MANAGER)
    fields, form = (await read_submission(request)).read(NewLink)
    if fields is None:
        return await _show(request, session, member, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await service.create_link(
            session,
            producer_id=member.producer.id,
            link=fields,
            person_id=member.person.id,
            link_id=form.new_id(),
            now=now,
        )
    except AppError as error:
        return await _show(request, session, member, form.refused(error), status=status_of(error))
    return _to_list(request)


@router.get("/{link_id}", name="traceability.links.edit")
async def edit(request: Request, session: DbSession, member: CurrentMember, link_id: UUID) -> Response:
    """The form of one link."""
    member.require(Role.MANAGER)
    link = await service.get_own_link(session, link_id=link_id, producer_id=member.producer.id)
    values = {
        "link_type": link.link_type,
        "title": link.title,
        "href": link.href,
        "hreflang": ", ".join(link.hreflang),
        "media_type": link.media_type or "",
        "context": ", ".join(link.context),
        "drops_query": "" if link.fwqs else "1",
        "is_hidden": "" if link.is_public else "1",
    }
    return await _show(request, session, member, Form(values), link=link)


@router.post("/{link_id}", name="traceability.links.save")
async def save(
    request: Request, session: DbSession, member: CurrentMember, now: Now, link_id: UUID
) -> Response:
    """Save what was changed."""
    member.require(Role.MANAGER)
    link = await service.get_own_link(session, link_id=link_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(LinkFields)
    if fields is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return await _show(request, session, member, form, link=link, status=status)
    try:
        await service.update_link(
            session, link_id=link_id, producer_id=member.producer.id, fields=fields, now=now
        )
    except AppError as error:
        return await _show(request, session, member, form.refused(error), link=link, status=status_of(error))
    return _to_list(request)


@router.post("/{link_id}/end", name="traceability.links.end")
async def end(
    request: Request, session: DbSession, member: CurrentMember, now: Now, link_id: UUID
) -> Response:
    """Take a link off its code."""
    member.require(Role.MANAGER)
    await service.end_link(session, link_id=link_id, producer_id=member.producer.id, now=now)
    return _to_list(request)


def _to_list(request: Request) -> Response:
    return RedirectResponse(str(request.app.url_path_for("traceability.links.list")), HTTPStatus.SEE_OTHER)


async def _show(
    request: Request,
    session: AsyncSession,
    member: Member,
    form: Form,
    *,
    link: ProducerLink | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    offered = await listings.list_listings(session, member.producer.id)
    packs = await listings.list_variants(session, [listing.id for listing in offered], with_inactive=True)
    page = LinkFormPage(
        form=form,
        link_id=link.id if link else None,
        code=unquote(link.anchor) if link else "",
        packs=[
            (variant.gtin, f"{listing.title}, {variant.name}")
            for listing in offered
            for variant in packs.get(listing.id, [])
        ],
        link_types=LINK_TYPES,
        media_types=MEDIA_TYPES,
    )
    return await render(request, page, status=status)
