"""The product passport: what the rules ask for, in words and as JSON-LD; what is missing is said."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import delete

from app.core.db import Database
from producers.diaries.models import EntryKind
from producers.farms.models import Crop
from producers.listings.models import ListingPhoto, PricedBy
from tests.factories import producers as grown
from tests.factories import traceability as made
from traceability.labels import service as labels
from traceability.labels.models import SerialState
from traceability.labels.sheet import say_weight
from traceability.lots.models import LotSource, LotState
from traceability.resolver.passport import MOST_STAGES

NOW = made.NOW
LD = {"Accept": "application/ld+json"}


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/ld+json", "application/ld+json"),
        ("application/ld+json;q=0.9, text/html;q=0.5", "application/ld+json"),
        ("application/ld+json, application/linkset+json;q=0.5", "application/ld+json"),
        ("application/ld+json;q=0.4, application/linkset+json", "application/linkset+json"),
        ("application/ld+json;q=0.5, text/html", "text/html; charset=utf-8"),
        ("text/html, application/ld+json", "text/html; charset=utf-8"),
    ],
)
async def test_passport_is_answered_by_weight(
    client: httpx.AsyncClient, db: Database, accept: str, media: str
) -> None:
    """`Accept: application/ld+json` gets the passport on the Digital Link itself when it weighs most."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
    answer = await client.get(f"/01/{lot.gtin}/10/{lot.code}", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Accept" in answer.headers["Vary"]


async def test_of_a_piece_for_the_scale_no_one_weight_is_told(
    client: httpx.AsyncClient, db: Database
) -> None:
    """A fish of 1,8 to 2,2 kg: story, passport and label say the range, and the passport's JSON no single weight."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        shop.variant.priced_by, shop.variant.least_g = PricedBy.GRAM, 1_800
        shop.variant.most_g = shop.variant.net_weight_g = 2_200
        lot = await made.make_lot(session, shop)
        face = await labels.describe_face(session, lot)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    assert "gs1:netContent" not in (await client.get(path, headers=LD)).json()
    for address in (path, f"/passport/{lot.gtin}/{lot.code}"):
        page = (await client.get(address, headers={"Accept": "text/html"})).text
        assert "1,8 kg – 2,2 kg" in " ".join(page.split()), address
    assert say_weight(face).split() == ["1,8", "kg", "–", "2,2", "kg"]


async def test_passport_holds_what_the_decree_asks(client: httpx.AsyncClient, db: Database) -> None:
    """Decree 37/2026 art. 32: product, producer with address and code, place, way, papers, dates, storage."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        shop.producer.address_line = "Số 12, xóm Hồng Thái"
        shop.site.planting_area_code = "VN-TNOR-0042"
        photo = await grown.make_photo(session)
        session.add(ListingPhoto(listing_id=shop.listing.id, photo_id=photo.id, position=0, created_at=NOW))
        await grown.make_certificate(session, producer_id=shop.producer.id)
        for kind, days in ((EntryKind.PRUNE, 60), (EntryKind.WEED, 30), (EntryKind.DRY, 2)):
            await made.make_harvest(
                session, shop, kind=kind, performed_at=NOW - timedelta(days=days), quantity_g=None
            )
        lot = await made.make_lot(session, shop)
        serial = await made.make_serial(session, lot)
        void = await made.make_serial(session, lot, state=SerialState.VOID)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    found = (await client.get(f"{path}/21/{serial.serial}", headers=LD)).json()
    assert found["@id"] == f"http://127.0.0.1:8000{path}/21/{serial.serial}"
    assert found["serialNumber"] == serial.serial
    assert "serialNumber" not in (await client.get(f"{path}/21/{void.serial}", headers=LD)).json()
    assert (found["name"], found["gtin"]) == ("Chè đinh", lot.gtin)
    producer = found["manufacturer"]
    assert producer["name"] == "HTX Chè Tân Cương"
    assert producer["identifier"]["value"] == shop.producer.gs1_prefix
    assert producer["address"]["streetAddress"] == "Số 12, xóm Hồng Thái"
    assert producer["address"]["addressRegion"] == "Tỉnh Thái Nguyên"
    assert found["countryOfOrigin"]["identifier"] == "VN"
    assert (found["productionDate"], found["gs1:expirationDate"]) == ("2026-11-12", "2027-11-12")
    assert found["gs1:hasBatchLotNumber"] == lot.code
    assert found["gs1:consumerStorageInstructions"]["@value"] == "Để nơi khô mát"
    paper = found["hasCertification"][0]
    assert (
        paper["name"],
        paper["certificationIdentification"],
        paper["certificationRating"]["ratingValue"],
    ) == (
        "OCOP",
        "15/QĐ-UBND",
        4,
    )
    assert found["image"] == f"http://127.0.0.1:8000/media/{photo.id}/640.webp"
    stages = {stage["name"]: stage for stage in found["subjectOf"]}
    assert list(stages) == [
        "Nuôi trồng, chăm sóc",
        "Sơ chế, chế biến",
        "Hái chè",
        "Chế biến, đóng gói thành lô",
        "Kiểm sổ xong, cho bán",
    ]
    tending = stages["Nuôi trồng, chăm sóc"]
    assert (tending["startDate"], tending["endDate"]) == ("2026-09-13", "2026-10-13")
    assert tending["location"]["identifier"] == "VN-TNOR-0042"
    assert stages["Chế biến, đóng gói thành lô"]["identifier"] == f"(01){lot.gtin}(10){lot.code}"
    missing = {item["propertyID"] for item in found["additionalProperty"]}
    assert missing == {"missing:brand", "missing:trade", "missing:warnings"}


async def test_passport_says_what_is_missing(client: httpx.AsyncClient, db: Database) -> None:
    """What nobody wrote down is named as missing, on the page and in the document; nothing is made up."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        shop.listing.storage = ""
        lot = await made.make_lot(session, shop, released_at=None, state=LotState.HELD)
        await session.execute(delete(LotSource).where(LotSource.lot_id == lot.id))
    address = f"/passport/{lot.gtin}/{lot.code}"
    page = (await client.get(address)).text
    for said in (
        "Nhãn hiệu, kiểu: chưa khai",
        "sổ chưa ghi",
        "Ảnh sản phẩm: chưa có",
        "thôn xóm của cơ sở: chưa khai",
        "Tiêu chuẩn áp dụng: chưa khai",
        "Giấy chứng nhận còn hạn: chưa có",
        "đang bị giữ lại",
        "mã dùng thử",
    ):
        assert said in page, said
    assert "cơ sở chưa khai" not in page
    found = (await client.get(address, headers=LD)).json()
    assert "image" not in found
    assert "hasCertification" not in found
    assert "streetAddress" not in found["manufacturer"]["address"]
    assert found["gs1:consumerSafetyInformation"] == ["Lô này đang bị giữ lại, chưa được bán."]
    product = await client.get(f"/passport/{lot.gtin}")
    assert "quét mã trên gói để xem" in product.text
    assert "gs1:hasBatchLotNumber" not in (await client.get(f"/passport/{lot.gtin}", headers=LD)).json()


async def test_passport_page_covers_the_ten_items(client: httpx.AsyncClient, db: Database) -> None:
    """Circular 02/2024: name, picture, producer, address, stages with codes and time, dates, code, brand, life, standards."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session, crop=Crop.STURGEON)
        photo = await grown.make_photo(session)
        session.add(ListingPhoto(listing_id=shop.listing.id, photo_id=photo.id, position=0, created_at=NOW))
        await grown.make_certificate(session, producer_id=shop.producer.id)
        entry = await made.make_harvest(session, shop, kind=EntryKind.HARVEST)
        lot = await made.make_lot(session, shop, entry_id=entry.id)
        slip = await grown.make_slip(session, site_id=shop.site.id, producer_id=shop.producer.id)
        session.add(LotSource(lot_id=lot.id, intake_slip_id=slip.id, quantity_g=1, created_at=NOW))
    answer = await client.get(f"/passport/{lot.gtin}/{lot.code}")
    for said in (
        "Chè đinh",
        f"/media/{photo.id}/640.webp",
        "HTX Chè Tân Cương",
        "Xã Tân Cương, Tỉnh Thái Nguyên",
        "Đánh bắt",
        "Cân nhập từ hộ",
        f"urn:uuid:{shop.site.id}",
        "11/11/2026",
        f"http://127.0.0.1:8000/01/{lot.gtin}/10/{lot.code}",
        "Nhãn hiệu, kiểu: chưa khai",
        "12/11/2027",
        "Tiêu chuẩn áp dụng: OCOP",
        "15/QĐ-UBND",
    ):
        assert said in answer.text, said
    again = await client.get(
        f"/passport/{lot.gtin}/{lot.code}", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    english = (await client.get(f"/passport/{lot.gtin}/{lot.code}?lang=en")).text
    assert "Digital passport" in english and "Brand, model: not declared" in english


async def test_long_way_keeps_its_end(client: httpx.AsyncClient, db: Database) -> None:
    """A lot of very many harvests names the first ones and the making; the others are counted."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        for hours in range(MOST_STAGES + 6):
            entry = await made.make_harvest(session, shop, performed_at=NOW - timedelta(hours=hours + 1))
            session.add(LotSource(lot_id=lot.id, diary_entry_id=entry.id, quantity_g=1, created_at=NOW))
    stages = (await client.get(f"/01/{lot.gtin}/10/{lot.code}", headers=LD)).json()["subjectOf"]
    assert (len(stages), stages[-1]["name"]) == (MOST_STAGES, "Kiểm sổ xong, cho bán")
    assert "Còn 9 công đoạn nữa" in (await client.get(f"/passport/{lot.gtin}/{lot.code}")).text


async def test_recalled_lot_is_a_safety_warning(client: httpx.AsyncClient, db: Database) -> None:
    """A recall is what the passport says first, and its safety information."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop, state=LotState.RECALLED)
    assert "Lô này đã bị thu hồi" in (await client.get(f"/passport/{lot.gtin}/{lot.code}")).text
    found = (await client.get(f"/01/{lot.gtin}/10/{lot.code}", headers=LD)).json()
    assert "thu hồi" in found["gs1:consumerSafetyInformation"][0]


async def test_passport_is_found_from_everywhere(client: httpx.AsyncClient, db: Database) -> None:
    """The story links to it, the linkset lists it at both levels; bad codes and unknown lots are refused in words."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
    path = f"/passport/{lot.gtin}/{lot.code}"
    assert f'href="{path}"' in (await client.get(f"/01/{lot.gtin}/10/{lot.code}")).text
    led = await client.get(f"/01/{lot.gtin}/10/{lot.code}?linkType=gs1:productPassport")
    assert led.headers["Location"] == f"http://127.0.0.1:8000{path}"
    led = await client.get(f"/01/{lot.gtin}?linkType=gs1:productPassport")
    assert led.headers["Location"].endswith(f"/passport/{lot.gtin}")
    assert (await client.get("/passport/123")).status_code == 400
    assert (await client.get(f"/passport/{lot.gtin}/NOPE")).status_code == 404
    assert (await client.get(f"/passport/{made.new_gtin()}")).status_code == 404
    walked = (await client.get(f"/01/{lot.gtin}/10/NOPE", headers=LD)).json()
    assert walked["@id"].endswith(f"/01/{lot.gtin}")
