"""Labels for parcels: what they say, whose address is looked at, and that each symbol opens its parcel."""

from __future__ import annotations

from io import BytesIO

import pypdfium2
import pytest

from producers.cooperatives.models import Producer, Role
from storefront.fulfilment import parcel_labels, picking
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import AddressHiddenError
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError
from tests.factories.orders import make_paid_order
from tests.factories.people import log_in
from tests.factories.producers import make_membership, make_producer
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.queries import count_queries
from tests.symbols import read_pages
from traceability.lots.models import Lot, LotState

PAGE, PDF = "/producer/orders/labels", "/producer/orders/labels.pdf"


@pytest.fixture
async def shop(db, client):
    """A producer's packer, logged in, and a pack on the shelf: (variant, stock item, producer's id, packer's id)."""
    async with db.transaction() as session:
        box = await make_variant(session)
        item = await make_stock(session, box, on_hand=200)
        order = await make_paid_order(session, box)
        [parcel] = await parcels.list_parcels(session, order)
        producer_id = parcel.consignment.producer_id
        membership = await make_membership(session, role=Role.PACKER, producer_id=producer_id)
        await log_in(session, client, membership.person_id)
    return box, item, producer_id, membership.person_id


async def take_on(db, shop, count=1, **how):
    """So many parcels of two boxes that were taken on: [(order, consignment)]."""
    box, _item, producer_id, packer_id = shop
    made = []
    async with db.transaction() as session:
        for _number in range(count):
            order = await make_paid_order(session, box, quantity=2, **how)
            [parcel] = await parcels.list_parcels(session, order)
            one = parcel.consignment
            await fulfilment.confirm(
                session, consignment_id=one.id, producer_id=producer_id, person_id=packer_id, now=NOW
            )
            made.append((order, one))
    return made


async def print_labels(client, **fields):
    """Ask for labels as the page's form does, and read the file: (symbols, words, pages)."""
    asked = await client.post(PAGE, data=fields)
    assert asked.status_code == 303, asked.text
    answer = await client.get(asked.headers["location"])
    assert answer.headers["content-type"] == "application/pdf", answer.headers
    assert answer.headers["cache-control"] == "private, no-store"
    return read(answer.content)


def read(pdf):
    """Decode a file: (symbols in their order, all words, pages in millimetres)."""
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    words, pages = [], []
    for page in document:
        words += page.get_textpage().get_text_range().split()
        pages.append(tuple(round(points / 72 * 25.4) for points in page.get_size()))
    document.close()
    return [symbol for page in read_pages(pdf) for symbol in page], " ".join(words), pages


async def test_each_symbol_opens_its_parcel(db, house, client, shop):
    """Five parcels on two sheets of A4: each symbol is the address of one parcel's page, which answers its packer."""
    made = await take_on(db, shop, 5)
    symbols, words, pages = await print_labels(client, paper="a4_4")
    wanted = {f"{house.settings.public_url}/producer/orders/{one.id}" for _order, one in made}
    assert set(symbols) == wanted and len(symbols) == 5 and pages == [(210, 297)] * 2
    for order, _one in made:
        assert order.code in words
    for address in symbols:
        assert (await client.get(address)).status_code == 200


async def test_a_label_says_who_sends_what_to_whom(db, client, shop):
    """Sender, receiver with the address in full and the phone half hidden, weight, package 1 and 2, then the carrier."""
    [(order, one)] = await take_on(db, shop)
    async with db.transaction() as session:
        producer = await session.get_one(Producer, shop[2])
        producer.name, producer.address_line = "HTX Chè Tân Cương", "Xóm Hồng Thái"
    symbols, words, pages = await print_labels(client, of=str(one.id), pieces="2")
    assert pages == [(105, 148)] * 2 and len(symbols) == 2
    for said in (order.code, "Kiện 1/2", "Kiện 2/2", "HTX Chè Tân Cương", "Xóm Hồng Thái", "Trần Thị Lan"):
        assert said in words, words
    assert "Xóm Gò Pháo, số 12, Xã Đại Phúc, Tỉnh Thái Nguyên" in words and "400 g" in words
    assert "0987 *** 321" in words and "0987 654 321" not in words and "Tiền đã trả đủ" in words
    assert "Bên giao" not in words and "Mã vận đơn" not in words
    act = {"consignment_id": one.id, "producer_id": shop[2], "person_id": shop[3], "now": NOW}
    async with db.transaction() as session:
        await fulfilment.pack(session, **act, scanned="")
        await fulfilment.ship(session, **act, carrier="Viettel Post", tracking_number="VTP123")
    _symbols, words, _pages = await print_labels(client, of=str(one.id), phone="1")
    assert "0987 654 321" in words and "Viettel Post" in words and "VTP123" in words and "Kiện 1/1" in words


async def test_typed_words_are_never_markup_and_long_ones_fit(db, client, shop):
    """Signs of the typesetter's language stand as they were typed; a long address grows smaller and stays whole."""
    line = "#strong[x] $1$ \\ *đường* " + "Ngõ 12 thôn Nà Lình " * 14
    [(_order, one)] = await take_on(db, shop, line=line, name="Nguyễn Thị Ánh Nguyệt Hồng Hạnh " * 3)
    symbols, words, _pages = await print_labels(client, of=str(one.id))
    assert len(symbols) == 1 and "#strong[x] $1$ \\ *đường*" in words and "Tỉnh Thái Nguyên" in words


