"""Pointing: how a code's links are answered, whatever kind of code it is."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.core.i18n import Text
from app.web.house import house_of
from app.web.pages import language_of, render
from traceability.links.keys import Anchor
from traceability.resolver import answers, linkset
from traceability.resolver.choosing import choose, read_wishes
from traceability.resolver.errors import KeyUnknownError, LinkTypeUnknownError
from traceability.resolver.negotiation import LINKSET_TYPE, Answer
from traceability.resolver.pages import Choice, ChoicePage
from traceability.resolver.targets import Levels, Target


async def point(
    request: Request,
    levels: Levels,
    *,
    title: str,
    default: tuple[Anchor, Target] | None,
    answer: Answer,
) -> Response:
    """Answer the linkset, the way to the link that was asked for, a choice of several, or the way to the default link.

    Raises `LinkTypeUnknownError` when nothing of the wished type stands there, `KeyUnknownError` when nothing does.
    """
    wished = request.query_params.get("linkType")
    kind = linkset.read_link_type(wished) if wished is not None else linkset.DEFAULT_LINK
    wants_all = kind in linkset.ALL_TYPES or (wished is None and answer is Answer.LINKSET)
    if wants_all or kind == linkset.DEFAULT_LINK:
        if default is None:
            raise KeyUnknownError
        if wants_all:
            return _linkset(request, levels, title=title, default=default)
        return _redirect(request, default[1])
    found = choose(
        levels,
        kind,
        read_wishes(
            accept_language=request.headers.get("accept-language", ""),
            accept=request.headers.get("accept", ""),
            context=request.query_params.get("context"),
        ),
    )
    if not found:
        raise LinkTypeUnknownError
    if len(found) == 1:
        return _redirect(request, found[0])
    if answer is Answer.PAGE:
        return await show_choices(request, found, title=title, status=HTTPStatus.MULTIPLE_CHOICES)
    exact = next(reversed(levels))
    choices = {exact: found}
    return _linkset(request, choices, title=title, default=None, status=HTTPStatus.MULTIPLE_CHOICES)


async def show_choices(
    request: Request, targets: list[Target], *, title: str, status: int = HTTPStatus.OK
) -> Response:
    """Let a person choose, and say to whose site each link leads."""
    public_url = house_of(request).settings.public_url.rstrip("/")
    choices = []
    for target in targets:
        href = public_url_of(target, public_url, request.url.query)
        host = "" if target.href.startswith("/") else urlsplit(href).netloc
        choices.append(Choice(href, target.title, host, ", ".join(target.hreflang)))
    return await render(request, ChoicePage(title=title, choices=choices), status=status)


def public_url_of(target: Target, public_url: str, query: str) -> str:
    """The whole address of a target, with the caller's query when it wants that."""
    href = linkset.href_of(target, public_url)
    return answers.pass_on(href, query) if target.fwqs else href


def _redirect(request: Request, target: Target) -> Response:
    public_url = house_of(request).settings.public_url.rstrip("/")
    href = public_url_of(target, public_url, request.url.query)
    return RedirectResponse(href, status_code=HTTPStatus.TEMPORARY_REDIRECT)


def _linkset(
    request: Request,
    levels: Levels,
    *,
    title: str,
    default: tuple[Anchor, Target] | None,
    status: int = HTTPStatus.OK,
) -> Response:
    house, lang = house_of(request), language_of(request)

    def say(text: Text) -> str:
        return house.catalogue.translate(text, lang)

    document = linkset.make_linkset(
        levels,
        public_url=house.settings.public_url.rstrip("/"),
        title=title,
        default=default,
        say=say,
    )
    return JSONResponse(document, status, media_type=LINKSET_TYPE, headers={"Link": linkset.CONTEXT_LINK})
