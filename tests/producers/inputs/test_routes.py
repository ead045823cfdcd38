"""Inputs over HTTP."""

import pytest

from tests.factories.people import picture_bytes

SPRAY = {"kind": "pesticide", "name": "Neem 10EC", "crop": "tea", "days": "7"}
DRUG = {"kind": "drug", "name": "Florfenicol", "crop": "salmon", "degree_days": "400"}


async def test_inputs_are_kept_with_their_waits(client, coop):
    """A label's name, its photo and its wait in days or degree-days."""
    files = {"photo": ("a.jpg", picture_bytes(), "image/jpeg")}
    assert (await client.post("/producer/inputs/new", data=SPRAY, files=files)).status_code == 303
    assert (await client.post("/producer/inputs/new", data=DRUG)).status_code == 303
    page = (await client.get("/producer/inputs")).text
    assert "Chè: cách ly 7 ngày" in page and "Cá hồi: ngừng thuốc 400 độ-ngày" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days": ""}, "Thuốc phải có thời gian cách ly"),
        ({"degree_days": "10"}, "không ghi cả hai"),
        ({"crop": ""}, "cho chè hay cho cá nào"),
        ({"days": "bảy"}, "một số nguyên"),
    ],
)
async def test_input_form_keeps_what_was_typed(client, coop, changes, words):
    """Each mistake has its words, and the name stays."""
    answer = await client.post("/producer/inputs/new", data=SPRAY | changes)
    assert answer.status_code == 422
    assert words in answer.text and "Neem 10EC" in answer.text


async def test_inputs_of_another_producer_are_not_shown(client, coop, log_in_as):
    """What one producer added is its own; a packer adds none."""
    await client.post("/producer/inputs/new", data=SPRAY)
    other = await log_in_as(None, "manager")
    assert "Neem 10EC" not in (await other.get("/producer/inputs")).text
    packer = await log_in_as(coop.producer_id, "packer")
    assert (await packer.post("/producer/inputs/new", data=SPRAY)).status_code == 403
