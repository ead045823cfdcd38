"""The booklet over HTTP: pages and sheets, for whom, of what, in which words."""

import io
import re
import zipfile
from datetime import date
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pypdfium2
import pytest

from producers.diaries import booklet
from producers.diaries.models import EntryKind
from producers.farms import service as farms
from tests.factories.people import log_in
from tests.factories.producers import make_certificate, make_entry, make_input, make_interval, make_site
from tests.factories.seasons import make_season

PDF, XLSX = "/producer/diary/export.pdf", "/producer/diary/export.xlsx"
SPRAYED = {
    "dose_tenths": 15,
    "dose_unit": "ml_per_litre",
    "water_l": 40,
    "pest": "rầy xanh",
    "area_m2": 2_000,
}
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def pages(content):
    """The text of each page."""
    document = pypdfium2.PdfDocument(content)
    found = []
    for page in document:
        text = page.get_textpage()
        found.append(re.sub(r"\s+", " ", text.get_text_range().replace("\u200b", "")))
        text.close()
        page.close()
    document.close()
    return found


def sheets(content):
    """Sheets by name: lists of rows of (value, is it a string)."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        shared = [
            "".join(part.text or "" for part in one.iter(f"{_MAIN}t"))
            for one in ET.fromstring(book.read("xl/sharedStrings.xml"))
        ]
        names = [one.get("name") for one in ET.fromstring(book.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")]
        found = {}
        for number, name in enumerate(names, start=1):
            sheet = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            assert sheet.find(f".//{_MAIN}f") is None, "a formula"
            found[name] = [
                [
                    shared[int(cell.findtext(f"{_MAIN}v"))]
                    if cell.get("t") == "s"
                    else float(cell.findtext(f"{_MAIN}v"))
                    for cell in row
                    if cell.findtext(f"{_MAIN}v") is not None
                ]
                for row in sheet.iter(f"{_MAIN}row")
            ]
    return found


@pytest.fixture
async def sprayed(db, coop):
    """A spray, a pick with a note that looks like a formula, and a pick that was corrected."""
    async with db.transaction() as session:
        product = await make_input(session, active_ingredient="Abamectin 18 g/l")
        await make_interval(session, input_id=product.id)
        await make_certificate(session, producer_id=coop.producer_id)
        own = {"site_id": coop.plot_id, "person_id": coop.owner_id}
        spray = {"kind": EntryKind.SPRAY, "details": SPRAYED, "quantity_g": None, "input_id": product.id}
        await make_entry(session, **own, **spray)
        await make_entry(session, **own, note='=HYPERLINK("http://x")')
        wrong = await make_entry(session, **own, quantity_g=99_000)
        await make_entry(session, **own, quantity_g=9_900, corrects_id=wrong.id)
        stranger = await make_site(session, name="Đồi người lạ")
        await make_entry(session, site_id=stranger.id, note="của người khác")
    return coop


async def test_the_pages_hold_the_season(client, sprayed):
    """Cover, each place with its tables in order, what was used and corrected, page numbers; nothing of others."""
    answer = await client.get(PDF)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"].endswith('-20251113-20261112.pdf"')
    found = pages(answer.content)
    assert len(found) == 4
    for words in ("Sổ nhật ký sản xuất", "HTX Chè Tân Cương", "TCVN 11892-1", "TCVN 13528-1", "OCOP 4 sao", "15/QĐ-UBND",
                  "13/11/2025 đến 12/11/2026", "Trang 1 / 4", "In lúc 09:00 12/11/2026"):  # fmt: skip
        assert words in found[0], words
    order = ("Đồi sau nhà", "Bón phân", "Không có", "Phun thuốc bảo vệ thực vật", "Abamectin 18 g/l", "19/11/2026",
             "Chăm sóc khác", "Thu hái", "CHƯA: Abamectin 1.8EC", "S1", "21,9", "Chế biến, đóng gói")  # fmt: skip
    places = [found[1].find(words) for words in order]
    assert -1 not in places and places == sorted(places)
    assert "Mương 1" in found[2] and found[2].count("Không có") == 8
    assert "Vật tư đã dùng" in found[3] and "99 kg" in found[3] and "9,9 kg" in found[3]
    assert (
        "người"
        not in " ".join(found)
        .replace("người đánh giá", "")
        .replace("Người", "")
        .lower()
        .split("của ")[-1][:6]
    )
    assert "Đồi người lạ" not in " ".join(found)


async def test_the_sheets_are_typed(client, sprayed):
    """Days are days, figures are figures, and what begins like a formula is text; the order is the auditor's."""
    answer = await client.get(XLSX)
    assert answer.status_code == 200
    found = sheets(answer.content)
    assert list(found) == [
        "Bìa", "Các nơi", "Bón phân", "Phun thuốc bảo vệ thực vật", "Chăm sóc khác", "Thu hái", "Chế biến, đóng gói",
        "Thả giống", "Cho ăn", "Đo nước", "Trị bệnh", "Cá chết", "Phân cỡ", "Thu cá", "Chế biến, đóng gói 2",
        "Vật tư đã dùng", "Những lần sửa",
    ]  # fmt: skip
    heads, first, second = found["Thu hái"]
    assert heads[:4] == ["Nơi", "Ngày", "Khối lượng (kg)", "Loại hái"]
    assert first[:3] == ["Đồi sau nhà", 46338.0, 12.0] and first[-1] == '=HYPERLINK("http://x")'
    assert second[2] == 9.9 and second[-1] == "S1"
    assert found["Bón phân"][1] == ["Không có"]
    assert found["Các nơi"][1][:4] == ["Đồi sau nhà", "Lô vườn", "Chè", 2000.0]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        assert b'state="frozen"' in book.read("xl/worksheets/sheet6.xml")
    text = str(found)
    assert "Đồi người lạ" not in text and "của người khác" not in text


