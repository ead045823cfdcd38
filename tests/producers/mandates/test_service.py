"""The rules of mandates: who may be asked, what proves a grant, who takes it back, what a record may rest on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts import service as accounts
from app.core.errors import NotFoundError
from app.core.ids import uuid7
from app.notices.models import Notice
from producers.cooperatives.models import Role
from producers.diaries import repository as diary_repository
from producers.diaries.helped import DiaryActs
from producers.intake import repository as intake_repository
from producers.intake.helped import IntakeActs
from producers.mandates import enrolments, jobs, repository, service
from producers.mandates.enrolments import NewFarmer
from producers.mandates.errors import (
    BadRecordingError,
    EndError,
    HelpRefusedError,
    KnownPhoneError,
    MandateNotFoundError,
    NoFarmerError,
    NoScopeError,
    OwnHelperError,
    WrongProducerError,
)
from producers.mandates.helped import HelpedActs
from producers.mandates.models import Mandate, ProofKind, Scope
from producers.mandates.service import Asked
from tests.factories.producers import (
    NOW,
    make_entry,
    make_farm,
    make_membership,
    make_person,
    make_photo,
    make_producer,
    make_site,
    make_slip,
)
from tests.factories.traceability import make_lot, make_workshop
from traceability.lots import repository as lot_repository
from traceability.lots.helped import LotActs

DAY = timedelta(days=1)
SECRET = b"s" * 32


class Valley:
    """A farmer of a producer, and a helper from elsewhere."""

    def __init__(self, producer, farmer, helper):
        self.producer, self.farmer, self.helper = producer, farmer, helper

    def ask(self, **changes):
        """What the helper asks for."""
        asked = {
            "farmer_id": self.farmer.id,
            "producer_id": self.producer.id,
            "helper_id": self.helper.id,
            "scopes": frozenset({Scope.DIARY}),
            "ends_at": NOW + 90 * DAY,
        }
        return Asked(**asked | changes)

    def mandate(self, **changes):
        """A mandate that was granted yesterday."""
        given = {
            "farmer_id": self.farmer.id,
            "producer_id": self.producer.id,
            "helper_id": self.helper.id,
            "scopes": [Scope.DIARY.value],
            "starts_at": NOW - DAY,
            "ends_at": NOW + 90 * DAY,
            "proof": ProofKind.VOICE,
            "recording_id": uuid7(),
            "granted_at": NOW - DAY,
        }
        return Mandate(**given | changes)


@pytest.fixture
async def valley(session):
    """Lan of a tea producer, and Tuấn of the village team."""
    producer = await make_producer(session)
    farmer = await make_person(session, name="Hoàng Thị Lan", phone="+84912000111")
    await make_membership(session, producer_id=producer.id, person_id=farmer.id, role=Role.MEMBER)
    return Valley(producer, farmer, await make_person(session, name="Lò Văn Tuấn"))


async def test_a_farmer_is_found_by_the_number(session, valley):
    """A number of somebody at work for a producer; not one's own, not a buyer's, not nobody's."""
    found = await service.get_farmer(session, phone="+84912000111", helper_id=valley.helper.id)
    assert found.id == valley.farmer.id
    with pytest.raises(OwnHelperError):
        await service.get_farmer(session, phone="+84912000111", helper_id=valley.farmer.id)
    await make_person(session, phone="+84912000999")
    for number in ("+84912000999", "+84912000998"):
        with pytest.raises(NoFarmerError):
            await service.get_farmer(session, phone=number, helper_id=valley.helper.id)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scopes": frozenset()}, NoScopeError),
        ({"ends_at": NOW}, EndError),
        ({"ends_at": NOW + 800 * DAY}, EndError),
        ({"producer_id": uuid7()}, WrongProducerError),
    ],
    ids=["no work", "over already", "too long", "another producer"],
)
async def test_what_cannot_be_asked_is_refused(session, valley, change, error):
    """Work must be named, the end lies within two years, and the farmer works there."""
    with pytest.raises(error):
        await service.request_otp(session, asked=valley.ask(**change), now=NOW)


async def test_nobody_helps_themselves(session, valley):
    """Farmer and helper are two people."""
    with pytest.raises(OwnHelperError):
        await service.request_otp(session, asked=valley.ask(helper_id=valley.farmer.id), now=NOW)


