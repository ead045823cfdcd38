"""Certificates: a badge is shown while its paper holds, and only for what is written on it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from producers.certificates import service as certificates
from producers.certificates.schemas import NewCertificate
from producers.farms.errors import FarmNotFoundError
from tests.factories.people import log_in, picture_bytes
from tests.factories.producers import NOW, make_certificate, make_farm, make_membership, make_producer

FORM = {
    "kind": "ocop",
    "number": "15/QĐ-UBND",
    "issuer": "UBND tỉnh Thái Nguyên",
    "stars": "4",
    "valid_from": "2025-01-01",
    "valid_until": "2027-12-31",
}


@pytest.fixture
async def manager(db, client):
    """The manager as whom `client` is logged in."""
    async with db.transaction() as session:
        membership = await make_membership(session)
        await log_in(session, client, membership.person_id)
        return membership


async def listed(db, manager):
    """What is kept."""
    async with db.transaction() as session:
        return await certificates.list_certificates(session, manager.producer_id)


async def test_a_badge_hides_after_its_last_day(session):
    """Both ends are included; before and after the shop shows nothing; the one that ends last stands first."""
    producer = await make_producer(session)
    long = await make_certificate(session, producer_id=producer.id)
    first, last = date(2026, 1, 1), date(2026, 6, 30)
    short = await make_certificate(
        session, producer_id=producer.id, valid_from=first, valid_until=last, number="2"
    )
    day = timedelta(days=1)

    async def valid(on):
        return [one.id for one in await certificates.list_valid(session, producer.id, on=on)]

    assert await valid(first) == await valid(last) == [long.id, short.id]
    assert await valid(first - day) == await valid(last + day) == [long.id]


async def test_a_paper_may_be_one_farms(session):
    """Of the producer's own farm, or of the whole; another producer's farm is not found."""
    farm, other = await make_farm(session), await make_farm(session)

    async def keep(farm_id):
        return await certificates.create_certificate(
            session,
            producer_id=farm.producer_id,
            certificate=NewCertificate.model_validate(FORM | {"farm_id": farm_id}),
            now=NOW,
        )

    assert [(await keep(one)).farm_id for one in (farm.id, None)] == [farm.id, None]
    with pytest.raises(FarmNotFoundError):
        await keep(other.id)


async def test_a_paper_is_kept_and_says_whether_it_holds(client, db, manager):
    """With its photo; one that is over and one that is yet to begin say so."""
    files = [("photo", ("giấy.jpg", picture_bytes()))]
    answer = await client.post("/producer/certificates/new", data=FORM, files=files)
    assert answer.headers["location"] == "/producer/certificates"
    [paper] = await listed(db, manager)
    html = (await client.get("/producer/certificates")).text
    for words in ("OCOP 4 sao", "Còn hạn", f"/media/{paper.photo_id}/"):
        assert words in html, words
    vietgap = FORM | {"kind": "vietgap", "stars": ""}
    over = vietgap | {"valid_until": "2026-11-11"}
    soon = vietgap | {"valid_from": "2026-11-13"}
    for form in (over, soon):
        assert (await client.post("/producer/certificates/new", data=form)).status_code == 303
    html = (await client.get("/producer/certificates")).text
    for words in ("VietGAP", "Đã hết hạn, khách không thấy nữa", "Chưa tới ngày có hiệu lực"):
        assert words in html, words


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ({"stars": ""}, 422, "OCOP cần ghi số sao"),
        ({"kind": "vietgap"}, 422, "giấy khác thì để trống ô sao"),
        ({"valid_until": "2024-12-31"}, 422, "Ngày hết hạn phải sau ngày cấp"),
        ({"valid_until": "bao giờ"}, 422, "Ngày này chưa đúng"),
        ({"number": ""}, 422, "Chỗ này chưa điền"),
        ({"farm_id": "other"}, 404, "Không tìm thấy nhà vườn này"),
    ],
)
async def test_a_paper_with_a_mistake_keeps_what_was_typed(client, db, manager, typed, status, words):
    """What is wrong is said, what was typed stays, the photo too, and nothing is kept."""
    if "farm_id" in typed:
        async with db.transaction() as session:
            typed = {"farm_id": str((await make_farm(session)).id)}
    files = [("photo", ("giấy.jpg", picture_bytes()))]
    answer = await client.post("/producer/certificates/new", data=FORM | typed, files=files)
    assert answer.status_code == status
    for kept in (words, 'value="UBND tỉnh Thái Nguyên"', 'name="kept_photo"'):
        assert kept in answer.text, kept
    assert await listed(db, manager) == []
