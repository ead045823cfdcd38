"""Paper tickets over HTTP: made, printed, settled, seated and let in, with signal and without."""

from __future__ import annotations

import gzip
import json
import re
from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
from sqlalchemy import func, select

from app.core import qr
from app.core.clock import today
from app.core.ids import uuid7
from producers.cooperatives.models import Role
from storefront.tours import batch_seats, batch_sheet, calling_off, departures, manifest, symbols
from storefront.tours.batch_models import BatchTicket, TicketBatch, TicketState
from storefront.tours.gate_models import GateScan, ScanMeans, ScanTrouble
from storefront.tours.models import Booking, BookingState, CallOffReason, UnitType
from tests.factories.batches import any_day, codes, make_batch, paper, settle, sheet
from tests.factories.outbox import make_phone
from tests.factories.people import log_in
from tests.factories.producers import make_membership, make_person
from tests.factories.visits import NOW, SITE, make_visit
from tests.symbols import read_pages

BATCHES = "/producer/tours/batches"
GATE = "/producer/tours/gate"
LETTERS = re.compile(r"/T/([A-Z2-7]{130})$")


@pytest.fixture
async def visit(db, client):
    """A visit of this morning, of seats for twenty; its manager is logged in."""
    async with db.transaction() as session:
        made = await make_visit(session, starts_at=NOW + timedelta(hours=1))
        await log_in(session, client, made.host.id)
    return made


async def make(db, visit, fields):
    """A batch and the codes of its tickets."""
    async with db.transaction() as session:
        batch = await make_batch(session, visit, fields)
        return batch, await codes(session, batch)


async def print_out(client, batch):
    """The file: (symbols of all pages, words)."""
    answer = await client.get(f"{BATCHES}/{batch.id}/tickets.pdf")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    document = pypdfium2.PdfDocument(BytesIO(answer.content))
    words = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return [symbol for page in read_pages(answer.content) for symbol in page], words


async def test_a_batch_is_made_on_the_phone(db, client, visit, house):
    """120: the form makes it once, the batch's page says what lies where, and the list of batches too, also what is late."""
    page = (await client.get(f"/producer/tours/{visit.tour.id}/batches/new")).text
    assert "Làm vé giấy" in page and "còn 20 chỗ" in page
    sent = {
        "id": str(uuid7()),
        "point_name": "Quán nước bà Lan",
        "point_phone": "0987654321",
        "departure_id": str(visit.departure.id),
        "unit_id": str(visit.units[UnitType.ADULT].id),
        "count": "20",
        "price_minor": "",
        "keep_minor": "10k",
    }
    for _again in range(2):
        answer = await client.post(f"/producer/tours/{visit.tour.id}/batches", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{BATCHES}/{sent['id']}")
    page = (await client.get(answer.headers["location"])).text
    for words in ("Quán nước bà Lan", "0987 654 321", "150.000", "1-20", "140.000"):
        assert words in page
    page = (await client.get(BATCHES)).text
    assert "20 vé: 20 ở điểm bán, 0 đã bán, 0 trả lại" in page
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(TicketBatch)) == 1
    page = (await client.get("/producer/tours")).text
    assert BATCHES in page
    assert "chưa tính xong" not in (await client.get(BATCHES)).text
    house.clock.advance(days=1)
    assert "Đã qua ngày, chưa tính xong" in (await client.get(BATCHES)).text


async def test_a_form_that_cannot_be_keeps_what_was_typed(client, visit):
    """120: too many for the day, or nothing typed: the same form, with words beside it."""
    path = f"/producer/tours/{visit.tour.id}/batches"
    sent = {
        "id": str(uuid7()),
        "point_name": "Bến xe",
        "point_phone": "0987654321",
        "departure_id": str(visit.departure.id),
        "unit_id": str(visit.units[UnitType.ADULT].id),
        "count": "21",
    }
    answer = await client.post(path, data=sent)
    assert answer.status_code == 409 and "Chỉ còn 20 chỗ" in answer.text and "Bến xe" in answer.text
    answer = await client.post(path, data={**sent, "count": "201"})
    assert answer.status_code == 422


