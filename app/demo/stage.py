"""What the demo's scenes share: the session, the files, the day, one chance of numbers, who is who."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.accounts import service as accounts
from app.core.clock import VN, today
from app.demo.pictures import read_picture
from app.media import service as media

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.files import Files
    from app.core.settings import Settings
    from producers.cooperatives.models import Producer
    from producers.farms.models import Farm, Site
    from producers.listings.models import Variant
    from storefront.payments.service import CollectingAccount


@dataclass
class Stage:
    """One seeding run; everything is committed together or not at all."""

    session: AsyncSession
    files: Files
    settings: Settings
    secret: bytes
    now: datetime
    collecting: CollectingAccount
    chance: random.Random = field(default_factory=lambda: random.Random(952))  # noqa: S311 - a demo, repeatable
    people: dict[str, UUID] = field(default_factory=dict)
    photos: dict[str, UUID] = field(default_factory=dict)
    producers: dict[str, Producer] = field(default_factory=dict)
    farms: dict[str, Farm] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    inputs: dict[str, UUID] = field(default_factory=dict)
    harvests: dict[str, list[tuple[UUID, date, int]]] = field(default_factory=dict)
    """Per site: (diary entry, day, grams) of each picking or fish harvest."""
    variants: dict[str, Variant] = field(default_factory=dict)
    lots: dict[str, UUID] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """Today in Viet Nam."""
        return today(self.now)

    def at(self, days_ago: int, hour: int, minute: int = 0) -> datetime:
        """An instant so many days ago at an hour of Viet Nam (never later than now)."""
        local = datetime.combine(self.day - timedelta(days=days_ago), time(hour, minute), VN)
        return min(local.astimezone(UTC), self.now)

    async def person(self, name: str, phone: str, days_ago: int = 200) -> UUID:
        """A person of the cast, made at the first call."""
        if phone not in self.people:
            made = await accounts.get_or_create_person(
                self.session, phone=phone, name=name, now=self.at(days_ago, 8)
            )
            self.people[phone] = made.id
        return self.people[phone]

    async def photo(self, name: str, *, is_public: bool = True) -> UUID:
        """A picture as a kept photo, stored at the first call."""
        if name not in self.photos:
            kept = await media.store_photo(
                self.session,
                self.files,
                content=read_picture(name),
                owner_id=None,
                is_public=is_public,
                now=self.now,
            )
            self.photos[name] = kept.id
        return self.photos[name]