async def test_without_a_number_no_code_is_sent(session, valley):
    """A farmer without a phone is asked by voice or paper."""
    valley.farmer.phone = None
    await session.flush()
    with pytest.raises(NoFarmerError):
        await service.request_otp(session, asked=valley.ask(), now=NOW)


async def test_a_request_is_its_helpers(session, valley):
    """Another helper does not find it, and nothing is granted before the code is typed."""
    request = await service.request_otp(session, asked=valley.ask(), now=NOW)
    got = await service.get_request(session, challenge_id=request.challenge_id, helper_id=valley.helper.id)
    assert got.id == request.id
    with pytest.raises(MandateNotFoundError):
        await service.get_request(session, challenge_id=request.challenge_id, helper_id=valley.farmer.id)
    assert await service.find_granted(session, request) is None


async def test_a_typed_number_that_is_somebody_elses_grants_nothing(session, valley):
    """A code proves a number; when another person has that number the grant is refused."""
    request = await service.request_otp(session, asked=valley.ask(), now=NOW)
    valley.farmer.phone = None
    await session.flush()
    await make_person(session, phone="+84912000111")
    code = accounts.code_of(SECRET, request.challenge_id, purpose=service.CODE_PURPOSE)
    with pytest.raises(KnownPhoneError):
        await service.grant_by_otp(session, request=request, secret=SECRET, code=code, tries_left=3, now=NOW)


async def test_a_code_proves_the_number_of_a_farmer_who_had_none(session, valley):
    """The number that was typed at enrolment becomes hers with the right code."""
    request = await service.request_otp(session, asked=valley.ask(), now=NOW)
    valley.farmer.phone = None
    await session.flush()
    code = accounts.code_of(SECRET, request.challenge_id, purpose=service.CODE_PURPOSE)
    mandate = await service.grant_by_otp(
        session, request=request, secret=SECRET, code=code, tries_left=3, now=NOW
    )
    assert (mandate.proof, valley.farmer.phone) == (ProofKind.OTP, "+84912000111")
    assert (await service.find_granted(session, request)).id == mandate.id


async def test_paper_needs_a_witness_and_the_helpers_own_photo(session, valley):
    """Anybody could photograph some paper: only a colleague or who enrolled her is believed."""
    photo = await make_photo(session, owner_id=valley.helper.id, is_public=False)
    with pytest.raises(HelpRefusedError):
        await service.grant_by_paper(session, asked=valley.ask(), photo_id=photo.id, now=NOW)
    await make_membership(
        session, producer_id=valley.producer.id, person_id=valley.helper.id, role=Role.PACKER
    )
    others = await make_photo(session, owner_id=valley.farmer.id, is_public=False)
    with pytest.raises(NotFoundError):
        await service.grant_by_paper(session, asked=valley.ask(), photo_id=others.id, now=NOW)
    boss = await make_person(session)
    await make_membership(session, producer_id=valley.producer.id, person_id=boss.id, role=Role.MANAGER)
    mandate = await service.grant_by_paper(session, asked=valley.ask(), photo_id=photo.id, now=NOW)
    assert (mandate.proof, mandate.photo_id) == (ProofKind.PAPER, photo.id)
    told = set(await session.scalars(select(Notice.person_id)))
    assert told == {valley.farmer.id, boss.id}


@pytest.mark.parametrize("content", [b"", b"not a voice", b"\x1a\x45\xdf\xa3" + b"0" * 5_000_001])
async def test_a_file_that_is_no_voice_grants_nothing(session, house, valley, content):
    """Empty, of another kind, or too heavy: said in words, and nothing is granted."""
    await make_membership(
        session, producer_id=valley.producer.id, person_id=valley.helper.id, role=Role.PACKER
    )
    with pytest.raises(BadRecordingError):
        await service.grant_by_voice(session, house.files, asked=valley.ask(), content=content, now=NOW)


async def test_a_voice_grants_and_is_kept(session, house, valley):
    """Who enrolled the farmer is a witness; the recording lies where the mandate says."""
    made_id = uuid7()
    farmer = NewFarmer(id=made_id, name="Bàn Thị Hoa", phone=None, producer_id=valley.producer.id)
    await make_membership(
        session, producer_id=valley.producer.id, person_id=valley.helper.id, role=Role.MANAGER
    )
    enrolled = await enrolments.enrol(
        session, farmer=farmer, helper_id=valley.helper.id, secret=SECRET, now=NOW
    )
    assert await service.has_enrolled(session, helper_id=valley.helper.id, person_id=enrolled.person_id)
    asked = valley.ask(farmer_id=enrolled.person_id)
    mandate = await service.grant_by_voice(
        session, house.files, asked=asked, content=b"OggS" + b"0" * 40, now=NOW
    )
    assert await house.files.get(f"mandates/{mandate.recording_id}") == b"OggS" + b"0" * 40


