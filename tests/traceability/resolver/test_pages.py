"""The resolver over HTTP: stories for people, links for machines."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import signing
from app.core.db import Database
from app.core.events import emit
from app.core.ids import uuid7
from app.web.house import House
from producers.diaries.models import EntryKind
from producers.listings.models import Listing, ListingPhoto, ListingState
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.factories.links import make_link
from traceability.chronicle import jobs as chronicle
from traceability.labels.models import LabelSheet, SerialState
from traceability.labels.press import link_of, message_of, open_press
from traceability.links.vocabulary import LINK_TYPES
from traceability.lots import service as lots
from traceability.lots.events import LotMade
from traceability.lots.models import Lot, LotState
from traceability.recalls import service as recalls
from traceability.recalls.models import Recall, StartKind
from traceability.scans.service import ScanBuffer
from traceability.transparency import jobs as log
from traceability.transparency import service as transparency
from traceability.transparency.notes import cosign, read_checkpoint
from traceability.transparency.service import LogKeeper

NOW = made.NOW
MACHINE = {"Accept": "*/*"}


async def keep_lot(db: Database, **overrides: object) -> tuple[made.Workshop, Lot]:
    """A stored lot of a household high above Tân Cương."""
    async with db.transaction() as session:
        shop = await made.make_workshop(
            session, latitude_e6=21_532_000, longitude_e6=105_764_000, altitude_m=310
        )
        return shop, await made.make_lot(session, shop, **overrides)


async def log_and_witness(db: Database, house: House, *, count: int) -> None:
    """Give everything that was told its place in the log, and let so many witnesses sign the head."""
    keeper = house.port(LogKeeper)
    await chronicle.tell(db, now=NOW)
    await log.integrate(db, now=NOW, keeper=keeper)
    names = [f"https://witness-{number}.example" for number in range(count)]
    witnesses = [transparency.open_witness(name, name.encode() * 2) for name in names]
    keeper = replace(keeper, witnesses=[witness.key for witness in witnesses])
    async with db.transaction() as session:
        head = read_checkpoint(await transparency.show_checkpoint(session, keeper))
        for witness in witnesses:
            line = cosign(witness.signer, witness.name, head, int(NOW.timestamp())).spell()
            await transparency.add_cosignature(session, keeper=keeper, size=head.size, line=line, now=NOW)


async def open_recall_of(session: AsyncSession, house: House, shop: made.Workshop, lot: Lot) -> Recall:
    """Recall a lot."""
    return await recalls.open_recall(
        session,
        producer_id=shop.producer.id,
        person_id=(await grown.make_membership(session, producer_id=shop.producer.id)).person_id,
        start=recalls.Start(StartKind.LOT, lot.id),
        reason="Nghi nhiễm thuốc",
        is_mock=False,
        signer=recalls.recall_signer(house.secret),
        now=NOW,
    )


async def test_a_recalled_code_leads_to_the_recall(
    client: httpx.AsyncClient, db: Database, house: House
) -> None:
    """RecallStatus of lot and label, and the red story, lead to the public page that says why."""
    shop, lot = await keep_lot(db)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    assert (await client.get(f"{path}?linkType=gs1:recallStatus", headers=MACHINE)).status_code == 404
    assert "/recalls/" not in (await client.get(path)).text
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
        recall = await open_recall_of(session, house, shop, lot)
    for code in (path, f"{path}/21/{serial.serial}"):
        answer = await client.get(f"{code}?linkType=gs1:recallStatus", headers=MACHINE)
        assert answer.status_code == 307
        assert answer.headers["location"].endswith(f"/recalls/{recall.id}")
        assert f'href="/recalls/{recall.id}"' in (await client.get(code)).text.replace(
            "http://127.0.0.1:8000", ""
        )
    assert "Nghi nhiễm thuốc" in (await client.get(f"/recalls/{recall.id}")).text


async def test_story_tells_who_where_what_and_when(client: httpx.AsyncClient, db: Database) -> None:
    """One scan answers with product, producer, household, place, work, papers, dates and the way to buy again."""
    shop, lot = await keep_lot(db)
    async with db.transaction() as session:
        used = await grown.make_input(session, name="Phân gà ủ")
        await made.make_harvest(
            session,
            shop,
            kind=EntryKind.FERTILISE,
            input_id=used.id,
            performed_at=NOW - timedelta(days=40),
            quantity_g=None,
        )
        await made.make_harvest(session, shop, kind=EntryKind.PRUNE, performed_at=NOW + timedelta(days=1))
        await grown.make_certificate(session, producer_id=shop.producer.id)
        await grown.make_certificate(
            session, producer_id=shop.producer.id, number="CU/2020", valid_until=date(2025, 6, 1)
        )
    answer = await client.get(f"/01/{lot.gtin}/10/{lot.code}")
    page = answer.text
    assert answer.status_code == 200
    for said in (
        "Chè đinh",
        "HTX Chè Tân Cương",
        "Vườn bà Mận",
        "Tỉnh Thái Nguyên",
        "cao 310 m",
        "Hái chè",
        "ngày 11/11/2026 · 50",
        "Bón phân Phân gà ủ",
        "ngày 03/10/2026",
        "15/QĐ-UBND",
        "4 sao",
        lot.code,
        "12/11/2027",
        f"/p/{shop.listing.slug}",
        f"/producers/{shop.producer.slug}",
        "data:image/svg+xml,",
    ):
        assert said in page, said
    assert "CU/2020" not in page
    assert "Đốn tỉa" not in page
    assert "\x02" not in page
    assert "<script" not in page
    assert page.count("<style>") == 1
    assert not re.findall(r'<(?:link|img)[^>]+(?:href|src)="(?!data:)', page)


async def test_story_speaks_english(client: httpx.AsyncClient, db: Database) -> None:
    """The same story in English, remembered by a cookie."""
    _shop, lot = await keep_lot(db)
    page = (await client.get(f"/01/{lot.gtin}/10/{lot.code}?lang=en")).text
    for said in ("Buy more", "Work done", "Best before", "Tea picking"):
        assert said in page, said
    assert "Mua thêm" not in page


async def test_longest_story_stays_small(client: httpx.AsyncClient, db: Database, house: House) -> None:
    """A lot with eight hundred entries of three years, recalled, logged and witnessed stays within 14.0 KB gzip."""
    async with db.transaction() as session:
        shop = await made.make_workshop(
            session, latitude_e6=22_300_000, longitude_e6=103_800_000, altitude_m=1_600
        )
        photo = await grown.make_photo(session, thumbnail=bytes(range(256)) * 19)
        session.add(ListingPhoto(listing_id=shop.listing.id, photo_id=photo.id, position=0, created_at=NOW))
        inputs = [await grown.make_input(session, name=f"Chế phẩm sinh học số {n}") for n in range(8)]
        kinds = [EntryKind.SPRAY, EntryKind.FERTILISE, EntryKind.WEED, EntryKind.PRUNE, EntryKind.PICK]
        for number in range(800):
            kind = kinds[number % 5]
            await made.make_harvest(
                session,
                shop,
                kind=kind,
                input_id=inputs[number % 8].id if number % 5 < 2 else None,
                performed_at=NOW - timedelta(hours=33 * number + 30),
            )
        for year in range(4):
            await grown.make_certificate(session, producer_id=shop.producer.id, number=f"{year}/QĐ")
        lot = await made.make_lot(session, shop)
        serial = await made.make_serial(session, lot)
        (await session.get_one(LabelSheet, serial.sheet_id)).has_pin = True
        for link_type in list(LINK_TYPES)[:8]:
            await make_link(session, shop, link_type=link_type, title=f"Xem {LINK_TYPES[link_type]} " * 3)
        await open_recall_of(session, house, shop, lot)
        await emit(session, LotMade(lot_id=lot.id, made_at=NOW))
    await log_and_witness(db, house, count=3)
    answer = await client.get(f"/01/{lot.gtin}/10/{lot.code}/21/{serial.serial}")
    assert "Bên làm chứng" in answer.text and "Xem vì sao thu hồi" in answer.text
    assert "Trước đó" in answer.text and "/verify/pin" in answer.text
    assert answer.text.count("?linkType=gs1:") == 6
    assert "data:image/webp" in answer.text
    assert "Tháng 10/2026" in answer.text
    size = len(gzip.compress(answer.content, 6))
    assert size <= 14_000, size


async def test_thumbnail_that_is_too_large_stays_out(client: httpx.AsyncClient, db: Database) -> None:
    """A picture above 5 KB, or one that is not public, does not stand in the page."""
    for changes in ({"thumbnail": bytes(6_000)}, {"is_public": False}):
        async with db.transaction() as session:
            shop = await made.make_workshop(session)
            photo = await grown.make_photo(session, **changes)
            session.add(
                ListingPhoto(listing_id=shop.listing.id, photo_id=photo.id, position=0, created_at=NOW)
            )
        page = (await client.get(f"/01/{shop.variant.gtin}")).text
        assert "data:image/webp" not in page


async def test_serial_line_is_honest(
    client: httpx.AsyncClient, new_client: Callable[[], httpx.AsyncClient], db: Database, house: House
) -> None:
    """Printed and first seen, seen before, void, of another lot, never issued: each is said, none is "genuine"."""
    shop, lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
        void = await made.make_serial(session, lot, state=SerialState.VOID)
        other = await made.make_serial(session, await made.make_lot(session, shop))
    address = f"/01/{lot.gtin}/10/{lot.code}/21/"
    assert "Bạn là người quét đầu tiên" in (await client.get(address + serial.serial)).text
    async with new_client() as second:
        assert "đã được quét 1 lần" in (await second.get(address + serial.serial)).text
    await house.port(ScanBuffer).flush()
    async with new_client() as third:
        again = (await third.get(f"/trace/{lot.gtin}/{lot.code}/{serial.serial}")).text
    assert "đã được quét 2 lần" in again
    assert "Lần đầu: ngày 12/11/2026, không rõ ở đâu" in again
    assert "Nhãn này đã bị hủy" in (await client.get(address + void.serial)).text
    for unknown in (other.serial, "NEVER"):
        page = (await client.get(address + unknown)).text
        assert "chưa từng được in ra" in page
        assert lot.code in page
    short = await client.get(f"/01/{lot.gtin}/21/{serial.serial}")
    assert lot.code in short.text
    assert "chưa từng được in ra" in (await client.get(f"/01/{lot.gtin}/21/NEVER")).text
    assert "hàng thật" not in again


async def test_unknown_lot_answers_from_the_product(client: httpx.AsyncClient, db: Database) -> None:
    """A lot that was never made shows the product's page and says so; the product alone says nothing of labels."""
    shop, _lot = await keep_lot(db)
    page = await client.get(f"/01/{shop.variant.gtin}/10/NOPE")
    assert page.status_code == 200
    assert "Số lô này không có trong sổ" in page.text
    product = (await client.get(f"/01/{shop.variant.gtin}")).text
    assert "không có trong sổ" not in product
    assert "trang chung của sản phẩm" in product


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": LotState.RECALLED}, "đã bị thu hồi"),
        ({"state": LotState.HELD}, "đang bị giữ lại"),
        ({"produced_on": date(2025, 1, 1), "expires_on": date(2026, 11, 11)}, "đã quá hạn dùng"),
        ({}, "có sổ ghi chép"),
    ],
)
async def test_state_of_the_lot_is_said(
    client: httpx.AsyncClient, db: Database, changes: dict[str, object], said: str
) -> None:
    """Recalled, held and expired lots say it in words and colour."""
    _shop, lot = await keep_lot(db, **changes)
    assert said in (await client.get(f"/01/{lot.gtin}/10/{lot.code}")).text


