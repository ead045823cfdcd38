"""The running house: what one process holds, handed to requests through `app.state.house`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from fastapi import Request

if TYPE_CHECKING:
    import jinja2

    from app.core.clock import Clock
    from app.core.db import Database
    from app.core.files import Files
    from app.core.i18n import Catalogue, Text
    from app.core.settings import Settings
    from app.core.sms import SmsSender
    from app.web.cache import PageCache

P = TypeVar("P")


@dataclass(frozen=True)
class NavEntry:
    """One item of a bottom bar: `route` is a route's name."""

    label: Text
    route: str
    icon: str
    is_primary: bool = False


@dataclass(frozen=True)
class NavItem:
    """One item of the bottom bar as the template shows it."""

    label: str
    href: str
    icon: str
    is_current: bool
    is_primary: bool


@dataclass(frozen=True)
class Bar:
    """A bottom bar with the addresses of its items, and as it stands where one of them is current, by that and language."""

    entries: tuple[tuple[NavEntry, str], ...]
    made: dict[tuple[str, str], tuple[NavItem, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Helping:
    """Who does whose work on this phone just now, and where that ends."""

    farmer_id: UUID
    farmer: str
    helper: str
    end_href: str


@dataclass(frozen=True)
class Viewer:
    """Who is logged in, as the header shows it."""

    id: UUID
    name: str
    home: str
    proof: str
    """Lets this login's phone sign a file that somebody else carries: the login's id, a dot, a secret of its own."""
    area: str = "buyer"
    """Whose bar follows this person onto pages about themselves."""
    helping: Helping | None = None


Fragment = Callable[["Request"], Awaitable[str]]
"""Makes the HTML of a personal place in a public page."""


@dataclass
class House:
    """Ports and shared parts; `app.main` fills it, `app.wiring` adds the trade's own ports."""

    settings: Settings
    secret: bytes
    database: Database
    clock: Clock
    files: Files
    sms: SmsSender
    catalogue: Catalogue
    templates: jinja2.Environment
    cache: PageCache
    nav: dict[str, tuple[NavEntry, ...]] = field(default_factory=dict)
    bars: dict[str, Bar] = field(default_factory=dict)
    """The bars of `nav` as they were shown first: what is mounted does not change while the house serves."""
    fragments: dict[str, Fragment] = field(default_factory=dict)
    """By their marks, what stands in the head of every shop page."""
    strips: dict[str, Fragment] = field(default_factory=dict)
    """And what has a line of its own below it."""
    form_targets: tuple[str, ...] = ()
    companions: list[Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=list)
    """Work that runs for as long as the house serves; each is cancelled, and awaited, at the end."""
    _ports: dict[Any, Any] = field(default_factory=dict)

    @property
    def marked(self) -> dict[str, Fragment]:
        """All personal places of public pages by their marks."""
        return self.fragments | self.strips

    def provide(self, port: type[P], implementation: P) -> None:
        """Put the implementation of a room's own port in."""
        self._ports[port] = implementation

    def port(self, port: type[P]) -> P:
        """Take the implementation of a room's own port out."""
        return cast("P", self._ports[port])

    def has_port(self, port: type[Any]) -> bool:
        """Whether wiring filled this port (a card provider may be switched off)."""
        return port in self._ports


def house_of(request: Request) -> House:
    """The house that serves this request."""
    return cast("House", request.app.state.house)
