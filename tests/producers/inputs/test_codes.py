"""The code on a pack, and what else its label says."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from app.core.ids import uuid7
from app.core.quantity import format_scaled
from producers.inputs import service
from producers.inputs.errors import InputNotFoundError, UnitMisfitError
from producers.inputs.models import InputKind, LimitUnit
from producers.inputs.schemas import Label, NewInput, read_code
from producers.inputs.words import UNIT_WORDS, say_limit, show_code
from tests.factories.people import picture_bytes
from tests.factories.producers import NOW, make_input, make_interval, make_photo, make_producer

EAN = "4006381333931"
WHOLE = "04006381333931"
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        (EAN, WHOLE),
        ("4 006381 333931", WHOLE),
        ("400-6381-333931", WHOLE),
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        (WHOLE, WHOLE),
        ("4006381333932", None),
        ("4006381339331", None),
        ("400638133393", None),
        ("1234567", None),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", None),
        ("bột", None),
        ("", None),
    ],
)
def test_a_code_is_read_with_its_check_digit(typed, whole):
    """Eight, twelve, thirteen or fourteen digits; a wrong or swapped digit is found, and 14 are kept."""
    assert read_code(typed) == whole


def test_one_wrong_digit_is_always_found():
    """Whatever digit of a pack's code is mistyped, it is no code."""
    for place in range(len(EAN)):
        for digit in set("0123456789") - {EAN[place]}:
            assert read_code(EAN[:place] + digit + EAN[place + 1 :]) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pack_code": "4006381333932"}, "Mã này chưa đúng"),
        ({"max_dose_tenths": "nhiều", "max_dose_unit": "ml_per_litre"}, "Bạn gõ liều như trên nhãn"),
        ({"max_dose_tenths": "0", "max_dose_unit": "ml_per_litre"}, "Liều này chưa đúng"),
        ({"max_dose_tenths": "100001", "max_dose_unit": "ml_per_litre"}, "Liều này chưa đúng"),
        ({"max_dose_tenths": "1,5"}, "cả con số và cách tính"),
        ({"max_dose_unit": "ml_per_litre"}, "cả con số và cách tính"),
        ({"max_uses": "0"}, "max_uses"),
    ],
)
def test_a_label_is_read_as_it_is_printed(changes, words):
    """A dose needs its unit and lies above nothing; each mistake has its words."""
    with pytest.raises(ValidationError, match=words):
        Label.model_validate(changes)


def test_a_dose_is_kept_in_tenths():
    """One and a half millilitres are fifteen tenths, typed or already read."""
    for dose in ("1,5", 15):
        label = Label.model_validate({"max_dose_tenths": dose, "max_dose_unit": "ml_per_litre"})
        assert (label.max_dose_tenths, label.max_dose_unit) == (15, LimitUnit.ML_PER_LITRE)


async def test_the_limit_and_the_code_are_said_as_printed(session):
    """The label's largest dose with its unit, the code with thirteen digits; what is unknown is not said."""
    product = await make_input(
        session, pack_code=WHOLE, max_dose_tenths=15, max_dose_unit=LimitUnit.ML_PER_LITRE
    )
    limit = say_limit(product)
    assert limit.params == {"dose": format_scaled(15, 1), "unit": UNIT_WORDS[LimitUnit.ML_PER_LITRE]}
    assert show_code(product) == EAN
    bare = await make_input(session)
    assert say_limit(bare) is None and show_code(bare) == ""
    assert set(UNIT_WORDS) == set(LimitUnit)
    for units in service.LIMIT_UNITS.values():
        assert set(units) <= set(LimitUnit)


async def test_a_code_finds_ones_own_product_before_the_houses(session):
    """Of several the own one kept last, else the house's; another producer's, or a misread code, finds nothing."""
    own, other = await make_producer(session), await make_producer(session)

    async def keep(producer, ago):
        producer_id = producer.id if producer else None
        return await make_input(session, producer_id=producer_id, pack_code=WHOLE, created_at=NOW - ago * DAY)

    async def found(producer, code=EAN):
        return await service.find_by_code(session, producer_id=producer.id, code=code)

    assert await found(own) is None
    await keep(other, 0)
    assert await found(own) is None
    house = await keep(None, 0)
    assert await found(own) is house
    latest = await keep(own, 1)
    await keep(own, 2)
    assert await found(own) is latest
    assert await found(own, "4006381333932") is None and await found(own, "96385074") is None


