"""Reports of suspect labels: from the scan page to the producer and the staff; none is lost, a flood is bounded."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.db import Database
from app.core.ids import uuid7
from app.media.models import Photo
from app.notices.models import Notice
from app.web.house import House
from producers.cooperatives.models import Role
from tests.factories import people
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.fakes.clock import FrozenClock
from tests.queries import count_queries
from traceability.labels import sheet
from traceability.reports import routes, service
from traceability.reports.errors import ReportNotFoundError
from traceability.reports.models import Sign, SuspectReport

Client = httpx.AsyncClient
NewClient = Callable[[], Client]
LIST = "/producer/labels/reports"


@pytest.fixture
async def shop(db: Database) -> made.Workshop:
    """A stored workshop."""
    async with db.transaction() as session:
        return await made.make_workshop(session)


async def join(db: Database, client: Client, shop: made.Workshop, role: Role = Role.PACKER) -> None:
    async with db.transaction() as session:
        membership = await grown.make_membership(session, producer_id=shop.producer.id, role=role)
        await people.log_in(session, client, membership.person_id)


def fields(shop: made.Workshop, **overrides: str) -> dict[str, str]:
    return {
        "id": str(uuid7()),
        "gtin": shop.variant.gtin,
        "lot": "L1",
        "serial": "MADEUP1",
        "sign": "pack",
        "note": "Mua ở chợ Vồi, tem in mờ",
    } | overrides


async def send(visitor: Client, data: dict[str, str], photo: bytes | None = None) -> httpx.Response:
    files = {"photo": ("tem.jpg", photo, "image/jpeg")} if photo is not None else None
    return await visitor.post("/verify/report", data=data, files=files)


async def count(db: Database, table: type[SuspectReport | Notice | Photo]) -> int:
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def photo_with_place() -> bytes:
    """A picture that tells where and when it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 35.0, 0.0), 3: "E", 4: (105.0, 50.0, 0.0)})
    exif.get_ifd(0x8769)[0x9003] = "2026:11:11 08:00:00"
    held = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(held, "JPEG", exif=exif)
    return held.getvalue()


