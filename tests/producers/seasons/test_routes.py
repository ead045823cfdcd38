"""The season's calendar, and what is due on the page of the day."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.core.clock import today
from producers.certificates.models import CertificateKind
from producers.diaries.models import EntryKind
from tests.factories.producers import NOW, make_certificate, make_entry, make_interval, make_site

CALENDAR = "/producer/diary/calendar"
DAY = timedelta(days=1)


def words_of(page):
    """What one reads on a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text.split("<main", 1)[1]).split())


@pytest.fixture
async def season(db, coop):
    """Leaf picked twice on a day, weeding that is late, a wait that ends today, a paper that ends soon; the spray."""
    async with db.transaction() as session:
        place = {"site_id": coop.plot_id, "person_id": coop.manager_id}
        for _time in range(2):
            await make_entry(session, **place, performed_at=NOW - 2 * DAY)
        await make_entry(
            session,
            **place,
            kind=EntryKind.WEED,
            quantity_g=None,
            details={"method": "hoe"},
            performed_at=NOW - 50 * DAY,
        )
        await make_certificate(
            session,
            producer_id=coop.producer_id,
            kind=CertificateKind.VIETGAP,
            stars=None,
            number="VG-7",
            valid_until=today(NOW) + 10 * DAY,
        )
        spray = {"dose_tenths": 15, "dose_unit": "ml_per_litre", "water_l": 30, "pest": "rầy", "area_m2": 500}
        return await make_entry(
            session,
            **place,
            kind=EntryKind.SPRAY,
            quantity_g=None,
            details=spray,
            input_id=(await make_interval(session)).input_id,
            performed_at=NOW - 7 * DAY,
        )


async def test_a_month_is_read_day_by_day(client, coop, season):
    """What was done with how often, what is due with where and when it was done last; the year stands below."""
    page = await client.get(CALENDAR)
    read = words_of(page)
    for words in (
        "Tháng 11/2026",
        "Hái chè 2 lần Đồi sau nhà",
        "Phun thuốc Đồi sau nhà",
        "Làm cỏ Đồi sau nhà · lần trước 23/09 Nên làm",
        "Hết cách ly Abamectin 1.8EC, được thu hoạch Đồi sau nhà",
        "Giấy VietGAP hết hạn ngày 22/11/2026 VG-7",
        "Cả năm 2026, mỗi việc mấy lần",
        "Hái chè – – – – – – – – – – 2 –",
        "Làm cỏ – – – – – – – – 1 – – –",
    ):
        assert words in read, words
    assert f'href="/producer/diary/new/weed?site={coop.plot_id}"' in page.text
    assert f'href="/producer/diary/{season.id}"' in page.text
    assert 'href="/producer/certificates"' in page.text


async def test_the_page_of_the_day_says_what_is_due(client, coop, season):
    """Late care, an ended wait and a paper near its end stand on the first page, with the way to the calendar."""
    page = await client.get("/producer/")
    read = words_of(page)
    for words in ("Việc nên làm hôm nay", "Làm cỏ", "Hết cách ly Abamectin 1.8EC", "Giấy VietGAP"):
        assert words in read, words
    assert f'href="{CALENDAR}"' in page.text
    await client.post(
        "/producer/diary/new/weed",
        data={
            "id": "01a21493-aaaa-73dd-8403-8b6917fffa0a",
            "site_id": str(coop.plot_id),
            "method": "hoe",
            "performed_on": "2026-11-12",
        },
    )
    assert f"/producer/diary/new/weed?site={coop.plot_id}" not in (await client.get("/producer/")).text


async def test_care_that_was_never_done_is_said_without_a_last_time(client, db, coop):
    """Fish were stocked, nobody measured the water yet: the line names the place alone."""
    async with db.transaction() as session:
        await make_entry(
            session,
            site_id=coop.raceway_id,
            kind=EntryKind.STOCK,
            quantity_g=None,
            details={"count": 100, "mean_weight_g": 20, "origin": "Sa Pa"},
            performed_at=NOW - DAY,
        )
    assert "Đo nước Mương 1 Nên làm" in words_of(await client.get(CALENDAR))


@pytest.mark.parametrize(
    ("month", "title", "earlier", "later"),
    [
        ("2026-10", "10/2026", "2026-09", "2026-11"),
        ("2026-12", "12/2026", "2026-11", "2027-01"),
        ("2027-01", "01/2027", "2026-12", "2027-02"),
        ("mai", "11/2026", "2026-10", "2026-12"),
        ("0001-01", "11/2026", "2026-10", "2026-12"),
        ("9999-12", "11/2026", "2026-10", "2026-12"),
    ],
)
async def test_one_turns_the_months_over(client, coop, month, title, earlier, later):
    """A month before and one after, across the year; what names no month is this one."""
    page = await client.get(CALENDAR, params={"month": month})
    assert f"Tháng {title}" in page.text
    for other in (earlier, later):
        assert f'href="{CALENDAR}?month={other}"' in page.text


async def test_one_place_is_looked_at_alone(client, db, coop, season):
    """The other places' work is left out and the place stays while turning over; another producer's place is none."""
    alone = await client.get(CALENDAR, params={"site": str(coop.raceway_id)})
    assert "Hái chè" not in words_of(alone)
    assert f'href="{CALENDAR}?month=2026-12&amp;site={coop.raceway_id}"' in alone.text
    async with db.transaction() as session:
        foreign = await make_site(session)
    for unknown in (str(foreign.id), "x"):
        every = await client.get(CALENDAR, params={"site": unknown})
        assert "Hái chè 2 lần" in words_of(every) and "&amp;site=" not in every.text


async def test_who_does_not_write_only_reads(client, coop, season, log_in_as):
    """A packer sees what is due without a way to write it; an empty month offers the diary to writers alone."""
    packer = await log_in_as(coop.producer_id, "packer")
    page = await packer.get(CALENDAR)
    assert "Làm cỏ Đồi sau nhà · lần trước 23/09" in words_of(page)
    assert "/producer/diary/new" not in page.text.split("<main", 1)[1].split("</main>")[0]
    for reader, is_offered in ((packer, False), (client, True)):
        empty = await reader.get(CALENDAR, params={"month": "2025-01"})
        assert "Tháng này chưa có gì" in empty.text
        assert (
            'href="/producer/diary/new"' in empty.text.split("<main", 1)[1].split("</main>")[0]
        ) == is_offered