async def test_the_label_of_ones_own_product_is_completed(session):
    """What was read later takes its place; the photo stays without a new one; the house's and others' are not there."""
    own, other = await make_producer(session), await make_producer(session)
    first, second = await make_photo(session), await make_photo(session)
    product = await make_input(session, producer_id=own.id, photo_id=first.id, max_uses=3)
    label = Label(pack_code=EAN, max_dose_tenths=15, max_dose_unit=LimitUnit.G_PER_HA)

    async def complete(input_id=product.id, producer=own, **given):
        fields = {"input_id": input_id, "producer_id": producer.id, "label": label}
        return await service.complete_input(session, **fields | given)

    kept = await complete()
    assert (kept.pack_code, kept.max_dose_tenths, kept.max_dose_unit) == (WHOLE, 15, LimitUnit.G_PER_HA)
    assert (kept.max_uses, kept.photo_id) == (None, first.id)
    assert (await complete(photo_id=second.id)).photo_id == second.id
    with pytest.raises(UnitMisfitError):
        await complete(label=Label(max_dose_tenths=1, max_dose_unit=LimitUnit.G_PER_M3))
    house = await make_input(session)
    for strange in ({"producer": other}, {"input_id": house.id}, {"input_id": uuid7()}):
        with pytest.raises(InputNotFoundError):
            await complete(**strange)


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        (InputKind.PESTICIDE, LimitUnit.G_PER_KG_FEED),
        (InputKind.DRUG, LimitUnit.ML_PER_HA),
        (InputKind.FERTILISER, LimitUnit.ML_PER_LITRE),
        (InputKind.FEED, LimitUnit.G_PER_KG_FEED),
    ],
)
async def test_a_limit_is_of_the_products_own_sort(session, kind, unit):
    """Nobody doses a pesticide by the kilo of feed; feed and fertiliser have no such limit."""
    product = NewInput(kind=kind, name="Thử", crop="tea", days=1, max_dose_tenths=1, max_dose_unit=unit)
    with pytest.raises(UnitMisfitError):
        await service.create_input(session, producer_id=None, product=product, now=NOW)


async def find(client, **asked):
    """Look for a code; answers where one is led, as path and query."""
    answer = await client.get("/producer/inputs/find", params=asked)
    assert answer.status_code == 303
    led = urlsplit(answer.headers["location"])
    return led.path, {name: values[0] for name, values in parse_qs(led.query).items()}


async def test_a_known_code_leads_on_to_the_work(client, db, coop):
    """The form opens with the product chosen and the place kept; without a work the list opens."""
    async with db.transaction() as session:
        product = await make_input(session, pack_code=WHOLE)
    way = {"work": "spray", "site": str(coop.plot_id)}
    path, query = await find(client, code=f" {EAN} ", **way)
    assert (path, query) == (
        "/producer/diary/new/spray", {"site": str(coop.plot_id), "input": str(product.id)},
    )  # fmt: skip
    form = (await client.get(path, params=query)).text
    [box] = [part for part in form.split("<input") if f'value="{product.id}"' in part]
    assert "checked" in box.split(">")[0]
    assert await find(client, code=EAN) == ("/producer/inputs", {})
    for nonsense in ("../x", "a b"):
        assert await find(client, code=EAN, work=nonsense) == ("/producer/inputs", {})


async def test_an_unknown_code_leads_to_a_new_product_and_on(client, coop):
    """The new product's form holds the code and the way; saved, it is chosen in the work's form."""
    path, query = await find(client, code=EAN, work="spray", site=str(coop.plot_id))
    assert (path, query) == (
        "/producer/inputs/new", {"code": EAN, "work": "spray", "site": str(coop.plot_id)},
    )  # fmt: skip
    form = (await client.get(path, params=query)).text
    assert f'value="{EAN}"' in form and "<details open" in form
    assert 'name="work" value="spray"' in form and f'name="site" value="{coop.plot_id}"' in form
    typed = {"kind": "pesticide", "name": "Neem 10EC", "crop": "tea", "days": "7", "pack_code": EAN}
    made = await client.post(
        "/producer/inputs/new", data=typed | {"work": "spray", "site": str(coop.plot_id)}
    )
    assert made.headers["location"].startswith(f"/producer/diary/new/spray?site={coop.plot_id}&input=")
    assert (await find(client, code=EAN, work="spray"))[0] == "/producer/diary/new/spray"


async def test_a_code_is_cut_and_an_empty_one_is_unknown(client, coop):
    """What somebody pastes is held to forty characters; nothing typed leads to an empty form."""
    assert await find(client, code="9" * 90) == ("/producer/inputs/new", {"code": "9" * 40})
    assert await find(client) == ("/producer/inputs/new", {})
    assert (await client.get("/producer/inputs/new")).status_code == 200