async def test_story_follows_the_lot(client: httpx.AsyncClient, db: Database, house: House) -> None:
    """The stored page is dropped when its lot changes; an unchanged page answers 304."""
    _shop, lot = await keep_lot(db)
    address = f"/01/{lot.gtin}/10/{lot.code}"
    first = await client.get(address)
    assert "có sổ ghi chép" in first.text
    assert (await client.get(address, headers={"If-None-Match": first.headers["ETag"]})).status_code == 304
    async with db.transaction() as session:
        for row in await lots.list_sources(session, [lot.id]):
            entry = row.diary_entry_id
        await grown.make_entry(
            session,
            producer_id=lot.producer_id,
            site_id=_shop.site.id,
            person_id=lot.created_by_id,
            corrects_id=entry,
            is_void=True,
        )
        await lots.recheck_lot(session, lot_id=lot.id, now=NOW)
    async with asyncio.timeout(5):
        while "đang bị giữ lại" not in (await client.get(address)).text:
            await asyncio.sleep(0.01)


async def test_many_households_are_counted(client: httpx.AsyncClient, db: Database) -> None:
    """A cooperative's lot names eight households and counts the others; a place without a point has no picture."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        from traceability.lots.models import LotSource

        for number in range(10):
            farm = await grown.make_farm(session, producer_id=shop.producer.id, name=f"Hộ {number}")
            site = await grown.make_site(session, farm_id=farm.id)
            slip = await grown.make_slip(session, site_id=site.id)
            session.add(LotSource(lot_id=lot.id, intake_slip_id=slip.id, quantity_g=1, created_at=NOW))
    page = (await client.get(f"/01/{lot.gtin}/10/{lot.code}")).text
    assert "và 3 hộ nữa" in page
    assert "data:image/svg+xml" not in page


async def test_machines_are_led_on(client: httpx.AsyncClient, db: Database) -> None:
    """Without a wish for HTML: 307 to the one default link, the query passes on, CORS and the linkset are named."""
    _shop, lot = await keep_lot(db)
    answer = await client.get(f"/01/{lot.gtin}/10/{lot.code}/?utm=x", headers=MACHINE)
    assert answer.status_code == 307
    assert answer.headers["Location"] == f"http://127.0.0.1:8000/trace/{lot.gtin}/{lot.code}?utm=x"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert f'/01/{lot.gtin}/10/{lot.code}?linkType=linkset>; rel="linkset"' in answer.headers["Link"]
    assert (await client.get(answer.headers["Location"], headers=MACHINE)).status_code == 200
    unknown = await client.get(f"/01/{lot.gtin}/10/NOPE/21/X", headers=MACHINE)
    assert unknown.headers["Location"].endswith(f"/trace/{lot.gtin}")
    options = await client.options(f"/01/{lot.gtin}/10/{lot.code}")
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert (await client.head(f"/01/{lot.gtin}")).status_code == 200


async def test_link_types_lead_where_they_say(client: httpx.AsyncClient, db: Database) -> None:
    """`?linkType=` leads to that link, in any spelling, or answers 404."""
    shop, lot = await keep_lot(db)
    base = f"/01/{lot.gtin}/10/{lot.code}"
    for word, path in (
        ("gs1:pip", f"/p/{shop.listing.slug}"),
        ("purchaseSuppliesOrAccessories", f"/p/{shop.listing.slug}"),
        ("https://ref.gs1.org/voc/traceability", f"/trace/{lot.gtin}/{lot.code}"),
        ("gs1:defaultLink", f"/trace/{lot.gtin}/{lot.code}"),
    ):
        answer = await client.get(base, params={"linkType": word, "a": "1"})
        assert (answer.status_code, answer.headers["Location"]) == (307, f"http://127.0.0.1:8000{path}?a=1")
    assert (await client.get(base, params={"linkType": "gs1:certificationInfo"})).status_code == 404
    async with db.transaction() as session:
        await grown.make_certificate(session, producer_id=shop.producer.id)
        listing = await session.get_one(Listing, shop.listing.id)
        listing.state = ListingState.PAUSED
    papers = await client.get(base, params={"linkType": "gs1:certificationInfo", "a": "1"})
    assert papers.headers["Location"].endswith(f"/trace/{lot.gtin}/{lot.code}?a=1#papers")
    assert (await client.get(base, params={"linkType": "gs1:pip"})).headers["Location"].endswith(lot.gtin)
    gone = await client.get(base, params={"linkType": "gs1:purchaseSuppliesOrAccessories"})
    assert gone.status_code == 404


async def test_linkset_lists_every_level(client: httpx.AsyncClient, db: Database) -> None:
    """RFC 9264: one context a level up to the key, titles everywhere, exactly one default link, known keys only."""
    shop, lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
        await grown.make_certificate(session, producer_id=shop.producer.id)
    path = f"/01/{lot.gtin}/10/{lot.code}/21/{serial.serial}"
    by_accept = await client.get(path, headers={"Accept": "application/linkset+json"})
    answer = await client.get(path, params={"linkType": "linkset"})
    assert by_accept.json() == answer.json()
    assert answer.headers["Content-Type"] == "application/linkset+json"
    assert "linkset-context" in answer.headers["Link"]
    contexts = answer.json()["linkset"]
    assert [context["anchor"].removeprefix("http://127.0.0.1:8000") for context in contexts] == [
        f"/01/{lot.gtin}",
        f"/01/{lot.gtin}/10/{lot.code}",
        path,
    ]
    voc = "https://ref.gs1.org/voc/"
    defaults = [context[voc + "defaultLink"] for context in contexts if voc + "defaultLink" in context]
    assert [set(link) for link in defaults[0]] == [{"href", "title"}]
    assert len(defaults) == 1
    for context in contexts:
        assert context.pop("itemDescription") == "Chè đinh"
        context.pop("anchor")
        for links in context.values():
            assert all(
                {"href", "title"} <= set(link) <= {"href", "title", "type", "hreflang"} for link in links
            )
    product = (await client.get(f"/01/{lot.gtin}?linkType=all")).json()["linkset"]
    assert set(product[0]) >= {
        voc + "pip",
        voc + "certificationInfo",
        voc + "traceability",
        voc + "defaultLink",
    }


async def test_bad_addresses_are_refused_in_words(client: httpx.AsyncClient, db: Database) -> None:
    """400 with a plain reason, as a page or a problem document; a code of somebody else's is 404."""
    del db
    page = await client.get("/01/9521234000013")
    assert page.status_code == 400
    assert "đủ 14 chữ số" in page.text
    problem = await client.get("/01/09521234000013/21/S/10/L", headers=MACHINE)
    assert problem.status_code == 400
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert "sai thứ tự" in json.loads(problem.content)["detail"]
    assert (await client.get("/trace/123")).status_code == 400
    assert (await client.get(f"/01/{made.new_gtin()}")).status_code == 404
    assert (await client.get(f"/01/{made.new_gtin()}", headers=MACHINE)).status_code == 404


