"""The same work again over HTTP, a product chosen beforehand, and what looked wrong, as somebody sees it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.core.clock import today
from app.core.ids import uuid7
from producers.diaries import service
from producers.diaries.cautions import CAUTION_WORDS, Caution
from producers.diaries.choices import Weeding
from producers.diaries.desk import MOST_PICTURES
from producers.diaries.models import EntryKind
from producers.diaries.words import WEEDING_WORDS
from producers.farms.models import Crop
from producers.inputs.models import InputKind, LimitUnit
from tests.factories.outbox import make_phone
from tests.factories.people import sound_bytes
from tests.factories.producers import NOW, make_entry, make_input, make_photo, make_site

DAY = timedelta(days=1)
HOE = {"kind": EntryKind.WEED, "quantity_g": None, "details": {"method": "hoe"}}


async def entries(db, producer_id):
    """What holds in the diary, the newest first."""
    async with db.transaction() as session:
        return await service.list_latest(session, producer_id=producer_id, limit=99)


def box(page, name, value):
    """The choice of a form that stands for a value, as written."""
    return re.search(rf'<input[^>]*name="{name}"[^>]*value="{value}"[^>]*>', page)[0]


@pytest.fixture
async def weeded(db, coop):
    """Weeding of yesterday by the manager."""
    async with db.transaction() as session:
        return await make_entry(
            session,
            site_id=coop.plot_id,
            person_id=coop.manager_id,
            note="cỏ cao",
            performed_at=NOW - DAY,
            **HOE,
        )


async def test_what_one_tap_writes_is_named_by_its_work(client, coop, weeded):
    """While it waits on the phone it stands there as the work and its place, not as the page that it was tapped on."""
    for path in ("/producer/", f"/producer/diary/new?site={coop.plot_id}"):
        page = (await client.get(path)).text
        title = re.search(rf'action="/producer/diary/{weeded.id}/repeat"[^>]*data-title="([^"]*)"', page)[1]
        said, place = title.split(" · ")
        assert said.startswith("Làm cỏ") and f"<strong>{said}" in page and place in page


async def test_one_tap_on_the_page_writes_the_work_of_yesterday(client, db, coop, weeded):
    """The button of the day's page writes it for today, without the note; a second tap is the same entry."""
    for path in ("/producer/", f"/producer/diary/new?site={coop.plot_id}"):
        assert "Ghi lại y như vậy" in (await client.get(path)).text
    page = (await client.get("/producer/")).text
    action = f"/producer/diary/{weeded.id}/repeat"
    form = page.split(f'action="{action}"')[1].split("</form>")[0]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert sent["performed_on"] == "2026-11-12" and "data-offline" in form.split(">")[0]
    answers = [await client.post(action, data=sent) for _tap in range(2)]
    assert {answer.headers["location"] for answer in answers} == {f"/producer/diary/{sent['id']}?saved=1"}
    made, first = await entries(db, coop.producer_id)
    assert (first.id, str(made.id), made.performed_at, made.note) == (weeded.id, sent["id"], NOW, "")
    assert made.details == {"method": "hoe"}
    assert (
        f"Làm cỏ, {WEEDING_WORDS[Weeding.HOE].msgid}"
        in (await client.get(answers[0].headers["location"])).text
    )


async def test_one_tap_without_signal_is_written_once(db, client):
    """The phone sends the tap later and perhaps twice: heard both times, one entry of the day it was tapped on."""
    async with db.transaction() as session:
        phone = await make_phone(session, client)
        first = await make_entry(
            session, site_id=phone.site_id, person_id=phone.owner, performed_at=NOW - 3 * DAY, **HOE
        )
    tap = phone.write(f"/producer/diary/{first.id}/repeat")
    tap["fields"] = [["id", tap["id"]], ["performed_on", "2026-11-11"]]
    tap["captured_at"] = (NOW - DAY).isoformat()
    results = [(await phone.send(tap))[0] for _time in range(2)]
    assert [one["state"] for one in results] == ["stored", "stored"]
    made, original = await entries(db, phone.producer_id)
    assert (str(made.id), original.id, made.person_id) == (tap["id"], first.id, phone.owner)
    assert today(made.performed_at) == today(NOW - DAY)