async def test_a_tour_without_prices_has_no_paper(db, client, visit):
    """120: no price, no ticket; the page leads to the prices. With two options the form names them."""
    async with db.transaction() as session:
        bare = await make_visit(session)
        for unit in bare.units.values():
            (await session.merge(unit)).is_active = False
        await log_in(session, client, bare.host.id)
    page = (await client.get(f"/producer/tours/{bare.tour.id}/batches/new")).text
    assert "chưa có giá vé" in page


async def test_a_batch_is_of_those_who_receive_guests(db, client, visit):
    """77's way: an accountant, and another producer, find nothing."""
    batch, [code] = await make(db, visit, any_day(visit, 1))
    paths = (
        BATCHES,
        f"{BATCHES}/{batch.id}",
        f"{BATCHES}/{batch.id}/tickets.pdf",
        f"/producer/tours/papers/{code}",
    )
    async with db.transaction() as session:
        person = await make_person(session)
        await make_membership(
            session, producer_id=visit.producer.id, person_id=person.id, role=Role.ACCOUNTANT
        )
        await log_in(session, client, person.id)
    assert [(await client.get(path)).status_code for path in paths] == [403] * 4
    async with db.transaction() as session:
        other = await make_visit(session)
        await log_in(session, client, other.host.id)
    assert [(await client.get(path)).status_code for path in paths[1:]] == [404] * 3


async def test_paper_says_it_all_and_prints_the_same_again(db, client, visit, house):
    """51, 120: each ticket's symbol is of version 6 to 8, ours, and its own; said in two languages; printed again it is the same."""
    fixed, own = await make(db, visit, paper(visit, 9))
    found, words = await print_out(client, fixed)
    again, _words = await print_out(client, fixed)
    assert len(found) == len(set(found)) == 9 and sorted(found) == sorted(again)
    keys = symbols.signers(house.secret)
    read = [symbols.read(LETTERS.search(one)[1], producer_id=visit.producer.id, keys=keys) for one in found]
    assert sorted(symbol.code for symbol in read) == sorted(own)
    assert {(symbol.day, symbol.place, symbol.heads, symbol.days) for symbol in read} == {
        (visit.departure.local_on, 0, 1, None)
    }
    for one in found:
        version = (len(qr.modules(one)) - 17) // 4
        assert 6 <= version <= 8
    for said in ("Một buổi hái chè", "Người lớn", "Adult", "150.000", "Quán nước bà Lan", "9/9", *own):
        assert said in words
    free, spoken = await make(db, visit, any_day(visit, 2))
    found, words = await print_out(client, free)
    read = [symbols.read(LETTERS.search(one)[1], producer_id=visit.producer.id, keys=keys) for one in found]
    assert sorted(symbol.code for symbol in read) == sorted(spoken)
    assert {(symbol.day, symbol.days) for symbol in read} == {(today(NOW), 30)}
    assert "Ngày nào cũng được" in words and "Any day" in words


async def test_what_is_void_is_not_printed(db, client, visit):
    """121: of a batch that came back whole nothing is printed, and its page says so."""
    batch, _codes = await make(db, visit, paper(visit, 2))
    async with db.transaction() as session:
        await settle(session, visit, batch, back="1-2")
    answer = await client.get(f"{BATCHES}/{batch.id}/tickets.pdf")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BATCHES}/{batch.id}")


