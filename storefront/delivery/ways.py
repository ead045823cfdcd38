"""What a method costs for one parcel and on which days it goes: pure rules, D1 to D8 of pricing/PRICING.md."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from uuid import UUID

from app.core.clock import VN, today
from app.core.i18n import Text, _
from app.core.quantity import format_grams
from producers.listings.models import Temperature
from storefront.delivery.models import MethodKind, Zone
from storefront.delivery.words import CANNOT_CARRY, GONE, GONE_DAY, TOO_FAR, TOO_LATE

MOST_DAYS = 6
"""So many of the next days are offered."""
MOST_CUTOFF_DAYS = 14
_WEEK = 7


@dataclass(frozen=True)
class Step:
    """Đồng for one parcel of up to `up_to_g` grams (None: any weight) into a zone."""

    zone: Zone
    up_to_g: int | None
    fee_minor: int


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way in which goods travel; `id` is None for the flat fee of a producer who set nothing up.

    `weekdays`: 0 is Monday; empty for no fixed days. Orders are taken until `cutoff_hour` (Vietnam's clock), `cutoff_days`
    before. Fetched goods have one step, for any weight from anywhere.
    """

    id: UUID | None
    name: str
    kind: MethodKind
    place: str = ""
    carries: frozenset[Temperature]
    weekdays: frozenset[int] = frozenset()
    cutoff_days: int = 1
    cutoff_hour: int = 17
    free_from_minor: int | None = None
    steps: tuple[Step, ...]

    @property
    def is_fetched(self) -> bool:
        """Whether the buyer comes for the goods."""
        return self.kind is not MethodKind.SENT


@dataclass(frozen=True)
class Load:
    """One parcel: what its goods cost before a voucher, what they weigh (net, in grams), and how they are kept.

    `ready_on` is the latest day on which goods that are ordered ahead are expected; None when all are there.
    """

    goods_minor: int
    weight_g: int
    temperatures: frozenset[Temperature]
    ready_on: date | None = None


@dataclass(frozen=True)
class Home:
    """Where a producer sends from, and the provinces (codes) that are near."""

    commune_code: str
    province_code: str
    region: frozenset[str]


@dataclass(frozen=True)
class Choice:
    """What a buyer chose for one parcel: a method (None: whichever stands first) and a day of it (None: the next)."""

    method_id: UUID | None = None
    day: date | None = None