async def test_pages_and_sheets_have_one_hash(client, sprayed):
    """The digits on the paper are those of the workbook, in either language."""
    paper = pages((await client.get(PDF)).content)[0]
    english = pages((await client.get(f"{PDF}?lang=en")).content)[0]
    cover = dict(row for row in sheets((await client.get(XLSX)).content)["Bìa"] if len(row) == 2)
    assert cover["Mã kiểm tra dữ liệu"] in paper and cover["Mã kiểm tra dữ liệu"] in english


async def test_english_for_who_reads_english(client, sprayed):
    """Every word of ours is English then, with a line on how figures are written."""
    found = pages((await client.get(f"{PDF}?lang=en")).content)
    assert "Production diary" in found[0] and "Figures are written as in Viet Nam" in found[0]
    assert "Pesticide sprayed" in found[1] and "NO: Abamectin 1.8EC on 12/11/2026" in found[1]
    names = list(sheets((await client.get(f"{XLSX}?lang=en")).content))
    assert names[:4] == ["Cover", "Places", "Fertilising", "Pesticide sprayed"]


async def test_only_the_places_and_days_that_were_chosen(client, sprayed):
    """A chosen place comes alone; a time without work is a booklet that says so."""
    found = pages((await client.get(f"{PDF}?site={sprayed.raceway_id}")).content)
    assert "TCVN 11892-1" not in found[0] and "Đồi sau nhà" not in " ".join(found)
    empty = pages((await client.get(f"{PDF}?from=2026-01-01&to=2026-01-31")).content)
    assert "Số dòng nhật ký: 0" in empty[0] and empty[1].count("Không có") == 5


async def test_a_producer_without_places_gets_a_cover(db, client, coop, log_in_as):
    """Nothing to tell is no error, on paper or in sheets."""
    browser = await log_in_as(role="manager")
    found = pages((await browser.get(PDF)).content)
    assert len(found) == 2 and "Số vườn, ao, bể: 0" in found[0]
    assert list(sheets((await browser.get(XLSX)).content)) == [
        "Bìa",
        "Các nơi",
        "Vật tư đã dùng",
        "Những lần sửa",
    ]


