"""Certificates over HTTP."""

import pytest

from tests.factories.people import picture_bytes
from tests.factories.producers import make_certificate, make_farm

PAPER = {
    "kind": "ocop",
    "number": "15/QĐ-UBND",
    "issuer": "UBND tỉnh",
    "stars": "4",
    "valid_from": "2025-01-01",
    "valid_until": "2027-12-31",
}


async def test_certificates_are_kept_with_their_photo(client, coop):
    """A paper and its photo are in the list."""
    files = {"photo": ("a.jpg", picture_bytes(), "image/jpeg")}
    form = PAPER | {"farm_id": str(coop.farm_id)}
    answer = await client.post("/producer/certificates/new", data=form, files=files)
    assert answer.status_code == 303
    page = (await client.get("/producer/certificates")).text
    assert "OCOP 4 sao" in page and "Còn hạn" in page and "/media/" in page


async def test_certificates_say_when_they_do_not_hold(db, client, coop):
    """One is over, one is yet to begin."""
    async with db.transaction() as session:
        for first, last in (("2024-01-01", "2025-01-01"), ("2027-01-01", "2028-01-01")):
            from datetime import date

            await make_certificate(
                session,
                producer_id=coop.producer_id,
                valid_from=date.fromisoformat(first),
                valid_until=date.fromisoformat(last),
            )
    page = (await client.get("/producer/certificates")).text
    assert "Đã hết hạn" in page and "Chưa tới ngày có hiệu lực" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stars": ""}, "cần ghi số sao"),
        ({"valid_until": "2024-01-01"}, "phải sau ngày cấp"),
        ({"valid_from": "hôm qua"}, "Ngày này chưa đúng"),
        ({"number": " "}, "Chỗ này chưa điền"),
    ],
)
async def test_certificate_form_keeps_what_was_typed(client, coop, changes, words):
    """Each mistake has its words, and the issuer stays."""
    answer = await client.post("/producer/certificates/new", data=PAPER | changes)
    assert answer.status_code == 422
    assert words in answer.text and "UBND tỉnh" in answer.text


async def test_certificates_name_ones_own_farm_and_are_the_managers(db, client, coop, log_in_as):
    """Another's farm does not exist, and a member adds none."""
    async with db.transaction() as session:
        farm = await make_farm(session)
    answer = await client.post("/producer/certificates/new", data=PAPER | {"farm_id": str(farm.id)})
    assert answer.status_code == 404
    member = await log_in_as(coop.producer_id, "member")
    assert (await member.post("/producer/certificates/new", data=PAPER)).status_code == 403