async def test_who_may_take_a_mandate_back(session, valley):
    """The farmer, the helper and a manager may; a stranger does not find it; the first time counts."""
    stranger, boss = await make_person(session), await make_person(session)
    await make_membership(session, producer_id=valley.producer.id, person_id=boss.id, role=Role.MANAGER)
    first, second, third = valley.mandate(), valley.mandate(), valley.mandate()
    session.add_all([first, second, third])
    await session.flush()
    with pytest.raises(MandateNotFoundError):
        await service.revoke(session, mandate_id=first.id, person_id=stranger.id, now=NOW)
    for mandate, person in ((first, valley.farmer), (second, valley.helper), (third, boss)):
        done = await service.revoke(session, mandate_id=mandate.id, person_id=person.id, now=NOW)
        assert (done.revoked_at, done.revoked_by_id) == (NOW, person.id)
    again = await service.revoke(session, mandate_id=first.id, person_id=boss.id, now=NOW + DAY)
    assert again.revoked_at == NOW
    told = list(await session.scalars(select(Notice.person_id).where(Notice.kind == "mandate_revoked")))
    assert told == [valley.helper.id, valley.helper.id]


async def test_two_taps_that_take_a_mandate_back_tell_of_it_once(session, valley):
    """Whoever read the mandate before the other tap took it back changes nothing, and tells nobody again."""
    mandate = valley.mandate()
    session.add(mandate)
    await session.flush()
    for _tap in range(2):
        set_committed_value(mandate, "revoked_at", None)
        await service.revoke(session, mandate_id=mandate.id, person_id=valley.farmer.id, now=NOW)
    assert mandate.revoked_at == NOW
    told = await session.scalars(select(Notice.person_id).where(Notice.kind == "mandate_revoked"))
    assert list(told) == [valley.helper.id]


async def test_a_valid_mandate_covers_its_own_work_alone(session, valley):
    """Work that it does not name, another producer, or a day outside it find nothing."""
    session.add(valley.mandate())
    await session.flush()
    given = {
        "helper_id": valley.helper.id, "farmer_id": valley.farmer.id, "producer_id": valley.producer.id,
        "scope": Scope.DIARY, "at": NOW,
    }  # fmt: skip
    assert await service.find_valid(session, **given) is not None
    for change in ({"scope": Scope.LOTS}, {"producer_id": uuid7()}, {"at": NOW - 2 * DAY}):
        assert await service.find_valid(session, **given | change) is None


async def test_a_refusal_says_what_the_mandate_came_to(session, valley):
    """Never granted, taken back since a day, or over since its end: three different sentences."""
    given = {
        "helper_id": valley.helper.id, "farmer_id": valley.farmer.id, "producer_id": valley.producer.id,
        "scope": None, "now": NOW,
    }  # fmt: skip
    never = await service.judge(session, recorded_at=NOW, **given)
    session.add(valley.mandate(starts_at=NOW - 9 * DAY, ends_at=NOW - 5 * DAY))
    await session.flush()
    ended = await service.judge(session, recorded_at=NOW, **given)
    before = await service.judge(session, recorded_at=NOW - 20 * DAY, **given)
    kept = await service.judge(session, recorded_at=NOW - 6 * DAY, **given)
    assert len({str(one.refusal.message) for one in (never, ended)}) == 2
    assert str(before.refusal.message) == str(never.refusal.message)
    assert kept.is_allowed and kept.is_flagged


async def test_a_helpers_mandate_is_theirs_and_stands(session, valley):
    """Another helper's does not exist; one that is over is refused in words."""
    stands, over = valley.mandate(), valley.mandate(ends_at=NOW - timedelta(hours=1))
    session.add_all([stands, over])
    await session.flush()
    got = await service.get_own(session, mandate_id=stands.id, helper_id=valley.helper.id, now=NOW)
    assert got.id == stands.id
    with pytest.raises(MandateNotFoundError):
        await service.get_own(session, mandate_id=stands.id, helper_id=valley.farmer.id, now=NOW)
    with pytest.raises(HelpRefusedError):
        await service.get_own(session, mandate_id=over.id, helper_id=valley.helper.id, now=NOW)
    assert [one.id for one in await service.list_of_helper(session, valley.helper.id, now=NOW)] == [stands.id]
    assert len(await service.list_of_farmer(session, valley.farmer.id)) == 2


