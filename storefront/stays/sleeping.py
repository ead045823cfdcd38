"""Sleeping places: what a host lets in a house, so many beds or rooms at a price."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.ids import uuid7
from storefront.stays import night_repository, nights, repository
from storefront.stays import service as stays
from storefront.stays.errors import PlaceNotFoundError
from storefront.stays.models import SleepingPlace, Stay
from storefront.stays.schemas import PlaceFields


async def save_place(
    session: AsyncSession, *, stay: Stay, place_id: UUID | None, fields: PlaceFields, now: datetime
) -> SleepingPlace:
    """Make a sleeping place (without `place_id`) or change one; what is booked keeps its price.

    The form brings the id of one that is made (`new_id`): sent again it changes that one, so no bed is doubled.

    Nights that had as many beds as the place follow its new number, never below what is taken; a night that the host
    changed by itself stays so. Raises `PlaceNotFoundError` for a place of another stay.
    """
    # How many beds it had decides which nights follow: whoever changes it too, or makes nights, comes before or after.
    await repository.lock_places(session, stay.id)
    known = (await stays.list_places(session, [stay.id], with_inactive=True))[stay.id]
    wanted = place_id or fields.new_id or uuid7()
    values = fields.model_dump(exclude={"new_id"})
    place = next((one for one in known if one.id == wanted), None)
    if place is None:
        if place_id is not None or await session.get(SleepingPlace, wanted) is not None:
            raise PlaceNotFoundError
        place = SleepingPlace(id=wanted, stay_id=stay.id, **values, position=len(known), created_at=now)
        session.add(place)
    elif place.number != fields.number:
        await night_repository.follow_number(
            session, place.id, before=place.number, after=fields.number, from_on=today(now)
        )
    for name, value in values.items():
        setattr(place, name, value)
    await session.flush()
    if place.is_active:
        await nights.make_place_nights(session, place, now=now)
    await stays.announce(session, stay, now=now)
    return place