async def test_a_dose_that_is_not_of_this_sort_is_said_beside_it(client, coop):
    """Feed for fish dosed by the litre: refused in words, and what was typed stays."""
    typed = {"kind": "feed", "name": "Cám nổi", "max_dose_tenths": "1,5", "max_dose_unit": "ml_per_litre"}
    answer = await client.post("/producer/inputs/new", data=typed)
    assert answer.status_code == 422 and "Cách tính liều này không dùng" in answer.text
    assert 'value="Cám nổi"' in answer.text and 'value="1,5"' in answer.text


@pytest.fixture
async def product(db, coop):
    """A pesticide of the cooperative's own, with its wait."""
    async with db.transaction() as session:
        made = await make_input(session, producer_id=coop.producer_id, name="Neem 10EC")
        await make_interval(session, input_id=made.id)
    return made


LABEL = {"pack_code": EAN, "max_dose_tenths": "1,5", "max_dose_unit": "ml_per_litre", "max_uses": "2"}


async def test_a_label_is_written_down_later(client, db, coop, product):
    """Code, dose, uses and photo are kept, shown again in the form, and said in the list."""
    path = f"/producer/inputs/{product.id}"
    empty = (await client.get(path)).text
    assert "Ghi đủ theo nhãn" in empty and "g cho 1 m³ nước" not in empty
    answer = await client.post(path, data=LABEL, files=[("photo", ("nhãn.jpg", picture_bytes()))])
    assert answer.headers["location"] == "/producer/inputs"
    form = (await client.get(path)).text
    for value in (EAN, "1,5", "2"):
        assert f'value="{value}"' in form, value
    assert "/640.webp" in form
    page = (await client.get("/producer/inputs")).text
    assert "nhiều nhất 1,5 ml cho 1 lít nước" in page and f'href="{path}"' in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pack_code": "4006381333932"}, "Mã này chưa đúng"),
        ({"max_dose_unit": ""}, "cả con số và cách tính"),
        ({"max_dose_unit": "g_per_m3"}, "Cách tính liều này không dùng"),
        ({"max_uses": "hai"}, "một số nguyên"),
    ],
)
async def test_a_label_with_a_mistake_keeps_what_was_typed(client, db, product, changes, words):
    """What is wrong is said, figures and photo stay, and nothing is kept."""
    files = [("photo", ("nhãn.jpg", picture_bytes()))]
    answer = await client.post(f"/producer/inputs/{product.id}", data=LABEL | changes, files=files)
    assert answer.status_code == 422
    for kept in (words, 'value="1,5"', 'name="kept_photo"'):
        assert kept in answer.text, kept
    async with db.transaction() as session:
        [stands] = (await service.get_inputs(session, [product.id])).values()
    assert (stands.pack_code, stands.max_uses, stands.photo_id) == (None, None, None)


async def test_a_photo_that_is_none_is_refused_with_the_label(client, product):
    """A text is no photo; the figures stay."""
    files = [("photo", ("a.txt", b"text", "text/plain"))]
    answer = await client.post(f"/producer/inputs/{product.id}", data=LABEL, files=files)
    assert answer.status_code == 422 and "không phải ảnh" in answer.text and f'value="{EAN}"' in answer.text


async def test_only_ones_own_label_is_completed(client, db, coop, product, log_in_as):
    """The house's products open no form, another producer's are not there, and a packer changes none."""
    async with db.transaction() as session:
        house = await make_input(session, name="Của chợ")
    assert (await client.get(f"/producer/inputs/{house.id}")).status_code == 404
    assert f"/producer/inputs/{house.id}" not in (await client.get("/producer/inputs")).text
    stranger = await log_in_as(None, "manager")
    assert (await stranger.post(f"/producer/inputs/{product.id}", data=LABEL)).status_code == 404
    packer = await log_in_as(coop.producer_id, "packer")
    assert (await packer.get(f"/producer/inputs/{product.id}")).status_code == 403
    assert f"/producer/inputs/{product.id}" not in (await packer.get("/producer/inputs")).text


async def test_completing_a_label_loses_nothing_that_was_typed_before(client, db, coop):
    """A fertiliser's uses a season, typed when it was new, stand in its label's form too and stay."""
    new = {"kind": "fertiliser", "name": "NPK 16-16-8", "max_uses": "3"}
    assert (await client.post("/producer/inputs/new", data=new)).status_code == 303
    async with db.transaction() as session:
        [product] = await service.list_inputs(session, producer_id=coop.producer_id)
    form = (await client.get(f"/producer/inputs/{product.id}")).text
    assert 'name="max_uses"' in form and 'value="3"' in form and 'name="max_dose_tenths"' not in form