@dataclass(frozen=True, kw_only=True)
class Along:
    """A parcel that takes more along: what is in it, by which way (None: the flat fee), on which day, what was paid.

    `refusal` says why it takes nothing at the moment. `into_id` is its own, `code` that of the order that the buyer knows.
    """

    into_id: UUID
    code: str
    method_id: UUID | None
    day: date | None
    load: Load
    paid_minor: int
    refusal: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a basket goes (None: not told yet), what its buyer chose, and which parcels take more along, by producer."""

    commune_code: str | None = None
    choices: Mapping[UUID, Choice] = field(default_factory=lambda: MappingProxyType({}))
    along: Mapping[UUID, Along] = field(default_factory=lambda: MappingProxyType({}))
    now: datetime


@dataclass(frozen=True)
class Way:
    """A method as it stands for one parcel: đồng, and the next days; or `refusal`, why it cannot be."""

    method: Method
    fee_minor: int
    days: tuple[date, ...]
    refusal: Text | None = None


@dataclass(frozen=True)
class Sending:
    """How one parcel travels: the chosen way and day among all ways; `refusal` says why it cannot be sent so."""

    ways: tuple[Way, ...] = ()
    way: Way | None = None
    day: date | None = None
    refusal: Text | None = None
    weight_g: int = 0
    along: Along | None = None
    """The parcel that it travels in."""

    @property
    def fee_minor(self) -> int:
        """What it costs, in đồng; nothing while it cannot be sent."""
        return self.way.fee_minor if self.way and not self.refusal else 0

    @property
    def is_fetched(self) -> bool:
        """Whether the buyer comes for it."""
        return self.way is not None and self.way.method.is_fetched


NOT_PLANNED = Sending()


def flat(fee_minor: int, free_from_minor: int | None) -> Method:
    """The method of a producer who set none up: one fee, everywhere, for everything, on no fixed days."""
    return Method(
        id=None,
        name="",
        kind=MethodKind.SENT,
        carries=frozenset(Temperature),
        free_from_minor=free_from_minor,
        steps=(Step(Zone.REST, None, fee_minor),),
    )


def list_zones(home: Home, commune_code: str, province_code: str) -> list[Zone]:
    """The zones that a commune lies in, the nearest first."""
    zones = [Zone.REST]
    if province_code in home.region or province_code == home.province_code:
        zones.append(Zone.REGION)
    if province_code == home.province_code:
        zones.append(Zone.PROVINCE)
    if commune_code == home.commune_code:
        zones.append(Zone.COMMUNE)
    return zones[::-1]


def look_at(method: Method, load: Load, zones: Sequence[Zone] | None, *, now: datetime | None) -> Way:
    """Price a method for a parcel into the nearest of `zones` that has prices (None: the dearest of all zones)."""
    days = list_days(method, now, ready_on=load.ready_on) if now else ()
    missing = sorted(load.temperatures - method.carries)
    if missing:
        return Way(method, 0, days, CANNOT_CARRY[missing[0]])
    priced = {step.zone for step in method.steps}
    near = [zone for zone in zones or () if zone in priced][:1] if zones is not None else list(priced)
    if not near:
        return Way(method, 0, days, TOO_FAR)
    fees = [fee for zone in near if (fee := _fee(method, zone, load.weight_g)) is not None]
    if not fees:
        words = _(
            "Gói này nặng %(weight)s, nặng quá mức cách gửi này nhận.", weight=format_grams(load.weight_g)
        )
        return Way(method, 0, days, words)
    is_free = method.free_from_minor is not None and load.goods_minor >= method.free_from_minor
    return Way(method, 0 if is_free else max(fees), days)


def list_days(method: Method, now: datetime, *, ready_on: date | None = None) -> tuple[date, ...]:
    """The next days (Vietnam's) on which a method goes and that still take orders; none for no fixed days.

    Not before `ready_on`: a parcel does not leave before its goods are expected.
    """
    if not method.weekdays:
        return ()
    first = max(today(now), ready_on or date.min)
    coming = (first + timedelta(days=ahead) for ahead in range(MOST_CUTOFF_DAYS + _WEEK * (MOST_DAYS + 1)))
    open_days = [day for day in coming if day.weekday() in method.weekdays and now < cutoff_of(method, day)]
    return tuple(open_days[:MOST_DAYS])


def cutoff_of(method: Method, day: date) -> datetime:
    """The first instant at which orders for a day are no longer taken."""
    return datetime.combine(day - timedelta(days=method.cutoff_days), time(method.cutoff_hour), VN)


def choose(ways: Collection[Way], choice: Choice, *, weight_g: int) -> Sending:
    """Take what the buyer chose, or the first way that can be; the next day of it unless one was chosen."""
    listed = tuple(ways)
    if choice.method_id is None:
        way = next((one for one in listed if one.refusal is None), listed[0])
    else:
        found = next((one for one in listed if one.method.id == choice.method_id), None)
        if found is None:
            return Sending(listed, None, None, GONE, weight_g)
        way = found
    day = choice.day if way.days and choice.day else next(iter(way.days), None)
    refusal = way.refusal
    if refusal is None and day is not None and day not in way.days:
        refusal = GONE_DAY
    return Sending(listed, way, day, refusal, weight_g)


def look_along(
    method: Method, load: Load, along: Along, zones: Sequence[Zone] | None, *, now: datetime | None
) -> Sending:
    """Price what is added to a parcel: what both cost together by its way, less what was paid for it (J2, J3)."""
    both = Load(
        load.goods_minor + along.load.goods_minor,
        load.weight_g + along.load.weight_g,
        load.temperatures | along.load.temperatures,
    )
    way = look_at(method, both, zones, now=now)
    refusal = along.refusal or way.refusal
    if refusal is None and load.ready_on is not None and load.ready_on > (along.load.ready_on or date.min):
        refusal = TOO_LATE
    more = Way(method, max(0, way.fee_minor - along.paid_minor), way.days, refusal)
    return Sending((), more, along.day, refusal, load.weight_g, along)


def _fee(method: Method, zone: Zone, weight_g: int) -> int | None:
    """The fee of the smallest step that holds the weight; None when it is heavier than all."""
    holding = [
        (step.up_to_g or 0, step.fee_minor)
        for step in method.steps
        if step.zone is zone and step.up_to_g is not None and weight_g <= step.up_to_g
    ]
    if holding:
        return min(holding)[1]
    return next((step.fee_minor for step in method.steps if step.zone is zone and step.up_to_g is None), None)
