"""No form makes a thing twice: pressed twice on a slow network, sent again by hand, or at the same instant."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from http import HTTPStatus
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Attempt
from app.core.db import Database
from app.web.house import House
from app.web.templating import template_folders
from tests.app.doors import DOORS, Role
from tests.app.presses import ELSEWHERE, HIDDEN, PRESSES, Press, read_table
from tests.app.test_doors_table import fill
from tests.factories.people import log_in
from tests.factories.world import World, make_world

_WRITES_ID = re.compile(r"""hidden\("(new_)?id"|forms\.makes\(|"id": """)

ROLES = sorted({press.role for press in PRESSES.values()})


class Forms(HTMLParser):
    """The forms of a page that are posted: where each goes, and what it sends when nothing is typed."""

    def __init__(self, page: str, html: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._open: dict[str, str] | None = None
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read a form and what stands in it."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and values.get("method") == "post":
            self._open = {}
            self.forms.append((values.get("action") or self.page, self._open))
        if self._open is None:
            return
        name = values.get("name", "")
        if tag == "input" and name:
            is_ticked = values.get("type") not in {"radio", "checkbox"} or "checked" in values
            if is_ticked and values.get("type") != "file":
                self._open[name] = values.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in values or self._select not in self._open:
                self._open[self._select] = values.get("value", "")
        elif tag == "textarea" and name:
            self._open[name] = ""

    def handle_endtag(self, tag: str) -> None:
        """Leave a form or a list."""
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""


@pytest.fixture
async def world(db: Database, house: House) -> World:
    """Producer A and its neighbours."""
    async with db.transaction() as session:
        made = await make_world(session, house)
        made.names["member_phone"] = await _phone_of(session, made.people[Role.MEMBER])
    return made


async def _phone_of(session: AsyncSession, person_id: UUID) -> str:
    found = await session.scalar(text("SELECT phone FROM people WHERE id = :id"), {"id": person_id})
    return str(found)


@pytest.fixture
def come(
    db: Database, world: World, new_client: Callable[[], httpx.AsyncClient]
) -> Callable[[Role], Awaitable[httpx.AsyncClient]]:
    """Makes somebody of a role."""

    async def enter(role: Role) -> httpx.AsyncClient:
        client = new_client()
        if role is not Role.VISITOR:
            async with db.transaction() as session:
                await log_in(session, client, world.people[role])
        return client

    return enter


async def _open(client: httpx.AsyncClient, world: World, door: str, page: str) -> dict[str, str]:
    """What the form of a door sends as its page shows it; of several, the last: new things stand at the end."""
    method, path = door.split(" ")
    assert method == "POST"
    shown = fill(page, world.names)
    answer = await client.get(shown)
    assert answer.status_code == 200, (door, answer.status_code)
    goal = fill(path, world.names)
    found = [values for action, values in Forms(shown, answer.text).forms if action.split("?")[0] == goal]
    assert found, f"{shown} shows no form that goes to {goal}"
    return found[-1]


async def _count(db: Database, table: str) -> int:
    async with db.transaction() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def _forget_attempts(db: Database) -> None:
    """Whoever presses so often here is not the one who is counted."""
    async with db.transaction() as session:
        await session.execute(delete(Attempt))


def test_every_form_has_its_line() -> None:
    """A new door that takes a form without one word on its second press is named here, and so is a line too many."""
    wrong = {door: said for door, said in read_table().items() if len(said) != 1 or door not in DOORS}
    assert wrong == {}, "doors without one line in tests/app/presses.py"


@pytest.mark.parametrize("role", ROLES)
async def test_each_page_gives_its_form_an_id_of_its_own(
    world: World, come: Callable[[Role], Awaitable[httpx.AsyncClient]], role: Role
) -> None:
    """A form that makes a thing carries its id, and the page that is opened anew another one."""
    pages = {door: one.page for door, one in PRESSES.items() if one.role is role}
    if role is Role.MANAGER:
        pages |= ELSEWHERE
    client = await come(role)
    for door, page in pages.items():
        ids = {UUID((await _open(client, world, door, page)).get("id", "")) for _time in range(2)}
        assert len(ids) == 2, door


@pytest.mark.parametrize(("door", "template"), HIDDEN.items())
def test_a_form_that_is_not_always_shown_carries_an_id(door: str, template: str) -> None:
    """Its template writes one."""
    [path] = [folder / template for folder in template_folders() if (folder / template).is_file()]
    assert _WRITES_ID.search(path.read_text(encoding="utf-8")), door


@pytest.mark.parametrize("role", ROLES)
async def test_a_form_that_is_pressed_twice_makes_one_thing(
    db: Database, world: World, come: Callable[[Role], Awaitable[httpx.AsyncClient]], role: Role
) -> None:
    """One after the other or at the same instant: one row, and whoever pressed sees the same answer twice."""
    client = await come(role)
    wrong: dict[str, str] = {}
    for door, press in _of(role):
        for number, how in enumerate(("one after the other", "at once")):
            body = await _fill(client, world, door, press, number=number)
            path = fill(door.split(" ")[1], world.names)
            await _forget_attempts(db)
            before = await _count(db, press.table)
            presses = [client.post(path, data=body) for _press in range(2)]
            answers = await asyncio.gather(*presses) if number else [await one for one in presses]
            made = await _count(db, press.table) - before
            told = [(one.status_code, one.headers.get("location")) for one in answers]
            if made != 1 or told[0] != told[1] or told[0][0] != HTTPStatus.SEE_OTHER:
                wrong[f"{door} {how}"] = f"{made} made, {told}: {_say_errors(answers[0].text)}"
    assert wrong == {}


@pytest.mark.parametrize("role", ROLES)
async def test_an_id_that_no_page_wrote_makes_nothing(
    db: Database, world: World, come: Callable[[Role], Awaitable[httpx.AsyncClient]], role: Role
) -> None:
    """What is no id is refused in words; an id of somebody else's thing is not found, and that stays as it is."""
    client, stranger = await come(role), await come(Role.STRANGER)
    wrong: dict[str, str] = {}
    for door, press in _of(role):
        path = fill(door.split(" ")[1], world.names)
        body = await _fill(client, world, door, press, number=0)
        tries = [("no id", HTTPStatus.UNPROCESSABLE_ENTITY)]
        named = "".join([door, press.page, *press.typed.values()]).replace("{number}", "")
        if role is Role.MANAGER and "{" not in named:  # whoever manages another producer presses it just so
            theirs = await _fill(stranger, world, door, press, number=1)
            assert (await stranger.post(path, data=theirs)).status_code == HTTPStatus.SEE_OTHER, door
            tries.append((theirs["id"], HTTPStatus.NOT_FOUND))
        before = await _count(db, press.table)
        for said, expected in tries:
            answer = await client.post(path, data=body | {"id": said})
            if answer.status_code != expected:
                wrong[f"{door} {said}"] = f"{answer.status_code}: {_say_errors(answer.text)}"
        if await _count(db, press.table) != before:
            wrong[door] = "made something"
    assert wrong == {}


def _of(role: Role) -> list[tuple[str, Press]]:
    return [(door, press) for door, press in PRESSES.items() if press.role is role]


async def _fill(
    client: httpx.AsyncClient, world: World, door: str, press: Press, *, number: int
) -> dict[str, str]:
    """The form of a door with what is typed into it; `number` tells one time from another where a name is once."""
    shown = await _open(client, world, door, press.page)
    names = world.names | {"number": str(number)}
    return {**shown, **{name: value.format_map(names) for name, value in press.typed.items()}}


def _say_errors(html: str) -> str:
    found = re.search(r"data-errors>.*?</ul>", html, re.DOTALL)
    return re.sub(r"<[^>]*>|\s+", " ", found[0] if found else html[-400:]).strip()


async def test_without_its_id_a_form_makes_two(
    db: Database, world: World, come: Callable[[Role], Awaitable[httpx.AsyncClient]]
) -> None:
    """Negative control: it is the id that keeps the second press from making a second thing."""
    door = "POST /producer/tours/{tour_id}/extras"
    press = PRESSES[door]
    client = await come(press.role)
    body = await _fill(client, world, door, press, number=0)
    del body["id"]
    before = await _count(db, press.table)
    for _press in range(2):
        await client.post(fill(door.split(" ")[1], world.names), data=body)
    assert await _count(db, press.table) == before + 2