async def test_a_manager_sees_the_mandates_of_the_producer(session, valley):
    """Those that stand, the manager's own left out; a plain member manages none."""
    boss = await make_person(session)
    await make_membership(session, producer_id=valley.producer.id, person_id=boss.id, role=Role.MANAGER)
    session.add_all([valley.mandate(), valley.mandate(farmer_id=boss.id)])
    await session.flush()
    [seen] = await service.list_managed(session, boss.id, now=NOW)
    assert seen.farmer_id == valley.farmer.id
    assert await service.list_managed(session, valley.farmer.id, now=NOW) == []


async def test_a_link_that_was_never_used_lives_on(session, house, valley):
    """Renewing gives half an hour more; a used link stays used."""
    await make_membership(
        session, producer_id=valley.producer.id, person_id=valley.helper.id, role=Role.MANAGER
    )
    farmer = NewFarmer(id=uuid7(), name="Bàn Thị Hoa", phone=None, producer_id=valley.producer.id)
    made = await enrolments.enrol(session, farmer=farmer, helper_id=valley.helper.id, secret=SECRET, now=NOW)
    assert await repository.renew_enrolment(session, made.id, expires_at=NOW + DAY)
    assert await repository.use_enrolment(session, made.token_hash, now=NOW) is not None
    assert not await repository.renew_enrolment(session, made.id, expires_at=NOW + 2 * DAY)
    assert await repository.find_typed_phone(session, made.person_id) is None
    assert not await repository.has_prefix(session, "0000000")
    assert await repository.has_prefix(session, valley.producer.gs1_prefix)


async def test_the_evening_tells_once_what_was_done(session, valley):
    """Three works by name, the rest by number, on the day and never twice; quiet days say nothing."""
    session.add(valley.mandate())
    farm = await make_farm(session, producer_id=valley.producer.id, owner_id=valley.farmer.id)
    site = await make_site(session, farm_id=farm.id)
    await session.flush()
    acts = HelpedActs((DiaryActs(), IntakeActs(), LotActs()))
    await jobs.tell_day(session, now=NOW, acts=acts)
    assert (await session.scalars(select(Notice).where(Notice.kind == "helped"))).all() == []
    for minute in range(4):
        await make_entry(
            session, site_id=site.id, person_id=valley.farmer.id, helper_id=valley.helper.id,
            received_at=NOW - timedelta(minutes=minute),
        )  # fmt: skip
    for _evening in range(2):
        await jobs.tell_day(session, now=NOW, acts=acts)
    [notice] = await session.scalars(select(Notice).where(Notice.kind == "helped"))
    assert notice.person_id == valley.farmer.id and notice.msgid == "Hôm nay %(told)s."
    later = NOW + 2 * DAY
    await make_entry(
        session,
        site_id=site.id,
        person_id=valley.farmer.id,
        helper_id=valley.helper.id,
        received_at=NOW + DAY,
    )
    await jobs.tell_day(session, now=later, acts=acts)
    said = await session.scalars(select(Notice.msgid).where(Notice.kind == "helped"))
    assert sorted(said) == ["Hôm nay %(told)s.", "Mấy ngày qua %(told)s."]


async def test_acts_are_found_by_helper_and_since(session, valley):
    """Diary, slips and lots answer for one helper or all, and only what arrived after an instant."""
    other = await make_person(session)
    shop = await make_workshop(session)
    owner = valley.farmer.id
    for helper in (valley.helper.id, other.id):
        await make_entry(session, site_id=shop.site.id, person_id=owner, helper_id=helper, received_at=NOW)
        await make_slip(session, recorded_by_id=owner, helper_id=helper, received_at=NOW)
        await make_lot(session, shop, created_by_id=owner, helper_id=helper, created_at=NOW)
    for room in (diary_repository, intake_repository, lot_repository):
        assert len(await room.list_helped(session, person_id=owner, helper_id=None, since=None, limit=9)) == 2
        [one] = await room.list_helped(session, person_id=owner, helper_id=other.id, since=NOW - DAY, limit=9)
        assert one.helper_id == other.id
        assert (
            await room.list_helped(session, person_id=owner, helper_id=None, since=NOW + DAY, limit=9) == []
        )