async def test_the_form_leads_to_the_file(client, sprayed):
    """The page knows the last twelve months and every place; a right choice goes on to the file with the same words."""
    page = await client.get("/producer/diary/export")
    assert page.status_code == 200
    assert 'value="2025-11-13"' in page.text and 'value="2026-11-12"' in page.text
    assert "Đồi sau nhà" in page.text and "Đồi người lạ" not in page.text
    query = f"from=2026-01-01&to=2026-11-12&site={sprayed.plot_id}"
    for kind in ("pdf", "xlsx"):
        sent = await client.get(f"/producer/diary/export?{query}&as={kind}")
        assert sent.status_code == 303
        assert sent.headers["location"] == f"/producer/diary/export.{kind}?{query}"
    assert (await client.get("/producer/diary/export?as=doc")).status_code == 200
    assert "/producer/diary/export" in (await client.get("/producer/diary")).text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=hôm qua&to=2026-11-12", "Ngày này chưa đúng."),
        ("from=2026-11-12&to=2026-11-11", "Ngày cuối phải sau ngày đầu."),
        ("from=2021-01-01&to=2026-11-12", "Một cuốn sổ dài nhất năm năm."),
        ("site=00000000-0000-0000-0000-000000000000", "Bạn chọn một trong các ô có sẵn."),
        ("site=x", "Bạn chọn một trong các ô có sẵn."),
    ],
)
async def test_a_wrong_choice_goes_back_to_the_form(client, sprayed, query, words):
    """The file's address answers with the form, the words beside the field and nothing lost."""
    sent = await client.get(f"{PDF}?{quote(query, safe='=&')}")
    assert sent.status_code == 303
    page = await client.get(sent.headers["location"])
    assert page.status_code == 422 and words in page.text
    day = re.search(r"from=([^&]+)", query)
    assert day is None or f'value="{day[1]}"' in page.text


async def test_another_producers_place_is_not_exported(db, client, sprayed):
    """A place of somebody else is no choice, whatever the address says."""
    async with db.transaction() as session:
        stranger = await make_site(session)
    sent = await client.get(f"{PDF}?site={sprayed.plot_id}&site={stranger.id}")
    assert sent.status_code == 303


async def test_five_years_are_bounded(client, sprayed, monkeypatch):
    """Too many lines for one booklet are told with both figures, before anything is set."""
    monkeypatch.setattr(booklet, "MOST_ENTRIES", 3)
    page = await client.get("/producer/diary/export?from=2022-01-01&to=2026-11-12&as=pdf")
    assert page.status_code == 422
    assert "Khoảng này có 4 dòng nhật ký, một cuốn chỉ in được 3 dòng" in page.text


async def test_a_season_of_a_thousand_entries(db, client):
    """All of a thousand entries stand in the booklet, as rows or as changes; the long-worded ones stay in their cells."""
    async with db.transaction() as session:
        season = await make_season(session, until=date(2026, 11, 12))
        long = await make_entry(
            session, producer_id=season.producer_id, site_id=await _a_site(session, season), note="dài" * 300
        )
        await log_in(session, client, season.manager_id)
    found = pages((await client.get(PDF)).content)
    assert long.note not in found[0] and long.note in "".join(found).replace(" ", "")
    book = sheets((await client.get(XLSX)).content)
    skipped = {"Bìa", "Các nơi", "Vật tư đã dùng", "Những lần sửa"}
    rows = sum(len(lines) - 1 for name, lines in book.items() if name not in skipped)
    assert (
        rows + len(book["Những lần sửa"]) - 1 + sum("Bỏ dòng" in str(one) for one in book["Những lần sửa"])
        == season.count + 1
    )
    assert all(f"Trang {number} / {len(found)}" in text for number, text in enumerate(found, start=1))


async def _a_site(session, season):
    return (await farms.list_sites(session, season.producer_id))[0].id