async def test_host_and_sales_point_settle(db, client, visit):
    """124: twelve sold, eight back: the page says what was paid, and the form that is sent twice settles once."""
    batch, _codes = await make(db, visit, paper(visit, 20))
    path = f"{BATCHES}/{batch.id}"
    sent = {"id": str(uuid7()), "sold": "1-12", "back": "13-20"}
    for _again in range(2):
        answer = await client.post(f"{path}/settle", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    page = (await client.get(path)).text
    assert "1.680.000" in page and "Tính tiền với điểm bán" not in page
    answer = await client.post(f"{path}/settle", data={**sent, "id": str(uuid7())})
    assert answer.status_code == 409 and "đã tính xong" in answer.text
    answer = await client.post(f"{path}/settle", data={"id": "x"})
    assert answer.status_code == 422
    day = (await client.get(f"/producer/tours/day?on={visit.departure.local_on}")).text
    assert "Vé giấy ở điểm bán" in day and "12 người đã trả tiền" in day and "Trong đó vé giấy" not in day


async def test_money_goes_back_by_hand(db, client, visit):
    """125: called off, the page lists whose money the host gives back, and writes it down once."""
    batch, _codes = await make(db, visit, paper(visit, 5))
    path = f"{BATCHES}/{batch.id}"
    async with db.transaction() as session:
        await settle(session, visit, batch, sold="1-2")
    page = (await client.get(f"/producer/tours/day-off?on={visit.departure.local_on}")).text
    assert "5 vé giấy: điểm bán được nhắn tin" in page and "Chưa có ai trả tiền" in page
    async with db.transaction() as session:
        await calling_off.call_off(
            session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, now=NOW, **SITE
        )
    page = (await client.get(path)).text
    assert "In vé để cắt" not in page
    assert "đã báo nghỉ" in page and "1-2, cộng 300.000" in page
    answer = await client.post(f"{path}/returned", data={"numbers": "1-2"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    page = (await client.get(path)).text
    assert "Đã trả lại tiền" in page and "chưa được trả lại tiền" not in page
    assert (await client.post(f"{path}/returned", data={"numbers": "1"})).status_code == 409
    assert (await client.post(f"{path}/returned", data={})).status_code == 422


async def test_a_guest_telephones(db, client, visit):
    """122: the host types the code, chooses the day, and takes it back; whatever cannot be is said on the same page."""
    batch, [code, other] = await make(db, visit, any_day(visit, 2))
    answer = await client.get(BATCHES, params={"code": code.lower()})
    there = f"/producer/tours/papers/{code}"
    assert (answer.status_code, answer.headers["location"]) == (303, there)
    answer = await client.get(BATCHES, params={"code": "ABC"})
    assert answer.status_code == 404 and "Không tìm thấy tập vé giấy" in answer.text
    page = (await client.get(there)).text
    assert "Khách đi chuyến nào?" in page and "còn 20 chỗ" in page and "Khách đang ở cổng" in page
    answer = await client.post(f"{there}/seat", data={"departure_id": str(visit.departure.id)})
    assert (answer.status_code, answer.headers["location"]) == (303, there)
    page = (await client.get(there)).text
    assert "Đã xếp đi" in page and "Khách đi chuyến nào?" not in page
    day = (await client.get(f"/producer/tours/day?on={visit.departure.local_on}")).text
    assert "Quán nước bà Lan" in day
    assert (await client.post(f"{there}/unseat")).status_code == 303
    assert (await client.post(f"{there}/unseat")).status_code == 303
    assert (await client.post(f"{there}/seat", data={})).status_code == 422
    async with db.transaction() as session:
        await settle(session, visit, batch, back="1")
    answer = await client.post(f"{there}/seat", data={"departure_id": str(visit.departure.id)})
    assert answer.status_code == 409 and "điểm bán đã trả lại" in answer.text
    fixed, [bound] = await make(db, visit, paper(visit, 1))
    answer = await client.post(f"/producer/tours/papers/{bound}/unseat")
    assert answer.status_code == 409 and "không đổi ngày" in answer.text
    page = (await client.get(f"/producer/tours/papers/{bound}")).text
    assert "Khách đi chuyến nào?" not in page
    assert fixed.id and other


async def test_the_gate_with_signal(db, client, visit):
    """123: a ticket whose day is not chosen leads to its own page, and comes in from there, once."""
    _batch, [code] = await make(db, visit, any_day(visit, 1))
    answer = await client.get(GATE, params={"code": code})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/producer/tours/papers/{code}")
    answer = await client.post(GATE, data={"code": code})
    assert answer.status_code == 200 and "Mời vào" in answer.text
    answer = await client.post(GATE, data={"code": code})
    assert answer.status_code == 409 and "đã vào cổng" in answer.text
    page = (await client.get(f"/producer/tours/papers/{code}")).text
    assert "bỏ chỗ" not in page
    [bound] = (await make(db, visit, paper(visit, 1)))[1]
    page = (await client.get(GATE, params={"code": bound})).text
    assert "Vé đúng, được vào" in page
    assert (await client.get(GATE, params={"code": "ABC"})).status_code == 404
    answer = await client.post(GATE, data={"code": bound})
    assert answer.status_code == 200 and "Mời vào" in answer.text


async def test_a_printed_ticket_is_scanned_with_signal(db, client, visit, house):
    """58, 121: the symbol of a ticket for a departure opens the gate, and not once it came back; a stranger reads that it is ours."""
    batch, [code] = await make(db, visit, paper(visit, 1))
    [letters] = await letters_of(db, batch, house)
    page = (await client.get(GATE, params={"code": letters})).text
    assert "Vé đúng, được vào" in page and "Quán nước bà Lan, 1/1" in page
    free, [spoken] = await make(db, visit, any_day(visit, 1))
    [any_letters] = await letters_of(db, free, house)
    assert (await client.post(GATE, data={"code": any_letters})).status_code == 200
    page = (await client.get(GATE, params={"code": any_letters})).text
    assert "đã vào cổng" in page and spoken
    async with db.transaction() as session:
        await settle(session, visit, batch, back="1")
    for text in (letters, code):
        answer = await client.get(GATE, params={"code": text})
        assert "đã trả lại, hoặc chuyến đã báo nghỉ" in answer.text
    client.cookies.clear()
    page = (await client.get(f"/T/{letters}")).text
    assert "Đã hủy" in page
    page = (await client.get(f"/T/{any_letters}")).text
    assert "Đã vào cổng" in page


async def letters_of(db, batch, house):
    """What stands in the symbols of a batch, by number."""
    async with db.transaction() as session:
        made = await sheet(session, batch)
    signer = symbols.signers(house.secret)[0]
    return [batch_sheet.write_letters(made, line, signer) for line in made.lines]


async def test_anybodys_camera_reads_a_ticket_for_any_day(db, client, visit, house):
    """120: a stranger reads that it is right, and whom to ring; the host's phone comes to the gate; a forged one is none."""
    batch, own = await make(db, visit, any_day(visit, 3))
    written = await letters_of(db, batch, house)
    answer = await client.get(f"/T/{written[0]}")
    assert answer.status_code == 303 and answer.headers["location"].startswith(GATE)
    client.cookies.clear()
    page = (await client.get(f"/T/{written[0]}")).text
    assert "Vé thật" in page and "Ngày nào cũng được" in page and "Gọi" in page
    async with db.transaction() as session:
        await settle(session, visit, batch, back="2")
        where = {"producer_id": visit.producer.id, "now": NOW}
        await batch_seats.walk_in(session, text=own[2], keys=(), **where)
    page = (await client.get(f"/T/{written[1]}")).text
    assert "không dùng được" in page
    page = (await client.get(f"/T/{written[2]}")).text
    assert "Ngày nào cũng được" not in page and "12/11/2026" in page
    forged = symbols.write(
        symbols.symbol_of_any_day(batch, own[0]), producer_id=uuid7(), signer=symbols.signers(house.secret)[0]
    )
    assert (await client.get(f"/T/{forged}")).status_code == 404


async def test_the_gate_without_signal(db, client, visit, house):
    """53, 54, 123: what phones let in is kept; the first is the entry, the second is marked, and a ticket that is void too."""
    batch, own = await make(db, visit, any_day(visit, 4))
    written = await letters_of(db, batch, house)
    async with db.transaction() as session:
        phone = await make_phone(session, client, producer_id=visit.producer.id)
        await settle(session, visit, batch, back="4")
    first = phone.write(GATE, fields={"code": written[0]})
    second = phone.write(GATE, fields={"code": own[0], "places": "0"})
    for _again in range(2):
        [kept] = await phone.send(first)
        assert kept["state"] == "stored" and kept["location"].endswith("?on=2026-11-12")
    [kept] = await phone.send(second, device=str(uuid7()))
    assert kept["state"] == "stored"
    [kept] = await phone.send(phone.write(GATE, fields={"code": written[3]}))
    assert kept["state"] == "stored"
    day = (await client.get("/producer/tours/day?on=2026-11-12")).text
    assert "Một vé vào hai lần: Quán nước bà Lan, 1/4" in day
    assert "Đã hủy mà vẫn vào: Quán nước bà Lan, 4/4" in day
    async with db.transaction() as session:
        scans = list(await session.scalars(select(GateScan).order_by(GateScan.id)))
        assert [scan.trouble for scan in scans] == [None, None, ScanTrouble.CANCELLED]
        assert scans[0].means is ScanMeans.SYMBOL and scans[1].means is ScanMeans.CODE
        assert (await departures.get_departure(session, visit.departure.id)).taken == 1


async def test_who_was_let_in_without_seats_is_kept(db, client, visit, house):
    """55, 123: full, or outside of its days: they are inside, kept on a booking that holds nothing, and the host is asked."""
    batch, own = await make(db, visit, any_day(visit, 1))
    late, _own = await make(db, visit, any_day(visit, 1, valid_from=today(NOW) + timedelta(days=1)))
    [letters], [too_early] = await letters_of(db, batch, house), await letters_of(db, late, house)
    async with db.transaction() as session:
        phone = await make_phone(session, client, producer_id=visit.producer.id)
        await departures.change_capacity(session, departure_id=visit.departure.id, capacity=1, now=NOW)
        await make_batch(session, visit, paper(visit, 1))
    for code in (letters, too_early):
        [kept] = await phone.send(phone.write(GATE, fields={"code": code}))
        assert kept["state"] == "stored"
    day = (await client.get("/producer/tours/day?on=2026-11-12")).text
    assert "Hết chỗ mà vẫn vào: vé giấy của Quán nước bà Lan, 1/1" in day
    assert "Vào nhầm ngày: Quán nước bà Lan" in day
    async with db.transaction() as session:
        assert (await departures.get_departure(session, visit.departure.id)).taken == 1
        states = await session.scalars(select(Booking.state).where(Booking.batch_id.in_([batch.id, late.id])))
        assert set(states) == {BookingState.EXPIRED}
        ticket = await session.scalar(select(BatchTicket).where(BatchTicket.code == own[0]))
        assert (ticket.state, ticket.booking_id) == (TicketState.OUT, None)
        await calling_off.call_off_day(
            session,
            producer_id=visit.producer.id,
            on=today(NOW),
            reason=CallOffReason.ROAD,
            now=NOW,
            **SITE,
        )
    [gone] = await phone.send(phone.write(GATE, fields={"code": letters}))
    assert gone["state"] == "refused" and "không có chuyến" in gone["message"]


async def test_the_days_list_knows_every_paper(db, visit, house):
    """52, 123: of tickets for any day the list says which may come, are void, booked elsewhere or were here; they fit into six kilobytes beside two hundred parties."""
    async with db.transaction() as session:
        visit_on = visit.departure.local_on
        await departures.change_capacity(session, departure_id=visit.departure.id, capacity=201, now=NOW)
        fixed = await make_batch(session, visit, paper(visit, 200))
        printed = await codes(session, fixed)
        other = await departures.list_seats(session, [visit.tour], now=NOW)
        batch = await make_batch(session, visit, any_day(visit, 200))
        own = await codes(session, batch)
        await settle(session, visit, batch, back="1")
        await settle(session, visit, fixed, back="7")
        where = {"producer_id": visit.producer.id, "now": NOW}
        await batch_seats.walk_in(session, text=own[1], keys=(), **where)
        keys = symbols.signers(house.secret)
        made = await manifest.make_manifest(session, on=visit_on, keys=keys, **where)
        tomorrow = await manifest.make_manifest(session, on=visit_on + timedelta(days=1), keys=keys, **where)
    [[name, heads, tags, spelled, states]] = made["papers"]
    assert (name, heads, tags) == ("Quán nước bà Lan", 1, [symbols.tag_of(visit.departure.id)])
    assert len(spelled) == 199 * 7 and own[1][:-1] not in spelled and states == "1" + "0" * 198
    [departure] = made["departures"]
    assert made["revoked"] == [printed[6]] and printed[6][:-1] not in made["codes"]
    assert departure[3:] == [200, 1] and own[1][:-1] in made["tickets"] and other
    assert tomorrow["papers"][0][4] == "12" + "0" * 198

    packed = gzip.compress(json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode())
    assert len(packed) <= 6 * 1024, len(packed)
