"""One of everything: producer A with its people, its work and its buyers, and what each path parameter names there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.models import StaffRole
from app.core.ids import uuid7
from app.media import service as media
from app.voices.models import VoiceClip, VoicePack
from app.voices.prompts import Prompts
from app.web.house import House
from producers.cooperatives.models import Role
from producers.diaries.voice_models import DiaryVoice
from producers.mandates import enrolments
from producers.mandates import service as mandates
from producers.mandates.enrolments import NewFarmer
from producers.mandates.models import Scope
from storefront.cart.models import CartLine
from storefront.operators import members
from storefront.operators import service as operators
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.payments import receipts
from storefront.payments.models import LineOutcome, Receipt, Statement, StatementLine
from storefront.stays import bookings as stay_bookings
from storefront.tours import allotments, bookings, feeds, groups, waiting
from storefront.tours.allotments import Promise
from tests.factories import (
    batches,
    delivery,
    links,
    payouts,
    people,
    preorders,
    pricelists,
    producers,
    settlements,
    stays,
    storefront,
    traceability,
    visits,
    vouchers,
)
from tests.factories import orders as ordering
from traceability.labels.models import Serial
from traceability.lots.models import Lot
from traceability.recalls import service as recalls
from traceability.recalls.models import StartKind

NOW = storefront.NOW


@dataclass
class World:
    """People by role (the visitor is nobody), values of path parameters, and a few more facts."""

    people: dict[str, UUID] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """By the parameter's name, or by `first segment.name` where two paths mean different things by it."""
    cart_token: str = ""
    unpaid_token: str = ""
    unpaid_code: str = ""
    booking_id: UUID | None = None


async def make_world(session: AsyncSession, house: House) -> World:
    """Build it."""
    world = World()
    shop = await traceability.make_workshop(session)
    await _make_people(session, world, shop)
    await _make_private_things(session, house, world)
    lot = await _make_work(session, house, world, shop)
    await _make_help(session, house, world, shop)
    await _make_trade(session, world, shop)
    await _make_visit(session, house, world, shop)
    prompt = house.port(Prompts).list_all()[0].id
    recording_id = world.names["recording_id"]
    session.add(VoiceClip(language="tyz", prompt_id=prompt, recording_id=UUID(recording_id), created_at=NOW))
    session.add(VoicePack(language="tyz", version=1, published_at=NOW, clips={prompt: recording_id}))
    world.names["language"] = "tyz"
    world.names |= {"log.path": "0/000", "log.size": "1"}
    world.names |= {"lesson": "spray", "step": "sprayed"}
    world.names["letters"] = "A" * 130
    world.names["rest"] = f"{lot.gtin}/10/{lot.code}"
    return world


async def _make_people(session: AsyncSession, world: World, shop: traceability.Workshop) -> None:
    for role in Role:
        membership = await producers.make_membership(session, producer_id=shop.producer.id, role=role)
        world.people[role.value] = membership.person_id
        world.names["membership_id"] = str(membership.id)
    world.people["stranger"] = (await producers.make_membership(session)).person_id
    world.people["buyer"] = (await people.make_person(session)).id
    for role, name in ((StaffRole.ADMIN, "staff_admin"), (StaffRole.ACCOUNTANT, "staff_accountant")):
        world.people[name] = (await people.make_staff(session, role=role)).person_id


async def _make_private_things(session: AsyncSession, house: House, world: World) -> None:
    """What is the manager's own: another device, a notice, a photo that nobody else may see, one on its way."""
    manager = world.people["manager"]
    token = await accounts.open_login(session, person_id=manager, device="iPhone", now=NOW)
    login = await accounts.find_login(session, token=token, now=NOW)
    assert login is not None
    notice = await people.make_notice(session, person_id=manager)
    phone_key = await people.make_phone_key(session, person_id=manager)
    photo = await media.store_photo(
        session, house.files, content=people.picture_bytes(), owner_id=manager, is_public=False, now=NOW
    )
    recording = await media.store_recording(
        session, house.files, content=people.sound_bytes(), owner_id=manager, is_public=False, now=NOW
    )
    world.names |= {
        "recording_id": str(recording.id),
        "login_id": str(login.device.id),
        "notice_id": str(notice.id),
        "key_id": str(phone_key.id),
        "photo_id": str(photo.id),
        "upload_id": str((await people.make_upload(session, person_id=manager)).id),
        "width": "320",
    }


