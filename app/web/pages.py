"""Pages: one frozen dataclass per template, and the frame around them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from fastapi.responses import HTMLResponse
from starlette.routing import NoMatchFound

from app.core.clock import today
from app.core.i18n import LANGUAGES, choose_language
from app.web.envelope import SubmissionRefusedError, envelope_of
from app.web.forms import Form
from app.web.house import Bar, Helping, NavItem, Viewer, house_of
from app.web.templating import Speaker, speaking

if TYPE_CHECKING:
    from fastapi import Request

LANGUAGE_COOKIE = "lang"
KEPT_HEADER = "x-kept"
"""Asks for a page that will be read on another day: no "today", no "yesterday" in it."""
VOICE_COOKIE = "voice"
_VOICE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, kw_only=True)
class Page:
    """Base of every page: its fields are all that its template may use."""

    template: ClassVar[str]
    area: ClassVar[str] = "buyer"
    """Which bottom bar: `buyer`, `farmer`, `office` or `plain`."""
    is_about_viewer: ClassVar[bool] = False
    """Pages about oneself keep the bar that the person came with."""

    def refusal_details(self) -> dict[str, object]:
        """What a phone needs beside the words when this page says no to a record (two values to choose from, say)."""
        return {}


@dataclass(frozen=True)
class Shell:
    """The frame that `base.html` draws around a page."""

    area: str
    path: str
    nav: tuple[NavItem, ...]
    title_suffix: str
    viewer: Viewer | None
    cart_marker: str
    strip_marker: str
    languages: tuple[str, ...]
    is_demo: bool
    context: str
    """For whom the page was made, as JSON: what a record written on it must name when it is sent later."""
    speak: str
    """In which language pages read their prompts aloud (a code of ISO 639), or nothing."""
    is_practice: bool
    """Whether this page stands in a practice farm; the frame says so."""

    @property
    def person_name(self) -> str | None:
        """The name in the header, if somebody is logged in."""
        return self.viewer.name if self.viewer else None

    @property
    def helping(self) -> Helping | None:
        """Who helps whom, while somebody does."""
        return self.viewer.helping if self.viewer else None


def language_of(request: Request) -> str:
    """The visitor's language: a `?lang=` link, the cookie it left, or the browser's own wish."""
    wished = request.query_params.get("lang")
    if wished in LANGUAGES:
        return str(wished)
    return choose_language(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language"))


def find_path(request: Request, route: str) -> str | None:
    """The path of a route by its name, or None when its room is not mounted here (the demo's, say)."""
    try:
        return str(request.app.url_path_for(route))
    except NoMatchFound:
        return None


def _area_of(request: Request, page: Page) -> str:
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    return viewer.area if page.is_about_viewer and viewer else page.area


def _bar(request: Request, area: str, lang: str) -> tuple[NavItem, ...]:
    """The bottom bar of an area as it stands on this page; the same object for all pages of one item."""
    house, path = house_of(request), request.url.path
    bar = house.bars.get(area)
    if bar is None:
        found = ((entry, find_path(request, entry.route)) for entry in house.nav.get(area, ()))
        bar = house.bars[area] = Bar(tuple((entry, href) for entry, href in found if href))
    best = ""
    for _entry, href in bar.entries:
        # every path begins like the home page's: that one is current only on itself
        is_under = path == href or (href != "/" and path.startswith(href.rstrip("/") + "/"))
        if is_under and len(href) > len(best):
            best = href
    items = bar.made.get((best, lang))
    if items is None:
        items = bar.made[best, lang] = tuple(
            NavItem(
                house.catalogue.translate(entry.label, lang), href, entry.icon, href == best, entry.is_primary
            )
            for entry, href in bar.entries
        )
    return items


def _shell(request: Request, area: str, lang: str) -> Shell:
    house = house_of(request)
    return Shell(
        area=area,
        path=request.url.path,
        nav=_bar(request, area, lang),
        title_suffix="Chợ Phiên",
        viewer=getattr(request.state, "viewer", None),
        cart_marker="".join(house.fragments) if area == "buyer" else "",
        strip_marker="".join(house.strips) if area == "buyer" else "",
        languages=LANGUAGES,
        is_demo=house.settings.demo,
        context=json.dumps(getattr(request.state, "context", {}), separators=(",", ":"), sort_keys=True),
        # only the Vietnamese words are recorded, and a page of the shop is the same bytes for everybody
        speak=_voice_of(request) if lang == "vi" and area != "buyer" else "",
        is_practice=getattr(request.state, "is_practice", False),
    )


def _voice_of(request: Request) -> str:
    chosen = request.cookies.get(VOICE_COOKIE, "")
    return chosen if _VOICE.fullmatch(chosen) else ""


def render_bytes(request: Request, page: Page) -> bytes:
    """Render `page` in the visitor's language, with its personal places still marked."""
    house = house_of(request)
    lang = language_of(request)
    now = house.clock.now()
    context: dict[str, Any] = {f.name: getattr(page, f.name) for f in fields(page)}
    shell = _shell(request, _area_of(request, page), lang)
    speaker = Speaker(
        lang=lang,
        translate=house.catalogue.translate,
        url=request.app.path_of,
        now=now,
        near_days=KEPT_HEADER not in request.headers,
        voice=shell.speak,
    )
    context |= {
        "lang": lang,
        "shell": shell,
        "now": now,
        "today": today(now),
        "public_url": house.settings.public_url.rstrip("/"),
    }
    with speaking(speaker):
        return house.templates.get_template(page.template).render(context).encode()


async def fill_fragments(request: Request, body: bytes) -> bytes:
    """Put what is personal into its marked places."""
    for marker, fragment in house_of(request).marked.items():
        mark = marker.encode()
        if mark in body:
            body = body.replace(mark, (await fragment(request)).encode())
    return body


def remember_language(request: Request, response: HTMLResponse) -> None:
    """Keep the language that a `?lang=` link chose."""
    wished = request.query_params.get("lang")
    if wished in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            str(wished),
            max_age=31_536_000,
            samesite="lax",
            secure=house_of(request).settings.is_secure,
        )


async def render(
    request: Request, page: Page, *, status: int = HTTPStatus.OK, is_for_back: bool = False
) -> HTMLResponse:
    """Answer with a private page: never stored by anybody on the way.

    `is_for_back`: a visitor who goes back finds the page as it was, its form with the same id, so that what is sent again
    is the same thing. Never while somebody is logged in: what a page says of them is gone with them.

    A record that came by the outbox has nobody who looks at a page: what is wrong with it is raised
    (SubmissionRefusedError), so that all that this request wrote is rolled back and the phone keeps the record.
    """
    if status >= HTTPStatus.BAD_REQUEST and envelope_of(request) is not None:
        # A page may hold several forms: only the one that was sent has something wrong in it.
        forms = [getattr(page, one.name) for one in fields(page)]
        errors = next((form.errors for form in forms if isinstance(form, Form) and form.errors), {})
        raise SubmissionRefusedError(HTTPStatus(status), errors, page.refusal_details())
    body = await fill_fragments(request, render_bytes(request, page))
    is_kept = is_for_back and getattr(request.state, "viewer", None) is None
    headers = {"Cache-Control": "private, no-cache" if is_kept else "private, no-store"}
    response = HTMLResponse(body, status_code=status, headers=headers)
    remember_language(request, response)
    return response
