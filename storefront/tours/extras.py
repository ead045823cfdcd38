"""Add-ons: what a party takes besides its tickets, priced and taxed as what it is (BOOKINGS.md, 90 to 96)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.core.ids import uuid7
from producers.listings.models import TaxKind
from storefront.tours import extra_repository
from storefront.tours import service as tours
from storefront.tours.errors import ExtraGoneError, PartyError, TourNotFoundError
from storefront.tours.extra_models import BookingExtra, ExtraPer, TourExtra
from storefront.tours.models import Booking
from storefront.tours.schemas import ExtraFields

MOST_PIECES = 50


@dataclass(frozen=True)
class Choice:
    """So many of an add-on, found to be on offer; whether the date still has them is asked behind its lock."""

    extra: TourExtra
    number: int

    @property
    def amount_minor(self) -> int:
        """What they cost, in đồng."""
        return self.extra.price_minor * self.number


async def list_extras(
    session: AsyncSession, tour_id: UUID, *, with_inactive: bool = False
) -> list[TourExtra]:
    """List the add-ons of a tour; those no longer sold only `with_inactive`."""
    found = await extra_repository.list_extras(session, [tour_id])
    return [one for one in found if one.is_active or with_inactive]


async def save_extra(
    session: AsyncSession,
    *,
    tour_id: UUID,
    extra_id: UUID | None,
    fields: ExtraFields,
    now: datetime,
    new_id: UUID | None = None,
) -> TourExtra:
    """Make an add-on (without `extra_id`) or change one; what was booked keeps its price and name.

    With a `new_id` that made one before that one is answered as it stands. Raises `TourNotFoundError` for another
    tour's.
    """
    known = await extra_repository.list_extras(session, [tour_id])
    extra = next((one for one in known if one.id == extra_id), None)
    if extra is not None:
        for name, value in fields.model_dump().items():
            setattr(extra, name, value)
        await session.flush()
    elif extra_id is not None:
        raise TourNotFoundError
    else:
        wanted = new_id or uuid7()
        values = {"id": wanted, "tour_id": tour_id, "position": len(known), "created_at": now}
        await extra_repository.insert_extra(session, {**values, **fields.model_dump()})
        extra = await extra_repository.get_extra(session, wanted)
        if extra.tour_id != tour_id:
            raise TourNotFoundError
    await tours.refresh(session, tour_id)
    return extra


async def choose(
    session: AsyncSession, tour_id: UUID, asked: Mapping[UUID, int], *, heads: int
) -> list[Choice]:
    """Match what was asked for with what is on offer; one for everybody is as many as there are heads.

    Raises `PartyError` for what is not sold, or for more pieces than MOST_PIECES.
    """
    wanted = {extra_id: number for extra_id, number in asked.items() if number}
    offered = {one.id: one for one in await list_extras(session, tour_id)} if wanted else {}
    if not offered.keys() >= wanted.keys():
        raise PartyError(_("Món bạn chọn thêm không còn bán nữa. Bạn chọn lại giúp nhé."))
    if any(not 0 < number <= MOST_PIECES for number in wanted.values()):
        raise PartyError(_("Mỗi món chọn được nhiều nhất %(most)s.", most=MOST_PIECES))
    return [
        Choice(one, heads if one.per is ExtraPer.HEAD else wanted[one.id])
        for one in offered.values()
        if one.id in wanted
    ]


def write(session: AsyncSession, booking_id: UUID, chosen: Sequence[Choice], *, now: datetime) -> None:
    """Write down what a party takes, at the price of this moment."""
    session.add_all(
        BookingExtra(
            id=uuid7(),
            booking_id=booking_id,
            extra_id=one.extra.id,
            name=one.extra.name,
            tax_kind=one.extra.tax_kind,
            number=one.number,
            price_minor=one.extra.price_minor,
            created_at=now,
        )
        for one in chosen
    )


async def admit(session: AsyncSession, departure_id: UUID, *, booking_id: UUID) -> bool:
    """Whether a departure still has what a party took; holds that nobody ended yet still have theirs.

    The caller holds the departure's lock, behind which everybody who takes something of it comes.
    """
    return not await _list_short(session, departure_id, booking_id, now=None)


async def find_gone(
    session: AsyncSession, departure_id: UUID, *, booking_id: UUID, now: datetime
) -> ExtraGoneError | None:
    """What of a party's add-ons a departure has too few of; None when it has them all."""
    for name, left in await _list_short(session, departure_id, booking_id, now=now):
        return ExtraGoneError(name, left)
    return None


async def _list_short(
    session: AsyncSession, departure_id: UUID, booking_id: UUID, *, now: datetime | None
) -> list[tuple[str, int]]:
    scarce = await extra_repository.list_scarce(session, booking_id)
    if not scarce:
        return []
    ids = [taken.extra_id for taken, _most in scarce]
    given = await extra_repository.count_given(session, departure_id, ids, besides=booking_id, now=now)
    return [
        (taken.name, max(0, most - given[taken.extra_id]))
        for taken, most in scarce
        if given[taken.extra_id] + taken.number > most
    ]


async def list_taken(session: AsyncSession, booking_ids: Collection[UUID]) -> dict[UUID, list[BookingExtra]]:
    """List what each party took, in the order of the tour."""
    taken: dict[UUID, list[BookingExtra]] = defaultdict(list)
    for one in await extra_repository.list_taken(session, booking_ids):
        taken[one.booking_id].append(one)
    return taken


async def split(
    session: AsyncSession,
    booking: Booking,
    amount_minor: int | None = None,
    *,
    taken: Sequence[BookingExtra] | None = None,
) -> dict[TaxKind, int]:
    """What of a booking is what to the tax office, in đồng: tickets are a service, add-ons what they are.

    Of `amount_minor` each kind has its share, rounded down, and the service the rest; None: all that it stands for. `taken`: its
    add-ons, where they are at hand.
    """
    whole = booking.standing_minor
    amount = whole if amount_minor is None else amount_minor
    parts = Counter[TaxKind]()
    if taken is None:
        taken = (await list_taken(session, [booking.id]))[booking.id]
    for one in taken:
        parts[one.tax_kind] += one.number * one.price_minor
    shares = {kind: part * amount // whole for kind, part in parts.items()}
    shares[TaxKind.SERVICES] = shares.get(TaxKind.SERVICES, 0) + amount - sum(shares.values())
    return {kind: part for kind, part in shares.items() if part}


def total(taken: Collection[BookingExtra]) -> int:
    """What some add-ons cost, in đồng."""
    return sum(one.number * one.price_minor for one in taken)


def say(one: BookingExtra) -> Text:
    """Say so many of an add-on: "3 × Cơm trưa"."""
    return _("%(number)s × %(unit)s", number=one.number, unit=one.name)


def say_all(taken: Sequence[BookingExtra]) -> Text | None:
    """Say all that was taken, the same things together; None for nothing."""
    numbers = Counter[str]()
    for one in taken:
        numbers[one.name] += one.number
    line: Text | None = None
    for name, number in numbers.items():
        part = _("%(number)s × %(unit)s", number=number, unit=name)
        line = part if line is None else _("%(first)s, %(second)s", first=line, second=part)
    return line