async def test_from_the_scan_page_to_the_producer_and_the_staff(
    client: Client, new_client: NewClient, db: Database, shop: made.Workshop, house: House
) -> None:
    """Scan, say where, report with a photo; the producer is told, sees it all, looks into it; the staff see it too."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, shop)
        serial = await made.make_serial(session, lot)
    scan = f"/01/{lot.gtin}/10/{lot.code}/21/{serial.serial}"
    link = re.search(r'href="(/verify/report[^"]+)"', (await client.get(scan)).text)
    assert link is not None
    await client.post("/verify/province", data={"province": "01", "back": scan})
    form = (await client.get(link[1].replace("&amp;", "&"))).text
    for said in ("Chè đinh", "Bạn thấy gì lạ?", serial.serial, lot.code, 'enctype="multipart/form-data"'):
        assert said in form, said
    sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    sent |= {"sign": "goods", "note": "Mùi khác <b>hẳn</b>"}
    async with new_client() as farmer, new_client() as clerk:
        await join(db, farmer, shop)
        assert "Chưa ai báo nhãn nào" in (await farmer.get(LIST)).text
        answer = await send(client, sent, photo_with_place())
        assert (answer.status_code, answer.headers["Location"]) == (303, "/verify/report/thanks")
        assert "Cảm ơn bạn" in (await client.get(answer.headers["Location"])).text
        assert "Chè đinh đáng ngờ" in (await farmer.get("/notices")).text
        page = (await farmer.get(LIST)).text
        for said in (
            "Hàng bên trong không giống mọi khi",
            "Mùi khác &lt;b&gt;hẳn&lt;/b&gt;",
            sheet.spell(serial.serial),
            "Gói hàng ở Hà Nội",
            "Chưa xem xét",
        ):
            assert said in page, said
        async with db.transaction() as session:
            clerk_member = await people.make_staff(session)
            await people.log_in(session, clerk, clerk_member.person_id)
        desk = (await clerk.get("/admin/reports")).text
        assert "HTX Chè Tân Cương" in desk
        assert "Đã xem xét xong" not in desk
        for visitor, shown in ((farmer, page), (clerk, desk)):
            photo = re.search(r'<img src="([^"]+)" alt="Ảnh gửi kèm', shown)
            assert photo is not None
            seen = await visitor.get(photo[1])
            assert seen.headers["Content-Type"] == "image/webp"
            assert not Image.open(io.BytesIO(seen.content)).getexif()
            assert (await visitor.get(photo[1].replace("320", "321"))).status_code == 404
        act = re.search(r'action="([^"]+/handled)"', page)
        assert act is not None
        for _twice in range(2):
            assert (await farmer.post(act[1])).status_code == 303
        assert "Chưa xem xét" not in (await farmer.get(LIST)).text
    async with db.transaction() as session:
        kept = await session.scalar(select(Photo))
    assert kept is not None
    assert (kept.latitude_e6, kept.longitude_e6, kept.taken_at, kept.is_public) == (None, None, None, False)


async def test_a_form_sent_twice_is_one_report(client: Client, db: Database, shop: made.Workshop) -> None:
    """Two taps on the button, or a repeated request, are one report and one notice."""
    await join(db, client, shop)
    data = fields(shop)
    for _twice in range(2):
        assert (await send(client, data)).status_code == 303
    assert (await count(db, SuspectReport), await count(db, Notice)) == (1, 1)


async def test_what_is_wrong_is_said_and_what_was_written_stays(
    client: Client, db: Database, shop: made.Workshop
) -> None:
    """Without a choice, with a text for a photo, with a note too long: said in words, nothing kept, the note stays."""
    for change, photo, said in (
        ({"sign": ""}, None, "f-sign"),
        ({}, b"no photo at all", "không phải ảnh chụp"),
        ({"note": "a" * 501}, None, "f-note"),
    ):
        answer = await send(client, fields(shop, **change), photo)
        assert answer.status_code == 422
        assert said in answer.text
        assert fields(shop, **change)["note"] in answer.text
    assert await count(db, SuspectReport) == 0


async def test_nothing_is_reported_that_is_not_sold_here(
    client: Client, db: Database, shop: made.Workshop
) -> None:
    """A code of nobody's and a practice farm's label have no form, nonsense leads to /verify; lot and label may be left out."""
    for query in ("", "?gtin=1%2F2", f"?gtin={shop.variant.gtin}&lot=%0A"):
        assert (await client.get(f"/verify/report{query}")).headers["Location"] == "/verify"
    assert (await client.get(f"/verify/report?gtin={shop.variant.gtin}&lot=%00")).status_code == 404
    assert (await send(client, fields(shop, gtin="123"))).headers["Location"] == "/verify"
    assert (await client.get(f"/verify/report?gtin={made.new_gtin()}")).status_code == 404
    assert (await send(client, fields(shop, gtin=made.new_gtin()))).status_code == 404
    form = (await client.get(f"/verify/report?gtin={shop.variant.gtin}")).text
    assert "Mã trên nhãn" not in form
    assert (await send(client, fields(shop, lot="", serial=""))).status_code == 303
    async with db.transaction() as session:
        practice = await made.make_workshop(session)
        await session.execute(text("SET LOCAL session_replication_role = replica"))  # past the fence
        await session.execute(
            text("UPDATE producers SET is_practice = true WHERE id = :id"), {"id": practice.producer.id}
        )
    assert (await client.get(f"/verify/report?gtin={practice.variant.gtin}")).status_code == 404


async def test_a_flood_is_bounded(client: Client, db: Database, shop: made.Workshop, house: House) -> None:
    """One visitor sends five in an hour and keeps what was typed of the sixth; an hour later it goes on."""
    for number in range(5):
        assert (await send(client, fields(shop, serial=f"S{number}"))).status_code == 303
    answer = await send(client, fields(shop, serial="S6", note="Vẫn còn đây"))
    assert answer.status_code == 429
    assert "chừng một giờ nữa" in answer.text
    assert "Vẫn còn đây" in answer.text
    assert await count(db, SuspectReport) == 5
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(hours=1, minutes=1)
    assert (await send(client, fields(shop, serial="S6"))).status_code == 303


async def test_a_label_is_reported_five_times_a_day(
    client: Client, db: Database, shop: made.Workshop, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many visitors may report one label five times a day, one product thirty times an hour; others are still heard."""
    monkeypatch.setattr(
        routes, "OF_VISITOR", routes.Limit("free", 1_000, routes.HOUR, routes.TooManyReportsError)
    )
    for _number in range(5):
        assert (await send(client, fields(shop))).status_code == 303
    refused = await send(client, fields(shop))
    assert refused.status_code == 429
    assert "đã có nhiều người báo nhãn này" in refused.text
    for number in range(25):
        assert (await send(client, fields(shop, serial=f"S{number}"))).status_code == 303
    assert (await send(client, fields(shop, serial="S99"))).status_code == 429
    async with db.transaction() as session:
        other = await made.make_workshop(session)
    assert (await send(client, fields(other))).status_code == 303
    assert await count(db, SuspectReport) == 31