async def test_a_tap_that_lost_its_day_stays_on_the_phone(db, client):
    """What comes by the outbox without a day is refused in words: "stored" would lose it."""
    async with db.transaction() as session:
        phone = await make_phone(session, client)
        first = await make_entry(session, site_id=phone.site_id, person_id=phone.owner, **HOE)
    tap = phone.write(f"/producer/diary/{first.id}/repeat")
    tap["fields"] = [["id", tap["id"]]]
    [result] = await phone.send(tap)
    assert result["state"] == "refused" and result["message"]
    assert len(await entries(db, phone.producer_id)) == 1


async def test_a_tap_without_its_day_asks_for_the_form(client, db, coop, weeded):
    """A form that names no id or no day writes nothing: it opens the form, filled in as it was."""
    for typed in ({}, {"id": str(uuid7())}, {"id": "x", "performed_on": "2026-11-12"}):
        answer = await client.post(f"/producer/diary/{weeded.id}/repeat", data=typed)
        assert answer.headers["location"] == f"/producer/diary/new/weed?like={weeded.id}"
    assert len(await entries(db, coop.producer_id)) == 1


async def test_what_cannot_be_repeated_says_so(client, db, coop, weeded, log_in_as):
    """Leaf is weighed anew, a day to come is no record, and another's diary is not there."""
    async with db.transaction() as session:
        picked = await make_entry(session, site_id=coop.plot_id)
    sent = {"id": str(uuid7()), "performed_on": "2026-11-12"}
    refused = await client.post(f"/producer/diary/{picked.id}/repeat", data=sent)
    assert refused.status_code == 422 and "Việc này mỗi lần một khác" in refused.text
    ahead = await client.post(
        f"/producer/diary/{weeded.id}/repeat", data=sent | {"performed_on": "2026-11-15"}
    )
    assert ahead.status_code == 422 and "Ngày này chưa tới" in ahead.text
    stranger = await log_in_as(None, "manager")
    assert (await stranger.post(f"/producer/diary/{weeded.id}/repeat", data=sent)).status_code == 404
    packer = await log_in_as(coop.producer_id, "packer")
    assert (await packer.post(f"/producer/diary/{weeded.id}/repeat", data=sent)).status_code == 403
    assert len(await entries(db, coop.producer_id)) == 2


async def test_weighed_work_is_offered_as_a_form_like_it(client, db, coop):
    """The page of the day leads to the form: place and standard stand there, the weight is asked anew, today's day."""
    async with db.transaction() as session:
        picked = await make_entry(
            session,
            site_id=coop.plot_id,
            person_id=coop.manager_id,
            details={"standard": "two_leaves", "buyer": "HTX", "lot_mark": "M1"},
            note="sương",
            performed_at=NOW - DAY,
        )
    path = f"/producer/diary/new/pick?like={picked.id}"
    assert f'href="{path}"' in (await client.get("/producer/")).text
    form = (await client.get(path)).text
    assert "checked" in box(form, "standard", "two_leaves") and 'value="HTX"' in form
    assert 'value="2026-11-12"' in form
    for anew in ("12 kg", 'value="M1"', "sương", str(picked.id)):
        assert anew not in form.split("<form", 1)[1], anew


async def test_a_form_is_like_an_own_entry_of_its_kind_alone(client, db, coop, weeded):
    """Another kind, another producer's entry, an unknown or unreadable one: the form is as without it."""
    async with db.transaction() as session:
        foreign = await make_entry(session, **HOE | {"details": {"method": "cutter"}})
    for like in (foreign.id, uuid7(), "x"):
        form = (await client.get(f"/producer/diary/new/weed?like={like}")).text
        assert "checked" not in box(form, "method", "cutter")
    other = await client.get(f"/producer/diary/new/prune?like={weeded.id}")
    assert other.status_code == 200 and "checked" not in box(other.text, "style", "light")


async def test_a_product_is_chosen_before_the_form_opens(client, db, coop):
    """`input` chooses it where this work may use it; a product of another sort, or none, chooses nothing."""
    async with db.transaction() as session:
        spray = await make_input(session, name="Neem 10EC")
        feed = await make_input(session, kind=InputKind.FEED)
    form = (await client.get(f"/producer/diary/new/spray?input={spray.id}")).text
    assert "checked" in box(form, "input_id", spray.id)
    for other in (feed.id, uuid7(), "x"):
        form = (await client.get(f"/producer/diary/new/spray?input={other}")).text
        assert "checked" not in box(form, "input_id", spray.id)