async def test_printing_is_looking_and_is_written_down(db, house, client, new_client, shop):
    """Without asking, later, or by a colleague who did not ask, the file leads to the page that asks; who asked is kept."""
    [(order, one)] = await take_on(db, shop)
    for query in ("", f"?of={one.id}"):
        answer = await client.get(f"{PDF}{query}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}{query}")
    await print_labels(client)
    async with db.transaction() as session:
        steps = [step for step in await orders.list_steps(session, order.id) if step.note == "address_shown"]
        assert [(step.consignment_id, step.person_id) for step in steps] == [(one.id, shop[3])]
        colleague = new_client()
        membership = await make_membership(session, role=Role.PACKER, producer_id=shop[2])
        await log_in(session, colleague, membership.person_id)
    assert (await colleague.get(PDF)).status_code == 303
    assert "Xóm Gò Pháo" in (await client.get(f"/producer/orders/{one.id}")).text
    house.clock.advance(minutes=15)
    assert (await client.get(PDF)).status_code == 303


async def test_whose_parcels_are_labelled(db, client, new_client, shop):
    """Those taken on, that may leave: not another producer's (404), nor one that nobody took on (409), nor a held lot's."""
    [(order, one)] = await take_on(db, shop)
    stranger = new_client()
    async with db.transaction() as session:
        fresh = await make_paid_order(session, shop[0])
        [waiting] = await parcels.list_parcels(session, fresh)
        membership = await make_membership(session, role=Role.MANAGER)
        await log_in(session, stranger, membership.person_id)
    for path in (PAGE, PDF):
        assert (await stranger.get(f"{path}?of={one.id}")).status_code == 404
        assert (await client.get(f"{path}?of={waiting.consignment.id}")).status_code == 409
    assert (await stranger.post(PAGE, data={"of": str(one.id)})).status_code == 404
    assert (await client.post(PAGE, data={"of": str(waiting.consignment.id)})).status_code == 409
    page = (await stranger.get(PAGE)).text
    assert "Chưa có đơn nào cần gửi" in page and (await stranger.post(PAGE)).status_code == 303
    assert "1 đơn" in (await client.get(PAGE)).text
    assert order.code in (await client.get(f"{PAGE}?of={one.id}")).text
    async with db.transaction() as session:
        (await session.get_one(Lot, shop[1].lot_id)).state = LotState.HELD
    assert "Chưa có đơn nào cần gửi" in (await client.get(PAGE)).text


async def test_more_than_a_file_holds_is_said(db, client, shop, monkeypatch):
    """Those that wait longest are labelled first, and that others wait is said; one parcel's label says nothing of it."""
    monkeypatch.setattr(picking, "MOST_PARCELS", 1)
    [(_order, first), (_other, second)] = await take_on(db, shop, 2)
    assert "Còn đơn khác" in (await client.get(PAGE)).text
    assert "Còn đơn khác" not in (await client.get(f"{PAGE}?of={second.id}")).text
    symbols, _words, _pages = await print_labels(client)
    assert [address.rpartition("/")[2] for address in symbols] == [str(first.id)]


async def test_a_form_that_is_wrong_is_said(db, client, shop):
    """Too many packages, an unknown paper or parcel: refused beside the field, and nobody's address was opened."""
    [(order, one)] = await take_on(db, shop)
    for wrong in ({"of": str(one.id), "pieces": "21"}, {"paper": "a5"}, {"of": "x"}):
        answer = await client.post(PAGE, data=wrong)
        assert answer.status_code == 422 and "Còn chỗ chưa đúng" in answer.text
    assert (await client.get(f"{PDF}?pieces=21")).status_code == 422
    async with db.transaction() as session:
        assert "address_shown" not in {step.note for step in await orders.list_steps(session, order.id)}


async def test_the_parcels_page_leads_to_its_label(db, client, shop):
    """A parcel that was taken on has a button to its label; one that was not has none."""
    async with db.transaction() as session:
        fresh = await make_paid_order(session, shop[0])
        [waiting] = await parcels.list_parcels(session, fresh)
    [(_order, one)] = await take_on(db, shop)
    assert f"labels?of={one.id}" in (await client.get(f"/producer/orders/{one.id}")).text
    assert "labels?of=" not in (await client.get(f"/producer/orders/{waiting.consignment.id}")).text


async def test_fifty_labels_cost_as_many_queries_as_one(db, shop):
    """Opening the addresses and saying what stands on the labels ask the same for one parcel and for fifty."""
    counts = []
    for more in (1, 49):
        await take_on(db, shop, more)
        async with db.transaction() as session:
            producer = await session.get_one(Producer, shop[2])
            who = {"person_id": shop[3], "now": NOW}
            await parcel_labels.show_addresses(session, producer_id=producer.id, **who)
            statements = count_queries(db.engine)
            labels = await parcel_labels.make_labels(session, producer=producer, **who)
            counts.append((len(labels), len(statements)))
    assert [labels for labels, _queries in counts] == [1, 50] and counts[0][1] == counts[1][1]


async def test_the_service_knows_its_own_parcels_alone(session):
    """Another producer's parcel does not exist for a service call either; a sender without a line has its commune."""
    box = await make_variant(session)
    await make_stock(session, box)
    order = await make_paid_order(session, box)
    [parcel] = await parcels.list_parcels(session, order)
    one = parcel.consignment
    other = await make_producer(session)
    with pytest.raises(OrderNotFoundError):
        await parcel_labels.list_to_label(session, producer_id=other.id, consignment_id=one.id)
    with pytest.raises(AddressHiddenError):
        await parcel_labels.list_to_label(session, producer_id=one.producer_id, consignment_id=one.id)
