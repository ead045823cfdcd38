"""Calendar feeds: who may ask for which dates by a secret address (rules in CALENDARS.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.core.ids import derive_token, hash_token, uuid7
from producers.cooperatives import service as cooperatives
from storefront.stays import bookings as stays
from storefront.tours import bookings, feed_repository
from storefront.tours.bookings import Party
from storefront.tours.calendars import Entry, Sheet, Status, party_uid
from storefront.tours.errors import FeedNotFoundError, NotTicketedError
from storefront.tours.models import Booking, BookingState, CalendarFeed, Departure, DepartureState, Tour

KEPT = timedelta(days=90)
"""How long a date that is over stays in its host's calendar."""
TICKETED = (BookingState.CONFIRMED, BookingState.REDEEMED)
_TOKEN_PURPOSE = "calendar"  # noqa: S105 - names what the token opens, is no secret
_OF_DATE = {DepartureState.PROVISIONAL: Status.TENTATIVE, DepartureState.CANCELLED: Status.CANCELLED}
_OF_PARTY = {
    BookingState.ON_HOLD: Status.TENTATIVE,
    BookingState.PENDING: Status.TENTATIVE,
    BookingState.CONFIRMED: Status.CONFIRMED,
    BookingState.REDEEMED: Status.CONFIRMED,
}


@dataclass(frozen=True)
class Paths:
    """What a calendar needs of the shop window: its name on the net, and the public page of a tour or a stay by its slug."""

    host: str
    tour: Callable[[str], str]
    stay: Callable[[str], str]


def token_of(feed: CalendarFeed, secret: bytes) -> str:
    """The token of a feed's address."""
    return derive_token(secret, _TOKEN_PURPOSE, feed.id)


async def find_of_member(session: AsyncSession, *, producer_id: UUID, person_id: UUID) -> CalendarFeed | None:
    """Find the feed that a person has at a producer."""
    return await feed_repository.find_of_member(session, producer_id=producer_id, person_id=person_id)


async def find_of_party(session: AsyncSession, booking_id: UUID) -> CalendarFeed | None:
    """Find the feed of a booking."""
    return await feed_repository.find_of_party(session, booking_id)


async def open_for_member(
    session: AsyncSession,
    *,
    producer_id: UUID,
    person_id: UUID,
    secret: bytes,
    language: str,
    now: datetime,
) -> CalendarFeed:
    """Give a person the address of a producer's dates; asked again it is the same one."""
    readers = {"producer_id": producer_id, "person_id": person_id}
    await _insert(session, readers, secret=secret, language=language, now=now)
    return _found(await find_of_member(session, producer_id=producer_id, person_id=person_id))


async def open_for_party(
    session: AsyncSession, *, booking: Booking, secret: bytes, language: str, now: datetime
) -> CalendarFeed:
    """Give a party that has its tickets an address of its own date; raises `NotTicketedError` for any other."""
    if booking.state not in TICKETED:
        raise NotTicketedError
    await _insert(session, {"booking_id": booking.id}, secret=secret, language=language, now=now)
    return _found(await find_of_party(session, booking.id))


async def _insert(
    session: AsyncSession, readers: dict[str, UUID], *, secret: bytes, language: str, now: datetime
) -> None:
    feed_id = uuid7()
    values = {
        **readers,
        "id": feed_id,
        "token_hash": hash_token(derive_token(secret, _TOKEN_PURPOSE, feed_id)),
        "language": language,
        "created_at": now,
    }
    await feed_repository.insert_feed(session, values)


async def end(session: AsyncSession, feed: CalendarFeed, *, now: datetime) -> None:
    """Shut an address for ever; the next one that is opened is another."""
    await feed_repository.end_feed(session, feed.id, now=now)