async def test_a_flood_of_one_product_is_one_notice_a_day(
    client: Client, db: Database, shop: made.Workshop, house: House
) -> None:
    """Managers and packers are told once; again when they looked into it, or on the next day."""
    await join(db, client, shop)
    await join(db, client, shop, Role.MANAGER)
    async with db.transaction() as session:
        await grown.make_membership(session, producer_id=shop.producer.id, role=Role.GUIDE)
    for number in range(3):
        await send(client, fields(shop, serial=f"S{number}"))
    assert await count(db, Notice) == 2
    async with db.transaction() as session:
        for found in await service.list_reports(session, producer_id=shop.producer.id):
            await service.handle(
                session,
                report_id=found.id,
                producer_id=shop.producer.id,
                person_id=shop.person_id,
                now=made.NOW,
            )
    await send(client, fields(shop, serial="S4"))
    assert await count(db, Notice) == 4
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(days=1, minutes=1)
    await send(client, fields(shop, serial="S5"))
    assert await count(db, Notice) == 6


async def test_a_report_cannot_be_changed_or_deleted(db: Database, shop: made.Workshop) -> None:
    """The database itself refuses: a report is inserted once and looked into once."""
    async with db.transaction() as session:
        report = await made.make_report(session, shop)
    handled = "UPDATE suspect_reports SET handled_at = now(), handled_by_id = :person"
    for statement in (
        "DELETE FROM suspect_reports",
        "UPDATE suspect_reports SET note = 'khác'",
        handled + ", note = 'khác'",
    ):
        with pytest.raises(DBAPIError, match="inserted once"):
            async with db.transaction() as session:
                values = {"person": shop.person_id} if ":person" in statement else {}
                await session.execute(text(statement), values)
    async with db.transaction() as session:
        first = await service.handle(
            session,
            report_id=report.id,
            producer_id=shop.producer.id,
            person_id=shop.person_id,
            now=made.NOW,
        )
        again = await service.handle(
            session,
            report_id=report.id,
            producer_id=shop.producer.id,
            person_id=shop.person_id,
            now=made.NOW + timedelta(days=1),
        )
        assert first.handled_at == again.handled_at == made.NOW


async def test_others_reports_do_not_exist(client: Client, db: Database, shop: made.Workshop) -> None:
    """Another producer's report is not listed, not handled, and its photo not shown; nor one without a photo."""
    async with db.transaction() as session:
        other = await made.make_workshop(session)
        photo = await grown.make_photo(session, is_public=False)
        theirs = await made.make_report(session, other, note="của nhà khác", photo_id=photo.id)
        bare = await made.make_report(session, shop, sign=Sign.OTHER)
    await join(db, client, shop, Role.MANAGER)
    assert "của nhà khác" not in (await client.get(LIST)).text
    assert (await client.post(f"{LIST}/{theirs.id}/handled")).status_code == 404
    for report in (theirs, bare):
        assert (await client.get(f"{LIST}/{report.id}/320.webp")).status_code == 404
    async with db.transaction() as session:
        with pytest.raises(ReportNotFoundError):
            await service.get_report(session, uuid7())


async def test_the_lists_are_bounded(
    client: Client, new_client: NewClient, db: Database, shop: made.Workshop
) -> None:
    """Sixty reports at most, with as many queries as for one; at the staff's desk too."""
    await join(db, client, shop, Role.MANAGER)
    async with new_client() as clerk:
        async with db.transaction() as session:
            await made.make_report(session, shop)
            await people.log_in(session, clerk, (await people.make_staff(session)).person_id)
        for visitor, path in ((client, LIST), (clerk, "/admin/reports")):
            counted = []
            for more in (0, 70):
                async with db.transaction() as session:
                    for _number in range(more):
                        await made.make_report(session, shop)
                statements = count_queries(db.engine)
                page = (await visitor.get(path)).text
                counted.append(len(statements))
            assert counted[0] == counted[1]
            assert page.count("Chưa xem xét") == service.MOST_SHOWN


async def test_two_sendings_at_once_are_one_report(db: Database, shop: made.Workshop, house: House) -> None:
    """The same form arriving twice at the same moment is one report; a bare insert would refuse the second aloud."""
    new = service.NewReport(uuid7(), shop.variant.gtin, "L1", "S1", Sign.PACK, "", None)

    async def send_now() -> SuspectReport:
        async with db.transaction() as session:
            return await service.report(session, house.files, new=new, photo=None, now=made.NOW)

    first, second = await asyncio.gather(send_now(), send_now())
    assert first.id == second.id
    assert await count(db, SuspectReport) == 1

    async def insert_bare() -> None:
        async with db.transaction() as session:
            await made.make_report(session, shop, id=bare_id)

    bare_id = uuid7()
    answers = await asyncio.gather(insert_bare(), insert_bare(), return_exceptions=True)
    assert [type(answer) for answer in answers if answer is not None] == [IntegrityError]