async def _make_work(session: AsyncSession, house: House, world: World, shop: traceability.Workshop) -> Lot:
    member = world.people["member"]
    recalled = await traceability.make_lot(session, shop)
    recall = await recalls.open_recall(
        session,
        producer_id=shop.producer.id,
        person_id=member,
        start=recalls.Start(StartKind.LOT, recalled.id),
        reason="Nghi nhiễm thuốc",
        is_mock=False,
        signer=recalls.recall_signer(house.secret),
        now=NOW,
    )
    shop.farm.owner_id = member
    entry = await traceability.make_harvest(session, shop, person_id=member)
    recording_id = UUID(world.names["recording_id"])
    session.add(DiaryVoice(entry_id=entry.id, recording_id=recording_id, received_at=NOW))
    slip = await producers.make_slip(session, site_id=shop.site.id)
    household = settlements.House(shop.producer.id, member, shop.site.id, world.people["manager"])
    settlement = await settlements.make_settlement(session, household)
    unused = await settlements.make_advance(session, household)
    lot = await traceability.make_lot(session, shop, entry_id=entry.id, labelled_g=100)
    serial: Serial = await traceability.make_serial(session, lot)
    product = await producers.make_input(session, producer_id=shop.producer.id)
    photo_id = UUID(world.names["photo_id"])
    report = await traceability.make_report(session, shop, photo_id=photo_id)
    link = await links.make_link(session, shop)
    world.names |= {
        "recall_id": str(recall.id),
        "link_id": str(link.id),
        "producer_id": str(shop.producer.id),
        "farm_id": str(shop.farm.id),
        "site_id": str(shop.site.id),
        "entry_id": str(entry.id),
        "kind": "pick",
        "slip_id": str(slip.id),
        "person_id": str(member),
        "advance_id": str(unused.id),
        "settlement_id": str(settlement.id),
        "input_id": str(product.id),
        "listing_id": str(shop.listing.id),
        "lot_id": str(lot.id),
        "sheet_id": str(serial.sheet_id),
        "serial": serial.serial,
        "report_id": str(report.id),
        "gtin": lot.gtin,
        "lot": lot.code,
        "p.slug": shop.listing.slug,
        "producers.slug": shop.producer.slug,
    }
    return lot


async def _make_help(session: AsyncSession, house: House, world: World, shop: traceability.Workshop) -> None:
    """The manager wrote a farmer down, helps the member, and asked the member for more."""
    manager = world.people["manager"]
    farmer = NewFarmer(id=uuid7(), name="Hoàng Thị Lan", phone=None, producer_id=shop.producer.id)
    await enrolments.enrol(session, farmer=farmer, helper_id=manager, secret=house.secret, now=NOW)
    asked = mandates.Asked(
        farmer_id=world.people["member"],
        producer_id=shop.producer.id,
        helper_id=manager,
        scopes=frozenset({Scope.DIARY}),
        ends_at=NOW + timedelta(days=30),
    )
    request = await mandates.request_otp(session, asked=asked, now=NOW)
    mandate = await mandates.grant_by_voice(session, house.files, asked=asked, content=b"OggS", now=NOW)
    world.names |= {
        "enrolment_id": str(farmer.id),
        "enrol.token": enrolments.token_of(house.secret, farmer.id),
        "challenge_id": str(request.challenge_id),
        "mandate_id": str(mandate.id),
    }


async def _make_trade(session: AsyncSession, world: World, shop: traceability.Workshop) -> None:
    """A basket of the manager's, a paid order of a buyer's, an unpaid one, and money that nobody knows."""
    item = await storefront.make_stock(session, shop.variant)
    cart, world.cart_token = await storefront.make_cart(session, lines={shop.variant.id: 1})
    line = (await session.scalars(select(CartLine).where(CartLine.cart_id == cart.id))).one()
    order = await ordering.make_paid_order(session, shop.variant, person_id=world.people["buyer"])
    [parcel] = await parcels.list_parcels(session, order)
    unpaid = await ordering.get_payment(session, await ordering.make_order(session, shop.variant))
    world.unpaid_token, world.unpaid_code = unpaid.token, unpaid.code
    receipt = await receipts.record_arrival(
        session,
        receipts.Arrival(
            provider="sepay",
            external_id="nobody's",
            account=ordering.BANK,
            amount_minor=120_000,
            memo="tien che",
            payment_id=None,
            arrived_at=NOW,
        ),
        now=NOW,
    )
    assert receipt is not None
    statement_line = await _make_statement(session, receipt, world)
    world.names |= {
        "statement_id": str(statement_line.statement_id),
        "admin.line_id": str(statement_line.id),
        "item_id": str(item.id),
        "line_id": str(line.id),
        "consignment_id": str(parcel.consignment.id),
        "refund_id": str((await ordering.make_refund(session, order)).id),
        "orders.token": orders.make_token(ordering.SECRET, order.id),
        "payments.token": (await ordering.get_payment(session, order)).token,
        "provider": "sepay",
        "receipt_id": str(receipt.id),
    }
    voucher = await vouchers.make_voucher(session, producer_id=shop.producer.id)
    group = await pricelists.make_group(session, producer_id=shop.producer.id)
    offer = await preorders.make_offer(session, shop.variant, ended_at=NOW)
    price_list = await pricelists.make_list(session, producer_id=shop.producer.id, group_id=group.id)
    world.names |= {
        "voucher_id": str(voucher.id),
        "admin.voucher_id": str((await vouchers.make_gift(session, code="cho2027")).id),
        "method_id": str(await delivery.add_way(session, shop.producer.id)),
        "list_id": str(price_list.id),
        "offer_id": str(offer.id),
        "group_id": str(group.id),
    }
    payout = await payouts.make_payout(session)
    world.names |= {"batch_id": str(payout.batch_id), "payout_id": str(payout.id)}