async def read(
    session: AsyncSession, token: str, *, paths: Paths, source: str, now: datetime
) -> tuple[Sheet, str]:
    """Read what an address tells now, and in which language.

    Raises `FeedNotFoundError` for an address that was never given or was shut, and once its person has left.
    """
    feed = _found(await feed_repository.find_by_token_hash(session, hash_token(token)))
    if feed.producer_id is None or feed.person_id is None:
        assert feed.booking_id is not None  # noqa: S101 - a CHECK of the table
        party = await bookings.get_party(session, await bookings.get_booking(session, feed.booking_id))
        address = paths.tour(party.tour.slug)
        return tell_party(party, host=paths.host, address=address, source=source), feed.language
    if not await cooperatives.list_roles(session, producer_id=feed.producer_id, person_id=feed.person_id):
        raise FeedNotFoundError
    producer = await cooperatives.get_producer(session, feed.producer_id)
    dates = await feed_repository.list_dates(session, producer.id, ending_after=now - KEPT)
    entries = [_tell_date(departure, tour, paths) for departure, tour in dates]
    sleeping = await stays.list_paid(session, producer.id, ending_after=now - KEPT)
    entries += [_tell_stay(party, paths) for party in sleeping]
    return Sheet(
        name=_("Đón khách: %(name)s", name=producer.name), entries=entries, source=source
    ), feed.language


def _found(feed: CalendarFeed | None) -> CalendarFeed:
    if feed is None:
        raise FeedNotFoundError
    return feed


def _tell_date(departure: Departure, tour: Tour, paths: Paths) -> Entry:
    """A date as its host reads it: how many come, never who. One that its season makes no more is off."""
    is_dropped = departure.dropped_at is not None
    return Entry(
        uid=f"{departure.id}@{paths.host}",
        sequence=departure.sequence,
        changed_at=max(departure.changed_at, tour.changed_at),
        starts_at=departure.starts_at,
        ends_at=departure.ends_at,
        status=Status.CANCELLED if is_dropped else _OF_DATE.get(departure.state, Status.CONFIRMED),
        title=tour.title,
        place=tour.meeting_point,
        words=_("Đã đặt %(taken)s trên %(capacity)s chỗ", taken=departure.taken, capacity=departure.capacity),
        address=paths.tour(tour.slug),
    )


def _tell_stay(party: stays.Party, paths: Paths) -> Entry:
    """Guests who sleep at the house, as their host reads them: how many and where, never who.

    What became of a booking is written once and never taken back, so counting that is a sequence that never falls.
    """
    booking, stay = party.booking, party.stay
    steps = (booking.confirmed_at, booking.came_at, booking.left_at, booking.cancelled_at)
    done = [instant for instant in steps if instant is not None]
    return Entry(
        uid=party_uid(booking.id, paths.host),
        sequence=len(done) - 1,
        changed_at=max(done),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        status=Status.CANCELLED if booking.cancelled_at else Status.CONFIRMED,
        title=stay.title,
        place=stay.meeting_point,
        words=_("%(heads)s người ngủ lại, %(name)s", heads=booking.heads, name=party.place.name),
        address=paths.stay(stay.slug),
    )


def tell_party(party: Party, *, host: str, address: str, source: str | None) -> Sheet:
    """A party's own date; its event stays the same one on whatever day the party goes."""
    booking, departure, tour = party.booking, party.departure, party.tour
    is_off = departure.state is DepartureState.CANCELLED
    status = Status.CANCELLED if is_off else _OF_PARTY.get(booking.state, Status.CANCELLED)
    entry = Entry(
        uid=party_uid(booking.id, host),
        sequence=booking.sequence + departure.sequence,
        changed_at=max(booking.changed_at, departure.changed_at, tour.changed_at),
        starts_at=departure.starts_at,
        ends_at=departure.ends_at,
        status=status,
        title=tour.title,
        place=tour.meeting_point,
        words=_("Mã vào cổng %(code)s", code=booking.code),
        address=address,
    )
    return Sheet(name=_("Chuyến thăm: %(title)s", title=tour.title), entries=[entry], source=source)
