"""Producers and members: one address each, numbers of their own, and always somebody who can let people in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.events import Handlers
from app.core.ids import uuid7
from producers.cooperatives import banks
from producers.cooperatives import service as cooperatives
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
from tests.factories.people import LA_BANG
from tests.factories.producers import NOW, make_membership, make_person, make_photo, make_producer

ACCOUNT = {
    "payout_bank_bin": "970436",
    "payout_account": "0123 456 789",
    "payout_account_name": "Hợp tác xã Chè",
}


def new_producer(name="HTX Chè La Bằng"):
    """A cooperative as it is enrolled."""
    return NewProducer(
        name=name,
        kind=ProducerKind.COOPERATIVE,
        phone="0912 345 678",
        commune_code=LA_BANG,
        gs1_prefix="9521234",
    )


async def create(session, **given_fields):
    """Enrol a cooperative."""
    return await cooperatives.create_producer(session, producer=new_producer(**given_fields), now=NOW)


async def join(session, producer, person, role):
    """Let this person in."""
    return await cooperatives.add_member(
        session, producer_id=producer.id, person_id=person.id, role=role, now=NOW
    )


async def end(session, membership, producer_id=None):
    """End this role."""
    await cooperatives.end_membership(
        session,
        membership_id=membership.id,
        producer_id=producer_id or membership.producer_id,
        now=NOW,
    )


async def test_an_address_comes_from_the_name(session):
    """Two producers of one name have two addresses, and one without letters has one as well."""
    first, second = await create(session), await create(session)
    nameless = await create(session, name="***")
    assert first.slug == "htx-che-la-bang" and second.slug.startswith("htx-che-la-bang-")
    assert nameless.slug == "co-so"
    assert (await cooperatives.find_producer_by_slug(session, second.slug)).id == second.id
    assert await cooperatives.find_producer_by_slug(session, "khong-co") is None


async def test_unknown_producers_are_not_found(session):
    """One is raised for, of several the unknown are left out."""
    known = await make_producer(session)
    assert set(await cooperatives.get_producers(session, [known.id, uuid7()])) == {known.id}
    with pytest.raises(ProducerNotFoundError):
        await cooperatives.get_producer(session, uuid7())
    with pytest.raises(ProducerNotFoundError):
        await cooperatives.take_gtin(session, uuid7())


def settings(**given_fields):
    """What a manager sends."""
    return ProducerSettings.model_validate({"name": "HTX Mới", "phone": "0987 654 321"} | given_fields)


async def test_a_manager_changes_what_the_shop_shows(session):
    """Account and name change, the shop is told; without a commune or photo in the form the old ones stay."""
    heard = []
    ears = Handlers()

    async def listen(_session, event):
        heard.append(event)

    ears.on(ProducerChanged, listen)
    session.info["handlers"] = ears
    producer = await make_producer(session)
    photo, commune = await make_photo(session), producer.commune_code
    changed = await cooperatives.update_producer(
        session, producer_id=producer.id, fields=settings(**ACCOUNT), photo_id=photo.id
    )
    assert (changed.name, changed.phone, changed.commune_code) == ("HTX Mới", "+84987654321", commune)
    assert (changed.payout_account, changed.payout_account_name) == ("0123456789", "HOP TAC XA CHE")
    again = await cooperatives.update_producer(
        session, producer_id=producer.id, fields=settings(commune_code=LA_BANG)
    )
    assert (again.commune_code, again.photo_id, again.payout_account) == (LA_BANG, photo.id, None)
    assert heard == [ProducerChanged(producer_id=producer.id)] * 2


async def test_money_goes_to_a_bank_that_there_is(session):
    """A number that no bank has is refused beside its field, and nothing changes."""
    producer = await make_producer(session)
    with pytest.raises(UnknownBankError) as refused:
        await cooperatives.update_producer(
            session, producer_id=producer.id, fields=settings(**ACCOUNT | {"payout_bank_bin": "000000"})
        )
    assert "payout_bank_bin" in refused.value.fields and producer.name != "HTX Mới"


def test_banks_are_found_by_their_number():
    """Vietcombank is 970436; the list is by name."""
    assert banks.find_bank("970436").name == "Vietcombank" and banks.find_bank("1") is None
    names = [bank.name.casefold() for bank in banks.list_banks()]
    assert names == sorted(names)


async def test_gtins_count_up_under_the_prefix(session):
    """Zero, prefix, item number, check digit: fourteen digits; a prefix of ten digits has its own room."""
    producer = await make_producer(session, gs1_prefix="9521234")
    assert [await cooperatives.take_gtin(session, producer.id) for _ in range(2)] == [
        "09521234000013",
        "09521234000020",
    ]


async def test_a_full_prefix_gives_no_more_numbers(session):
    """After the last item number the producer needs another prefix."""
    producer = await make_producer(session, gs1_prefix="9521234567", next_item_number=99)
    assert (await cooperatives.take_gtin(session, producer.id)).startswith("0952123456799")
    with pytest.raises(NumbersUsedUpError):
        await cooperatives.take_gtin(session, producer.id)


def test_the_check_digit_is_gs1s():
    """The example of the GS1 General Specifications: 629104150021 has 3."""
    assert cooperatives.check_digit("629104150021") == "3"


@given(st.text("0123456789", min_size=13, max_size=13), st.integers(0, 12), st.integers(1, 9))
def test_the_check_digit_finds_every_single_slip(body, place, by):
    """One digit read wrong gives another check digit, always."""
    wrong = body[:place] + str((int(body[place]) + by) % 10) + body[place + 1 :]
    assert cooperatives.check_digit(body) != cooperatives.check_digit(wrong)


async def test_letting_in_twice_changes_nothing_and_an_ended_role_begins_anew(session):
    """A role is held once; after its end the same membership comes back."""
    manager = await make_membership(session)
    producer = await cooperatives.get_producer(session, manager.producer_id)
    person = await make_person(session, name="Bế Thị An")
    first, again = [await join(session, producer, person, Role.PACKER) for _ in range(2)]
    assert first.id == again.id
    roles = {"producer_id": producer.id, "person_id": person.id}
    assert await cooperatives.list_roles(session, **roles) == {Role.PACKER}
    await end(session, first)
    assert await cooperatives.list_roles(session, **roles) == frozenset()
    back = await join(session, producer, person, Role.PACKER)
    assert back.id == first.id and back.ended_at is None


async def test_the_last_manager_cannot_leave(session):
    """Somebody must be able to let people in; with a second manager the first may go."""
    manager = await make_membership(session)
    with pytest.raises(LastManagerError):
        await end(session, manager)
    second = await make_membership(session, producer_id=manager.producer_id)
    await end(session, manager)
    assert (
        await cooperatives.list_roles(session, producer_id=manager.producer_id, person_id=manager.person_id)
        == frozenset()
    )
    with pytest.raises(LastManagerError):
        await end(session, second)


async def test_only_ones_own_memberships_end_and_only_once(session):
    """Another producer's membership, or one that has ended, is not found."""
    manager, other = await make_membership(session), await make_membership(session)
    with pytest.raises(MembershipNotFoundError):
        await end(session, other, manager.producer_id)
    guide = await make_membership(session, producer_id=manager.producer_id, role=Role.GUIDE)
    await end(session, guide)
    with pytest.raises(MembershipNotFoundError):
        await end(session, guide)


