"""Pages of accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True, kw_only=True)
class LoginPage(Page):
    """The first step of logging in: the phone number."""

    template: ClassVar[str] = "app/login.html"
    area: ClassVar[str] = "plain"
    form: Form
    next_path: str
    demo_phone_href: str | None


@dataclass(frozen=True, kw_only=True)
class CodePage(Page):
    """The second step: the code that was sent to `phone` (E.164)."""

    template: ClassVar[str] = "app/login_code.html"
    area: ClassVar[str] = "plain"
    form: Form
    phone: str
    next_path: str
    demo_phone_href: str | None


@dataclass(frozen=True)
class DeviceLine:
    """A device on which the person is logged in."""

    id: UUID
    name: str
    seen_at: datetime
    is_this: bool


@dataclass(frozen=True)
class Workplace:
    """A producer to which the person belongs, and the way to its work of the day."""

    name: str
    href: str


@dataclass(frozen=True, kw_only=True)
class MePage(Page):
    """What a person keeps with us; logged out it offers to log in."""

    template: ClassVar[str] = "app/me.html"
    is_about_viewer: ClassVar[bool] = True
    form: Form
    phone: str | None
    language: str
    is_logged_in: bool
    devices: list[DeviceLine] = field(default_factory=list)
    workplaces: list[Workplace] = field(default_factory=list)
    is_staff: bool = False
    can_practise: bool = False


@dataclass(frozen=True, kw_only=True)
class DeskPage(Page):
    """The staff's menu: what the office's bar leads to, as large acts."""

    template: ClassVar[str] = "app/desk.html"
    area: ClassVar[str] = "office"


@dataclass(frozen=True)
class Message:
    """A short message that the demo's phone network carried."""

    phone: str
    body: str
    sent_at: datetime


@dataclass(frozen=True, kw_only=True)
class DemoPhonePage(Page):
    """The demo's phone: the newest short messages of everybody."""

    template: ClassVar[str] = "app/demo_phone.html"
    area: ClassVar[str] = "plain"
    messages: list[Message]
    code_href: str


@dataclass(frozen=True, kw_only=True)
class PhonePage(Page):
    """Who holds the phone: a shell that the phone fills by itself, the same for everybody."""

    template: ClassVar[str] = "app/phone.html"
    area: ClassVar[str] = "plain"


@dataclass(frozen=True, kw_only=True)
class PinPage(Page):
    """The own PIN on this phone, and the own face."""

    template: ClassVar[str] = "app/phone_pin.html"
    area: ClassVar[str] = "plain"
    person_id: UUID
    name: str