async def _make_statement(session: AsyncSession, receipt: Receipt, world: World) -> StatementLine:
    """A statement of the bank with one line that may be the money that nobody knows."""
    statement = Statement(
        file_name="sao-ke.csv",
        account=receipt.account,
        uploaded_by_id=world.people["manager"],
        row_count=1,
        repeat_count=0,
        problems={"3": "no_day"},
        created_at=NOW,
    )
    session.add(statement)
    await session.flush()
    line = StatementLine(
        statement_id=statement.id,
        line=2,
        hash="0" * 64,
        amount_minor=receipt.amount_minor,
        reference="",
        memo="",
        happened_at=NOW,
        has_time=True,
        outcome=LineOutcome.DOUBTFUL,
        created_at=NOW,
    )
    session.add(line)
    await session.flush()
    return line


async def _make_visit(session: AsyncSession, house: House, world: World, shop: traceability.Workshop) -> None:
    tour = await visits.make_tour(session, producer_id=shop.producer.id)
    option = await visits.make_option(session, tour.id)
    unit = await visits.make_unit(session, option.id)
    departure = await visits.make_departure(session, tour.id)
    rule = await visits.make_season(session, tour.id)
    blackout = await visits.make_blackout(session, shop.producer.id)
    host = await people.make_person(session)
    visit = visits.Visit(shop.producer, host, tour, option, {unit.kind: unit}, departure)
    booking = await bookings.create_booking(
        session,
        booking=visits.wish(visit),
        secret=house.secret,
        person_id=world.people["buyer"],
        language="vi",
        now=NOW,
    )
    world.booking_id = booking.id
    batch = await batches.make_batch(session, visit, batches.any_day(visit, 1))
    [paper_code] = await batches.codes(session, batch)
    feed = await feeds.open_for_member(
        session,
        producer_id=shop.producer.id,
        person_id=world.people["manager"],
        secret=house.secret,
        language="vi",
        now=NOW,
    )
    small = await visits.make_departure(
        session, tour.id, starts_at=departure.starts_at + timedelta(days=1), capacity=1
    )
    party = await waiting.join(
        session,
        wish=visits.wish(visit, 2, departure_id=small.id),
        secret=house.secret,
        person_id=None,
        language="vi",
        now=NOW,
    )
    operator = await operators.get_or_create_operator(session, name="Du lịch Sông Cầu", now=NOW)
    clerk = await people.make_person(session)
    assert clerk.phone is not None
    await members.link(session, operator_id=operator.id, phone=clerk.phone, name=clerk.name, now=NOW)
    world.people["clerk"] = clerk.id
    held = await bookings.create_booking(
        session,
        booking=visits.wish(visit),
        secret=house.secret,
        person_id=None,
        language="vi",
        now=NOW,
        terms=operators.terms_of(operator),
    )
    promise = Promise(operator_id=operator.id, heads=1, release_days=1)
    held_rule = await allotments.create_rule(
        session, tour_id=tour.id, promise=promise, weekdays=[], until_on=departure.local_on, now=NOW
    )
    world.names |= {
        "producer.batch_id": str(batch.id),
        "producer.code": paper_code,
        "operator_id": str(operator.id),
        "operator.booking_id": str(held.id),
        "allotment_rule_id": str(held_rule.id),
        "suffix": "csv",
    }
    group = await groups.ask(
        session,
        fields=visits.group(visit, contact_phone="0912345678"),
        secret=house.secret,
        language="vi",
        now=NOW,
    )
    world.names |= {
        "request_id": str(group.id),
        "groups.token": groups.token_of(group, house.secret),
        "tour_id": str(tour.id),
        "tours.slug": tour.slug,
        "departure_id": str(departure.id),
        "rule_id": str(rule.id),
        "blackout_id": str(blackout.id),
        "price_id": str(blackout.id),
        "booking_id": str(booking.id),
        "state": "open",
        "bookings.token": bookings.token_of(booking, house.secret),
        "waiting.token": waiting.token_of(party, house.secret),
        "booking_code": booking.code,
        "calendar.token": feeds.token_of(feed, house.secret),
    }
    await _make_stay(session, house, world, shop)


async def _make_stay(session: AsyncSession, house: House, world: World, shop: traceability.Workshop) -> None:
    stay = await stays.make_stay(session, producer_id=shop.producer.id)
    beds = await stays.make_place(session, stay)
    host = await people.make_person(session)
    made = stays.House(shop.producer, host, stay, beds, beds)
    booking = await stay_bookings.create_booking(
        session,
        wish=stays.wish(made),
        secret=house.secret,
        person_id=world.people["buyer"],
        language="vi",
        now=NOW,
    )
    world.names |= {
        "stay_id": str(stay.id),
        "stays.slug": stay.slug,
        "party_id": str(booking.id),
        "staying.token": stay_bookings.token_of(booking, house.secret),
        "stay_code": booking.code,
    }