async def test_members_are_listed_by_name_each_once(session):
    """By given Vietnamese order, one line for each person; the roles can be asked for."""
    producer = await make_producer(session)
    an, binh = [await make_person(session, name=name) for name in ("Ấn", "Bình")]
    for person, role in [(binh, Role.MANAGER), (an, Role.MEMBER), (an, Role.PACKER)]:
        await join(session, producer, person, role)
    members = await cooperatives.list_members(session, producer.id)
    assert [person.id for person in members] == [an.id, binh.id]
    assert [one.id for one in await cooperatives.list_members(session, producer.id, Role.MANAGER)] == [
        binh.id
    ]
    lines = await cooperatives.list_memberships(session, producer.id)
    assert [(line.person.id, line.membership.role) for line in lines] == [
        (an.id, Role.MEMBER),
        (an.id, Role.PACKER),
        (binh.id, Role.MANAGER),
    ]


async def test_a_person_belongs_to_several_producers(session):
    """Each producer once with all roles there, the first joined first; "me" shows their names."""
    person = await make_person(session)
    one, two = await make_producer(session, name="Một"), await make_producer(session, name="Hai")
    for producer, role in [(one, Role.GUIDE), (two, Role.MEMBER), (one, Role.MANAGER)]:
        await join(session, producer, person, role)
    found = await cooperatives.list_belongings(session, person.id)
    assert [(belonging.producer.id, belonging.roles) for belonging in found] == [
        (one.id, {Role.GUIDE, Role.MANAGER}),
        (two.id, {Role.MEMBER}),
    ]
    assert await MemberWorkplaces().list_names(session, person.id) == ["Một", "Hai"]