async def test_resolver_describes_itself(client: httpx.AsyncClient) -> None:
    """The description file names the root, the key and the vocabulary."""
    told = (await client.get("/.well-known/gs1resolver")).json()
    assert (told["resolverRoot"], told["supportedPrimaryKeys"][0]) == ("http://127.0.0.1:8000", "01")


async def test_label_is_verified_by_its_code(client: httpx.AsyncClient, db: Database) -> None:
    """A typed code or a pasted address leads to the label's story; what was never issued is said."""
    _shop, lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
    story = f"/01/{lot.gtin}/10/{lot.code}/21/{serial.serial}"
    spelled = f"{serial.serial[:4].lower()} {serial.serial[4:]}"
    for typed in (spelled, f"http://127.0.0.1:8000{story}?x=1"):
        answer = await client.get("/verify", params={"code": typed})
        assert (answer.status_code, answer.headers["Location"]) == (303, story)
    for typed in ("ABCD", "https://x/01/12", uuid7().hex):
        assert "chưa từng được in ra" in (await client.get("/verify", params={"code": typed})).text
    assert "chưa từng" not in (await client.get("/verify")).text


async def test_a_label_that_was_changed_is_said_to_be(
    client: httpx.AsyncClient, db: Database, house: House
) -> None:
    """The address as printed is good; with any one character changed no page calls it good or signed."""
    _shop, lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
    press = open_press("", house.secret)
    address = link_of(press, gtin=lot.gtin, lot_code=lot.code, serial=serial.serial)
    signed, wrong = "Chữ ký số trong mã đúng là của chợ", "Chữ ký trên nhãn không đúng"
    page = (await client.get(address)).text
    assert signed in page and "Bạn là người quét đầu tiên" in page
    keys = (await client.get("/.well-known/jwks.json")).json()["keys"]
    message = message_of(gtin=lot.gtin, lot_code=lot.code, serial=serial.serial)
    signature = signing.decode(address.rpartition("=")[2][signing.KEY_ID_LENGTH :])
    assert signing.verifies(signing.decode(keys[0]["x"]), message, signature)
    short = (await client.get(address.replace(f"/10/{lot.code}", ""))).text
    assert signed in short and "Nhãn này đã được in" in short
    start = address.index("?s=")
    for place in range(len("/01/"), len(address)):
        if address[place] in "/?=" or place == start + 1:
            continue
        changed = address[:place] + ("7" if address[place] != "7" else "8") + address[place + 1 :]
        answer = await client.get(changed)
        assert signed not in answer.text and "Nhãn này đã được in" not in answer.text, changed
        assert place < start or (answer.status_code == 200 and wrong in answer.text)


async def test_a_signature_on_a_label_that_was_never_printed_is_wrong(
    client: httpx.AsyncClient, db: Database
) -> None:
    """An address without a lot, of a serial that is not in the books, is called wrong whatever stands as its signature."""
    _shop, lot = await keep_lot(db)
    answer = await client.get(f"/01/{lot.gtin}/21/ABCDEFGHJKLMN", params={"s": "A" * 90})
    assert answer.status_code == 200 and "Chữ ký trên nhãn không đúng" in answer.text