async def test_a_few_products_are_pictures_and_many_a_list(client, db, coop):
    """Eight are chosen by their photos, with the label's limit beside the name; of nine one is found in a list."""
    async with db.transaction() as session:
        photo = await make_photo(session)
        await make_input(
            session,
            name="Neem 10EC",
            photo_id=photo.id,
            max_dose_tenths=15,
            max_dose_unit=LimitUnit.ML_PER_LITRE,
        )
        for _one in range(MOST_PICTURES - 1):
            await make_input(session)
    form = (await client.get("/producer/diary/new/spray")).text
    assert f"/media/{photo.id}/320.webp" in form
    assert "Neem 10EC, nhiều nhất 1,5 ml cho 1 lít nước" in form
    async with db.transaction() as session:
        last = await make_input(session)
        feed = await make_input(session, kind=InputKind.FEED)
    other = (await client.get(f"/producer/diary/new/spray?input={feed.id}")).text
    assert "không dùng cho việc này" in other
    listed = (await client.get(f"/producer/diary/new/spray?input={last.id}")).text
    assert "không dùng cho việc này" not in listed
    assert '<select id="input_id"' in listed or 'name="input_id"' in listed.split("<select", 1)[1]
    assert re.search(rf'<option value="{last.id}"[^>]*selected', listed)


async def test_work_of_another_crop_opens_no_form(client, coop):
    """Nobody sprays a raceway: the address is refused in words."""
    answer = await client.get(f"/producer/diary/new/spray?site={coop.raceway_id}")
    assert answer.status_code == 422 and "Việc này không làm ở lô vườn hay ao đã chọn" in answer.text


async def test_doubtful_figures_are_written_and_said_at_once(client, db, coop):
    """Dose, area, water and uses beyond the label: saved as typed, each doubt in words, and marked in the list."""
    async with db.transaction() as session:
        product = await make_input(
            session, max_dose_tenths=10, max_dose_unit=LimitUnit.ML_PER_LITRE, max_uses=0
        )
    form = {
        "id": str(uuid7()),
        "site_id": str(coop.plot_id),
        "input_id": str(product.id),
        "dose_tenths": "1,5",
        "dose_unit": "ml_per_litre",
        "water_l": "5",
        "pest": "rầy xanh",
        "area_m2": "2.500",
        "performed_on": "2026-11-12",
    }
    saved = await client.post("/producer/diary/new/spray", data=form)
    page = (await client.get(saved.headers["location"])).text
    assert "Đã ghi vào nhật ký." in page and "Có chỗ nên xem lại" in page
    said = {one for one, words in CAUTION_WORDS.items() if words.msgid in page}
    assert said == {
        Caution.DOSE_OVER_LABEL,
        Caution.AREA_OVER_SITE,
        Caution.WATER_TOO_LITTLE,
        Caution.USED_TOO_OFTEN,
    }
    [entry] = await entries(db, coop.producer_id)
    assert set(entry.warnings) == {one.value for one in said}
    mended = form | {"id": str(uuid7()), "dose_tenths": "1", "water_l": "30", "area_m2": "500"}
    again = await client.post(f"/producer/diary/{entry.id}/correct", data=mended)
    page = (await client.get(again.headers["location"])).text
    assert CAUTION_WORDS[Caution.DOSE_OVER_LABEL].msgid not in page


