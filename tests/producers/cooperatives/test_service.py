"""Producers, members and their numbers."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import ForbiddenError
from producers.cooperatives import banks, service
from producers.cooperatives.access import Member
from producers.cooperatives.errors import (
    LastManagerError,
    MembershipNotFoundError,
    NumbersUsedUpError,
    ProducerNotFoundError,
    UnknownBankError,
)
from producers.cooperatives.events import ProducerChanged
from producers.cooperatives.models import ProducerKind, Role
from producers.cooperatives.schemas import NewProducer, ProducerSettings
from producers.cooperatives.workplaces import MemberWorkplaces
from tests.factories.producers import (
    COMMUNE,
    NOW,
    make_membership,
    make_person,
    make_photo,
    make_producer,
)


def settings(**changes):
    """Settings as a manager sends them."""
    return ProducerSettings.model_validate({"name": "HTX Mới", "phone": "0912345678"} | changes)


async def test_create_producer_gives_each_an_address_of_its_own(session):
    """Two producers of one name have two addresses."""
    fields = NewProducer(
        name="Chè Tân Cương",
        kind=ProducerKind.HOUSEHOLD,
        phone="0912345678",
        commune_code=COMMUNE,
        gs1_prefix="9521234",
    )
    first = await service.create_producer(session, producer=fields, now=NOW)
    second = await service.create_producer(session, producer=fields, now=NOW)
    assert first.slug == "che-tan-cuong" and second.slug.startswith("che-tan-cuong-")
    assert (await service.find_producer_by_slug(session, first.slug)) is first
    assert set(await service.get_producers(session, [first.id, second.id])) == {first.id, second.id}
    with pytest.raises(ProducerNotFoundError):
        await service.get_producer(session, fields_id())


def fields_id():
    """An id that nothing has."""
    from app.core.ids import uuid7

    return uuid7()


async def test_update_producer_keeps_what_was_not_sent(session, house):
    """Without a photo or commune the old ones stay; the account is kept whole, and the shop hears of it."""
    producer = await make_producer(session, photo_id=(await make_photo(session)).id)
    photo, commune = producer.photo_id, producer.commune_code
    account = {
        "payout_bank_bin": "970436",
        "payout_account": "0123 456 789",
        "payout_account_name": "Nguyễn Mận",
    }
    await service.update_producer(session, producer_id=producer.id, fields=settings(**account))
    assert (producer.photo_id, producer.commune_code) == (photo, commune)
    assert (producer.payout_account, producer.payout_account_name) == ("0123456789", "NGUYEN MAN")
    other = (await make_photo(session)).id
    await service.update_producer(session, producer_id=producer.id, fields=settings(), photo_id=other)
    assert producer.photo_id == other and producer.payout_account is None
    with pytest.raises(UnknownBankError):
        await service.update_producer(
            session, producer_id=producer.id, fields=settings(**account | {"payout_bank_bin": "000000"})
        )


async def test_update_producer_announces_it(session):
    """Whoever shows the producer hears that it changed."""
    from app.core.events import Handlers

    heard, handlers = [], Handlers()

    async def hear(_session, event):
        heard.append(event)

    handlers.on(ProducerChanged, hear)
    session.info["handlers"] = handlers
    producer = await make_producer(session)
    await service.update_producer(session, producer_id=producer.id, fields=settings())
    assert heard == [ProducerChanged(producer_id=producer.id)]


async def test_take_gtin_counts_up_under_the_prefix(session):
    """GTIN-14: 0, prefix, item number, check digit."""
    producer = await make_producer(session, gs1_prefix="952123456")
    assert await service.take_gtin(session, producer.id) == "09521234560012"
    assert await service.take_gtin(session, producer.id) == "09521234560029"
    with pytest.raises(ProducerNotFoundError):
        await service.take_gtin(session, fields_id())


async def test_take_gtin_ends_with_the_prefix(session):
    """A prefix of ten digits has 99 numbers, and no hundredth."""
    producer = await make_producer(session, gs1_prefix="9521234567", next_item_number=99)
    assert (await service.take_gtin(session, producer.id)).startswith("0952123456799")
    with pytest.raises(NumbersUsedUpError):
        await service.take_gtin(session, producer.id)


async def test_take_gtin_never_answers_the_same_twice(db):
    """Ten at once take ten numbers."""
    async with db.transaction() as session:
        producer = await make_producer(session)

    async def take():
        async with db.transaction() as session:
            return await service.take_gtin(session, producer.id)

    taken = await asyncio.gather(*(take() for _ in range(10)))
    assert len(set(taken)) == 10


@given(st.text("0123456789", min_size=13, max_size=13))
def test_check_digit_makes_the_weighted_sum_end_in_zero(body):
    """Weights 3 and 1 from the right: the sum of the whole number ends in 0 (GS1 section 7.9)."""
    whole = body + service.check_digit(body)
    assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(reversed(whole))) % 10 == 0


async def test_members_come_and_go(session):
    """Adding twice is once; an ended role begins anew; the list is by name, each person once."""
    boss = await make_membership(session)
    anna = await make_person(session, name="Đào Thị An")
    first = await service.add_member(
        session, producer_id=boss.producer_id, person_id=anna.id, role=Role.PACKER, now=NOW
    )
    again = await service.add_member(
        session, producer_id=boss.producer_id, person_id=anna.id, role=Role.PACKER, now=NOW
    )
    await service.add_member(
        session, producer_id=boss.producer_id, person_id=anna.id, role=Role.MEMBER, now=NOW
    )
    assert again.id == first.id
    people = await service.list_members(session, boss.producer_id)
    assert [person.name for person in people] == ["Đào Thị An", "Nguyễn Thị Mận"]
    assert await service.list_members(session, boss.producer_id, Role.PACKER) == [anna]
    assert len(await service.list_memberships(session, boss.producer_id)) == 3
    [belonging] = await service.list_belongings(session, anna.id)
    assert belonging.roles == {Role.PACKER, Role.MEMBER}
    assert await MemberWorkplaces().list_names(session, anna.id) == [belonging.producer.name]
    await service.end_membership(session, membership_id=first.id, producer_id=boss.producer_id, now=NOW)
    assert await service.list_roles(session, producer_id=boss.producer_id, person_id=anna.id) == {Role.MEMBER}
    back = await service.add_member(
        session, producer_id=boss.producer_id, person_id=anna.id, role=Role.PACKER, now=NOW
    )
    assert back.ended_at is None


async def test_end_membership_keeps_one_manager(session):
    """The last manager stays; another producer's membership does not exist here."""
    boss = await make_membership(session)
    with pytest.raises(LastManagerError):
        await service.end_membership(session, membership_id=boss.id, producer_id=boss.producer_id, now=NOW)
    other = await make_membership(session)
    with pytest.raises(MembershipNotFoundError):
        await service.end_membership(session, membership_id=other.id, producer_id=boss.producer_id, now=NOW)


async def test_a_member_may_do_what_the_roles_say(session):
    """A manager may do all, others what they are for."""
    producer, person = await make_producer(session), await make_person(session)
    Member(person, producer, frozenset({Role.MANAGER})).require(Role.PACKER)
    Member(person, producer, frozenset({Role.PACKER})).require(Role.PACKER, Role.MEMBER)
    with pytest.raises(ForbiddenError):
        Member(person, producer, frozenset({Role.GUIDE})).require(Role.PACKER)


def test_banks_are_found_by_bin():
    """The list knows Vietcombank by its BIN, and nothing that is none."""
    bank = banks.find_bank("970436")
    assert bank is not None and "Vietcombank" in bank.name
    assert banks.find_bank("1") is None
