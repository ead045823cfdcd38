"""The demo's third scene: two tours and a day pass, their dates, and the parties that come."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING

from app.core.ids import uuid7
from app.demo import cast
from app.demo.paying import pay
from producers.farms.models import SiteKind
from producers.listings.models import TaxKind
from storefront.payments.models import PayableKind
from storefront.tours import (
    batch_settling,
    batches,
    bookings,
    by_hand,
    departures,
    extras,
    groups,
    houses,
    resources,
    season_prices,
    seasons,
    sights,
    tickets,
    waiting,
)
from storefront.tours import service as tours
from storefront.tours.extra_models import ExtraPer
from storefront.tours.models import AvailabilityType, BelowRule, UnitType
from storefront.tours.resource_models import ResourceKind
from storefront.tours.schemas import (
    AfterSteps,
    BatchFields,
    DepartureFields,
    ExtraFields,
    GroupFields,
    GroupOfferFields,
    HowPaid,
    NewBooking,
    OptionFields,
    PricePer,
    ResourceFields,
    SeasonFields,
    SeasonPriceFields,
    SettleFields,
    TermsFields,
    TourFields,
)

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from app.demo.stage import Stage
    from storefront.tours.models import Booking, Tour

ROOM = (
    "tea",
    TourFields(
        title="Một buổi hái chè Tân Cương",
        summary="Lên đồi từ sáng sớm, hái chè cùng bà con, sao một mẻ của mình mang về.",
        description=(
            "Sáu rưỡi uống chén chè đầu ngày ở nhà chị Lan. Bảy giờ lên đồi học hái một tôm một lá. "
            "Chín giờ về xưởng, tự tay sao và vò một mẻ nhỏ trong chảo gang. "
            "Trưa ăn cơm nhà với gà đồi và canh rau rừng. Mẻ chè của bạn gói mang về."
        ),
        meeting_point="Nhà chị Lan, xóm Hồng Thái, xã Tân Cương. Có chỗ để xe máy và ô tô.",
        duration_minutes=300,
        availability_type=AvailabilityType.START_TIME,
        cancellation_cutoff_hours=24,
    ),
    cast.TAN_CUONG,
    ("visit-tea", "tea-picking", "tea-roast", "tea-cups"),
    (("Hái chè và ăn trưa", 350_000, 180_000, 950_000), ("Chỉ hái chè", 200_000, 100_000, None)),
)
WATER = (
    "fish",
    TourFields(
        title="Thăm trại cá nước lạnh Thượng Minh",
        summary="Theo con suối vào rừng, cho cá tầm ăn, xem đo nước, ăn cá nướng bên mương.",
        description=(
            "Đi bộ hai mươi phút dọc suối tới trại. Anh Tuấn kể chuyện nuôi cá tầm, cá hồi, "
            "cho cá ăn và đo nước cùng khách. Trẻ em được vớt cá con. Bữa trưa có cá tầm nướng và xôi ngũ sắc."
        ),
        meeting_point="Nhà văn hóa thôn Khuổi Slưn, xã Thượng Minh. Anh Tuấn ra đón.",
        duration_minutes=240,
        availability_type=AvailabilityType.START_TIME,
        cancellation_cutoff_hours=48,
        minimum_heads=4,
        decide_hours=12,
        below=BelowRule.ASK,
    ),
    cast.THUONG_MINH,
    ("visit-fish", "raceways", "sturgeon"),
    (("Thăm trại và ăn trưa", 420_000, 210_000, 1_150_000),),
)
WATER_TERMS = TermsFields(
    cancellation_cutoff_hours=168,
    part_percent=50,
    part_hours=48,
    after=AfterSteps.NOTHING,
    deposit_percent=30,
)
PASS = (
    "tea",
    TourFields(
        title="Vé ngày: đồi chè và suối La Bằng",
        summary="Đi cả ngày theo đường mòn qua nương chè, cầu tre và suối dưới chân Tam Đảo.",
        description=(
            "Vé vào cửa cả ngày, đi theo biển chỉ đường. Có chỗ nghỉ, nước chè mời khách, "
            "nhà vệ sinh sạch. Mang giày đi được đường trơn."
        ),
        meeting_point="Cổng xóm Tiến Thành, xã La Bằng.",
        duration_minutes=600,
        availability_type=AvailabilityType.OPENING_HOURS,
        cancellation_cutoff_hours=12,
    ),
    cast.LA_BANG,
    ("day-pass", "tea-hills"),
    (("Vé ngày", 60_000, 30_000, 150_000),),
)


async def play(stage: Stage) -> None:
    """Offer the visits and let parties book."""
    picking = await _offer(stage, ROOM, starts=time(6, 30), capacity=16, weekdays=[2, 5, 6], days=45)
    await _price_weekends(stage, picking)
    farm = await _offer(
        stage, WATER, starts=time(9, 0), capacity=12, weekdays=[5, 6], days=45, terms=WATER_TERMS
    )
    await _offer(stage, PASS, starts=time(7, 0), capacity=80, weekdays=[], days=30)
    await _came(stage, picking)
    coming = await _list_coming(stage, picking)
    await _show(stage, picking, coming[0])
    tea = await _sell_extras(stage, picking, farm)
    await _crew(stage, picking, coming[:2])
    for number, (departure_id, party) in enumerate(
        (
            (coming[0], {UnitType.ADULT: 2}),  # with tea to take home
            (coming[0], {UnitType.FAMILY: 1, UnitType.ADULT: 1}),
            (coming[1], {UnitType.FAMILY: 4}),  # sixteen heads: this date is sold out
            (coming[2], {UnitType.ADULT: 3, UnitType.CHILD: 2}),
        )
    ):
        made = await _book(
            stage,
            picking,
            departure_id,
            party,
            number=number,
            at=stage.now - timedelta(hours=30 - number),
            take={tea: 2} if not number else None,
        )
        await pay(
            stage, PayableKind.BOOKING, made.id, f"visit-{number}", made.created_at + timedelta(minutes=3)
        )
    await by_hand.enter(
        stage.session,
        wish=await _wish(stage, picking, coming[2], {UnitType.ADULT: 2}, number=4),
        producer_id=picking.producer_id,
        how=HowPaid.CASH,
        secret=stage.secret,
        address="",  # whoever paid in cash needs no link to pay
        now=stage.now - timedelta(hours=3),
    )
    await _leave_paper(stage, picking, coming[2])
    fish_days = await _list_coming(stage, farm)
    await _show(stage, farm, fish_days[0])
    await _limit(stage, farm, 10)
    made = await _book(
        stage, farm, fish_days[0], {UnitType.FAMILY: 1}, number=5, at=stage.now - timedelta(hours=20)
    )
    await pay(stage, PayableKind.BOOKING, made.id, "visit-5", made.created_at + timedelta(minutes=4))
    await _book(stage, farm, fish_days[1], {UnitType.ADULT: 2}, number=6, at=stage.now - timedelta(minutes=2))
    for number, party in enumerate(({UnitType.FAMILY: 1}, {UnitType.ADULT: 2})):
        await _wait(
            stage, picking, coming[1], party, number=8 + number, at=stage.now - timedelta(hours=5 - number)
        )
    await _ask_as_groups(stage, picking, coming[3])
    await departures.create_departures(
        stage.session,
        tour_id=picking.id,
        fields=DepartureFields(
            from_on=stage.day + timedelta(days=50), starts=time(6, 30), capacity=16, is_provisional=True
        ),
        now=stage.now,
    )


async def _offer(
    stage: Stage,
    plan: tuple[str, TourFields, str, tuple[str, ...], tuple[tuple[str, int, int, int | None], ...]],
    *,
    starts: time,
    capacity: int,
    weekdays: list[int],
    days: int,
    terms: TermsFields | None = None,
) -> Tour:
    producer, fields, commune, photos, options = plan
    now = stage.at(40, 9)
    tour = await tours.create_tour(
        stage.session,
        producer_id=stage.producers[producer].id,
        fields=fields,
        commune_code=commune,
        photos=[await stage.photo(name) for name in photos],
        now=now,
    )
    for name, adult, child, family in options:
        await tours.save_option(
            stage.session,
            tour_id=tour.id,
            option_id=None,
            fields=OptionFields(
                name=name, max_units=20, adult_minor=adult, child_minor=child, family_minor=family
            ),
            now=now,
        )
    await tours.publish_tour(stage.session, tour_id=tour.id, now=now)
    if terms is not None:
        await tours.save_terms(stage.session, tour_id=tour.id, fields=terms, now=now)
    await seasons.create_rule(
        stage.session,
        tour_id=tour.id,
        fields=SeasonFields(
            from_on=stage.day + timedelta(days=2),
            until_on=stage.day + timedelta(days=days),
            weekdays=weekdays or list(range(7)),
            starts=starts,
            capacity=capacity,
        ),
        now=stage.now,
    )
    return tour


async def _leave_paper(stage: Stage, tour: Tour, departure_id: UUID) -> None:
    """Tickets lie at a tea shop, three of them sold and settled, and at a guesthouse for any day of the coming weeks."""
    offers = await tours.list_offers(stage.session, [tour.id])
    adult = next(unit for unit in offers[tour.id][0].units if unit.kind is UnitType.ADULT)
    host = stage.people[cast.FARMER]
    for name, phone, count, day in (
        ("Quán nước bà Lan, bến xe Đại Từ", "0912000501", 6, departure_id),
        ("Nhà nghỉ Suối Kem", "0912000502", 10, None),
    ):
        at = stage.now - timedelta(days=2)
        fields = BatchFields.model_validate(
            {
                "id": uuid7(),
                "point_name": name,
                "point_phone": phone,
                "unit_id": adult.id,
                "departure_id": day,
                "valid_until": stage.day + timedelta(days=40),
                "count": count,
                "keep_minor": 10_000,
            }
        )
        batch = await batches.make_batch(stage.session, tour=tour, fields=fields, person_id=host, now=at)
        if day is not None:
            await batch_settling.settle(
                stage.session,
                batch_id=batch.id,
                producer_id=tour.producer_id,
                fields=SettleFields(id=uuid7(), sold="1-3"),
                person_id=host,
                now=stage.now - timedelta(hours=4),
            )


async def _ask_as_groups(stage: Stage, tour: Tour, departure_id: UUID) -> None:
    """A school that waits for a price, and a company that has one."""
    for number, (name, heads) in enumerate(
        (("Lớp 7A, trường THCS Tân Cương", 14), ("Công ty Sông Công", 10))
    ):
        leader, phone, _line = cast.BUYERS[number]
        asked = await groups.ask(
            stage.session,
            fields=GroupFields(
                id=uuid7(),
                departure_id=departure_id,
                group_name=name,
                heads=heads,
                contact_name=leader,
                contact_phone=phone,
                note="Đoàn ăn trưa, về trước ba giờ chiều",
            ),
            secret=stage.secret,
            language="vi",
            now=stage.now - timedelta(hours=6 - number),
        )
    await groups.offer(
        stage.session,
        request_id=asked.id,
        producer_id=tour.producer_id,
        fields=GroupOfferFields(
            amount_minor=300_000,
            per=PricePer.HEAD,
            deposit_percent=30,
            until_on=stage.day + timedelta(days=3),
        ),
        secret=stage.secret,
        address="http://127.0.0.1:8000",
        now=stage.now - timedelta(hours=2),
    )


async def _price_weekends(stage: Stage, tour: Tour) -> None:
    """Saturdays and Sundays cost a little more."""
    offer = (await tours.list_offers(stage.session, [tour.id]))[tour.id][0]
    await season_prices.add(
        stage.session,
        option_ids={offer.option.id},
        fields=SeasonPriceFields(
            option_id=offer.option.id,
            name="Cuối tuần",
            from_on=stage.day,
            until_on=stage.day + timedelta(days=120),
            weekdays=[5, 6],
            adult_minor=390_000,
            child_minor=200_000,
            family_minor=1_050_000,
        ),
        now=stage.now,
    )


async def _list_coming(stage: Stage, tour: Tour) -> list[UUID]:
    found = await departures.list_seats(stage.session, [tour], now=stage.now)
    return [one.departure.id for one in found if one.departure.starts_at > stage.now]


async def _wish(
    stage: Stage, tour: Tour, departure_id: UUID, party: dict[UnitType, int], *, number: int
) -> NewBooking:
    offer = (await tours.list_offers(stage.session, [tour.id]))[tour.id][0]
    name, phone, _line = cast.BUYERS[number % len(cast.BUYERS)]
    return NewBooking(
        id=uuid7(),
        departure_id=departure_id,
        units={unit.id: party[unit.kind] for unit in offer.units if unit.kind in party},
        contact_name=name,
        contact_phone=phone,
    )


async def _wait(
    stage: Stage, tour: Tour, departure_id: UUID, party: dict[UnitType, int], *, number: int, at: datetime
) -> None:
    wish = await _wish(stage, tour, departure_id, party, number=number)
    await waiting.join(
        stage.session,
        wish=wish,
        secret=stage.secret,
        person_id=await stage.person(wish.contact_name, wish.contact_phone, days_ago=30),
        language="vi",
        now=at,
    )


async def _book(
    stage: Stage,
    tour: Tour,
    departure_id: UUID,
    party: dict[UnitType, int],
    *,
    number: int,
    at: datetime,
    take: dict[UUID, int] | None = None,
) -> Booking:
    wish = await _wish(stage, tour, departure_id, party, number=number)
    return await bookings.create_booking(
        stage.session,
        booking=replace(wish, extras=take or {}),
        secret=stage.secret,
        person_id=await stage.person(wish.contact_name, wish.contact_phone, days_ago=30),
        language="vi",
        now=at,
    )


async def _sell_extras(stage: Stage, picking: Tour, farm: Tour) -> UUID:
    """What guests may add: a basket and tea after the picking, a fish after the farm; answers the tea."""
    made = []
    for tour, fields in (
        (
            picking,
            ExtraFields(
                name="Gùi hái chè mang về", per=ExtraPer.PIECE, price_minor=120_000, tax_kind=TaxKind.GOODS
            ),
        ),
        (
            picking,
            ExtraFields(
                name="Gói chè 100 g", per=ExtraPer.PIECE, price_minor=90_000, tax_kind=TaxKind.GOODS, most=20
            ),
        ),
        (farm, ExtraFields(name="Cá nướng bên mương", per=ExtraPer.HEAD, price_minor=95_000)),
        (
            farm,
            ExtraFields(
                name="Cá tầm mang về, 1 con",
                per=ExtraPer.PIECE,
                price_minor=420_000,
                tax_kind=TaxKind.GOODS,
                most=6,
            ),
        ),
    ):
        extra = await extras.save_extra(
            stage.session,
            tour_id=tour.id,
            extra_id=None,
            fields=fields.model_copy(update={"is_active": True}),
            now=stage.at(40, 9),
        )
        made.append(extra.id)
    return made[1]


async def _crew(stage: Stage, tour: Tour, departure_ids: list[UUID]) -> None:
    """Who leads the next dates, and the car."""
    guide = await resources.save_resource(
        stage.session,
        producer_id=tour.producer_id,
        resource_id=None,
        fields=ResourceFields(
            name="Chị Lan", person_id=stage.people[cast.FARMER], languages=["vi", "en"], is_active=True
        ),
        now=stage.at(40, 9),
    )
    car = await resources.save_resource(
        stage.session,
        producer_id=tour.producer_id,
        resource_id=None,
        fields=ResourceFields(kind=ResourceKind.CAR, name="Xe 16 chỗ 20B", seats=15, is_active=True),
        now=stage.at(40, 9),
    )
    for departure_id in departure_ids:
        await resources.assign(
            stage.session,
            departure_id=departure_id,
            producer_id=tour.producer_id,
            resource_ids=[guide.id, car.id],
            limits_seats=False,
            now=stage.now,
        )


async def _limit(stage: Stage, tour: Tour, visitors: int) -> None:
    """So many visitors a day go to the first water of the farm, which its dates show."""
    offered = await sights.list_choices(stage.session, tour.producer_id)
    for site in [one for one in offered.sites if one.kind is not SiteKind.PLOT][:1]:
        await houses.set_limit(
            stage.session, site_id=site.id, producer_id=tour.producer_id, visitors=visitors, now=stage.now
        )


async def _show(stage: Stage, tour: Tour, departure_id: UUID) -> None:
    """The host says which place and which lot a date shows."""
    offered = await sights.list_choices(stage.session, tour.producer_id)
    await sights.choose(
        stage.session,
        departure=await departures.get_departure(stage.session, departure_id),
        producer_id=tour.producer_id,
        site_ids=[site.id for site in offered.sites[:1]],
        lot_ids=[one.lot.id for one in offered.lots[:1]],
        now=stage.now,
    )


async def _came(stage: Stage, tour: Tour) -> None:
    """A party that came three days ago, and was checked in at the gate."""
    await departures.create_departures(
        stage.session,
        tour_id=tour.id,
        fields=DepartureFields(from_on=stage.day - timedelta(days=3), starts=time(6, 30), capacity=16),
        now=stage.at(10, 9),
    )
    seen = await departures.list_seats(
        stage.session, [tour], now=stage.at(4, 9), on=stage.day - timedelta(days=3)
    )
    await _show(stage, tour, seen[0].departure.id)
    made = await _book(stage, tour, seen[0].departure.id, {UnitType.ADULT: 2}, number=7, at=stage.at(5, 20))
    await pay(stage, PayableKind.BOOKING, made.id, "visit-7", made.created_at + timedelta(minutes=3))
    await tickets.check_in(
        stage.session,
        code=made.code,
        producer_id=tour.producer_id,
        person_id=stage.people[cast.FARMER],
        now=stage.at(3, 6, 25),
    )