async def test_more_than_the_pond_holds_is_said(client, db, coop):
    """Water treated beyond the raceway's own: written, and said; the folded figures stand below with their units."""
    async with db.transaction() as session:
        drug = await make_input(session, kind=InputKind.DRUG, name="Florfenicol")
    form = {
        "id": str(uuid7()),
        "site_id": str(coop.raceway_id),
        "input_id": str(drug.id),
        "dose_tenths": "2",
        "dose_unit": "g_per_m3",
        "reason": "nấm mang",
        "treatment_days": "5",
        "withdrawal_days": "10",
        "prescriber": "BS Lan, 12",
        "volume_m3": "121",
        "performed_on": "2026-11-12",
    }
    saved = await client.post("/producer/diary/new/treat", data=form)
    page = (await client.get(saved.headers["location"])).text
    for words in (
        CAUTION_WORDS[Caution.VOLUME_OVER_SITE].msgid,
        "Trị bệnh bằng Florfenicol 5 ngày: nấm mang",
        "Không thu hoạch trước ngày 26/11/2026.",
        "121 m³",
        "BS Lan, 12",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"clarity_cm": "40"}, "Đo nước: nhìn sâu 40 cm"),
        ({"temperature_tenths": "14,5", "clarity_cm": "40"}, "Đo nước: 14,5 °C, nhìn sâu 40 cm"),
        ({"nitrite_hundredths": "0,05", "ph_hundredths": "7,2"}, "Đo nước: pH 7,2, NO₂ 0,05 mg/l"),
    ],
)
async def test_measured_water_is_said_with_what_was_measured(client, coop, typed, words):
    """Each figure with its unit, how deep one sees at the end; what was not measured is not said."""
    form = {"id": str(uuid7()), "site_id": str(coop.raceway_id), "performed_on": "2026-11-12"} | typed
    saved = await client.post("/producer/diary/new/water", data=form)
    assert words in (await client.get(saved.headers["location"])).text


async def test_folded_answers_are_shown_in_words(client, coop):
    """What was chosen and written beyond the essentials stands on the entry's page as one would say it."""
    form = {
        "id": str(uuid7()),
        "site_id": str(coop.raceway_id),
        "count": "3",
        "cause": "thiếu ô-xy",
        "disposal": "buried_lime",
        "performed_on": "2026-11-12",
    }
    saved = await client.post("/producer/diary/new/mortality", data=form)
    page = (await client.get(saved.headers["location"])).text
    assert "Cá chết đưa đi đâu" in page and "buried_lime" not in page and "vôi" in page


async def test_the_last_of_each_kind_on_the_place_is_offered(client, db, coop, weeded):
    """Where one chooses the work, what was done on another place, or more than three weeks ago, is not offered."""
    async with db.transaction() as session:
        other = await make_site(session, farm_id=coop.farm_id, name="Ao xa", crop=Crop.SALMON)
        given = {"person_id": coop.manager_id}
        await make_entry(session, site_id=other.id, performed_at=NOW, **given, **HOE)
        await make_entry(
            session,
            site_id=coop.plot_id,
            kind=EntryKind.PRUNE,
            quantity_g=None,
            details={"style": "light"},
            performed_at=NOW - 22 * DAY,
            **given,
        )
    page = (await client.get(f"/producer/diary/new?site={coop.plot_id}")).text
    assert page.count("Ghi lại y như vậy") == 1 and f"/producer/diary/{weeded.id}/repeat" in page
    assert "?like=" not in page


async def test_a_phone_with_a_wrong_calendar_writes_the_right_day(db, client):
    """A phone three days behind means its today: the entry is of our today, written down when its clock, corrected, says."""
    async with db.transaction() as session:
        phone = await make_phone(session, client)
    behind = NOW - 3 * DAY
    record = phone.write(fields={"performed_on": "2026-11-09"}, captured_at=behind.isoformat())
    [result] = await phone.send(record, sent_at=behind)
    assert result["state"] == "stored"
    [entry] = await entries(db, phone.producer_id)
    assert (today(entry.performed_at), entry.recorded_at) == (today(NOW), NOW)
    assert (entry.device_id, entry.sequence) == (phone.device, record["sequence"])


async def test_a_note_is_said_by_its_beginning(client, coop):
    """Words stand in the list as far as they fit; a note that was only spoken is a note, one that says nothing is none."""
    sent = {"site_id": str(coop.plot_id), "performed_on": "2026-11-12"}
    spoken = [("voice", ("v.webm", sound_bytes(), "audio/webm"))]
    for note, files in (("", spoken), ("Sương muối " * 20, [])):
        form = sent | {"id": str(uuid7()), "note": note}
        assert (await client.post("/producer/diary/new/note", data=form, files=files)).status_code == 303
    empty = await client.post("/producer/diary/new/note", data=sent | {"id": str(uuid7()), "note": ""})
    assert empty.status_code == 422 and "viết vài chữ, nói vài câu" in empty.text
    page = (await client.get("/producer/diary")).text
    assert "Ghi chú: Sương muối" in page and "Sương muối …" in page and ">Ghi chú<" in page
