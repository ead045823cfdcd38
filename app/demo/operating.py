"""The demo's scene of a tour operator: a clerk without a system, seats held for her guests, and what is owed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.accounts import service as people
from app.core.ids import uuid7
from app.demo import cast
from storefront.operators import members
from storefront.operators import service as operators
from storefront.payments import transfers
from storefront.payments.ports import BankTransfer
from storefront.portal import service as portal
from storefront.tours import allotments, departures
from storefront.tours import service as tours
from storefront.tours.allotments import Promise
from storefront.tours.models import UnitType
from storefront.tours.schemas import NewBooking

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from app.demo.stage import Stage
    from storefront.operators.members import Clerk
    from storefront.tours.models import Tour

NAME = "Lữ hành Núi Cốc"
LIMIT = 20_000_000
HELD = 4
PAID = 1_500_000


async def play(stage: Stage) -> None:
    """Link a clerk, hold seats for her, and let her sell, pay a part, and hold a party that is not sure yet."""
    session, start = stage.session, stage.now - timedelta(days=3)
    operator = await operators.get_or_create_operator(
        session, name=NAME, discount_basis_points=1_200, phone=cast.OPERATOR, now=start
    )
    await operators.set_limit(session, operator_id=operator.id, limit_minor=LIMIT)
    person = await members.link(
        session, operator_id=operator.id, phone=cast.OPERATOR, name="Vũ Thị Hạnh", now=start
    )
    clerk = members.Clerk(await people.get_person(session, person.id), operator)
    farm = (await tours.list_tours(session, stage.producers["fish"].id))[0]
    await allotments.create_rule(
        session,
        tour_id=farm.id,
        promise=Promise(operator_id=operator.id, heads=HELD, release_days=3),
        weekdays=[],
        until_on=stage.day + timedelta(days=90),
        now=start,
    )
    await _sell(stage, clerk, farm, "Gia đình chị Yến", {UnitType.FAMILY: 1}, at=start)
    await _sell(stage, clerk, farm, "Đoàn thầy Quang", {UnitType.ADULT: 3}, at=start + timedelta(hours=4))
    await _pay(stage, clerk, at=start + timedelta(days=1))
    late = stage.now - timedelta(minutes=10)
    await _hold(stage, clerk, farm, "Mr. James Carter", {UnitType.ADULT: 2}, at=late)


async def _hold(
    stage: Stage, clerk: Clerk, tour: Tour, name: str, party: dict[UnitType, int], *, at: datetime
) -> UUID:
    [offer] = (await tours.list_offers(stage.session, [tour.id]))[tour.id]
    found = await departures.list_seats(stage.session, [tour], now=stage.now, operator_id=clerk.operator.id)
    days = [one for one in found if one.is_open and one.left >= HELD]
    made = await portal.hold(
        stage.session,
        clerk,
        NewBooking(
            id=uuid7(),
            departure_id=days[2].departure.id,
            units={unit.id: party[unit.kind] for unit in offer.units if unit.kind in party},
            contact_name=name,
            contact_phone=cast.OPERATOR,
        ),
        secret=stage.secret,
        now=at,
    )
    return made.id


async def _sell(
    stage: Stage, clerk: Clerk, tour: Tour, name: str, party: dict[UnitType, int], *, at: datetime
) -> None:
    held = await _hold(stage, clerk, tour, name, party, at=at)
    await portal.confirm(stage.session, clerk, held, now=at + timedelta(minutes=5))


async def _pay(stage: Stage, clerk: Clerk, *, at: datetime) -> None:
    """A part of what is owed arrives, with the operator's code in its memo."""
    code = await operators.give_code(stage.session, clerk.operator)
    transfer = BankTransfer(
        external_id="demo-operator",
        bank_bin=stage.collecting.bank_bin,
        account=stage.collecting.account,
        amount_minor=PAID,
        memo=f"MBVCB.operator.{code} tra tien tour",
        code="",
        arrived_at=at,
        is_incoming=True,
        payload={"demo": "operator"},
    )
    await transfers.receive_transfer(
        stage.session, transfer, provider="sepay", collecting=stage.collecting, now=at
    )
