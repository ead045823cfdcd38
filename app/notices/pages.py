"""Pages of notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.pages import Page


@dataclass(frozen=True)
class NoticeLine:
    """One notice as the page shows it."""

    id: UUID
    text: Text
    created_at: datetime
    is_unread: bool


@dataclass(frozen=True, kw_only=True)
class NoticesPage(Page):
    """What a person should know, the newest first."""

    template: ClassVar[str] = "app/notices.html"
    is_about_viewer: ClassVar[bool] = True
    notices: list[NoticeLine]
    has_unread: bool
