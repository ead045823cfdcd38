"""Labels: serials, the weight they take, the sheet that is printed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from io import BytesIO

import httpx
import pypdfium2
import pytest
import typst
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from app.web.house import House
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.factories.people import log_in
from tests.symbols import read_pages, read_symbols
from traceability.labels import errors, service
from traceability.labels.models import SerialState
from traceability.labels.press import link_of, open_press
from traceability.labels.schemas import PER_PAGE, Layout
from traceability.labels.sheet import spell
from traceability.lots import service as lots
from traceability.lots.errors import LabelsExceededError, LotClosedError, LotHeldError, LotNotFoundError
from traceability.lots.models import Lot, LotState

NOW = made.NOW


async def print_labels(session: AsyncSession, lot: Lot, count: int, layout: Layout = Layout.A4):
    return await service.print_labels(
        session, lot_id=lot.id, count=count, layout=layout, person_id=lot.created_by_id, now=NOW
    )


async def test_labels_take_the_weight_of_their_lot(session: AsyncSession) -> None:
    """BALANCE 8: labels x net weight never pass the lot; the refusal says what is left."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop, quantity_g=1_050)
    sheet = await print_labels(session, lot, 7)
    serials = await service.list_serials(session, sheet.id)
    assert len({serial.serial for serial in serials}) == 7
    assert {serial.state for serial in serials} == {SerialState.ISSUED}
    with pytest.raises(LabelsExceededError, match="chỉ còn đủ cho 3 nhãn") as refusal:
        await print_labels(session, lot, 4)
    assert refusal.value.left == 3
    await print_labels(session, lot, 3)
    assert (await lots.get_lot(session, lot.id)).labelled_g == 1_000
    assert len(await service.list_sheets(session, [lot.id])) == 2


@pytest.mark.parametrize("count", [0, -1, service.MOST_LABELS + 1])
async def test_print_jobs_have_a_size(session: AsyncSession, count: int) -> None:
    """No labels, or too many for one job, are refused."""
    lot = await made.make_lot(session, await made.make_workshop(session))
    with pytest.raises(errors.CountError):
        await print_labels(session, lot, count)


async def test_only_released_lots_are_labelled(session: AsyncSession) -> None:
    """A held, recalled or used-up lot gets no label, and each refusal says why."""
    shop = await made.make_workshop(session)
    for state, refusal in (
        (LotState.HELD, LotHeldError),
        (LotState.RECALLED, LotClosedError),
        (LotState.EXHAUSTED, LotClosedError),
    ):
        lot = await made.make_lot(session, shop, state=state)
        with pytest.raises(refusal, match=lot.code):
            await print_labels(session, lot, 1)
    with pytest.raises(LotNotFoundError):
        await service.print_labels(
            session, lot_id=uuid7(), count=1, layout=Layout.A4, person_id=shop.person_id, now=NOW
        )


def test_serials_cannot_be_guessed_and_say_when_mistyped() -> None:
    """A serial has 60 random bits and a check character, and is read however it is spelled."""
    serials = {service.new_serial() for _number in range(2_000)}
    assert len(serials) == 2_000
    serial = serials.pop()
    assert len(serial) == 13
    assert service.read_serial(f" {serial[:4].lower()}-{serial[4:8]} {serial[8:]} ") == serial
    wrong = serial[:-1] + ("2" if serial[-1] != "2" else "3")
    assert service.read_serial(wrong) is None
    assert service.read_serial("xin chào") is None


async def test_spoilt_label_gives_its_weight_back_once(session: AsyncSession) -> None:
    """BALANCE 9: a void label is refused for ever and its weight may be labelled again, once."""
    shop = await made.make_workshop(session)
    stranger = await made.make_workshop(session)
    lot = await made.make_lot(session, shop, quantity_g=100)
    [serial] = await service.list_serials(session, (await print_labels(session, lot, 1)).id)
    for typed, producer in ((serial.serial, stranger), ("2222222222222", shop), (service.new_serial(), shop)):
        with pytest.raises(errors.SerialNotFoundError):
            await service.void_serial(session, typed=typed, producer_id=producer.producer.id)
    voided = await service.void_serial(session, typed=serial.serial, producer_id=shop.producer.id)
    assert voided.state is SerialState.VOID
    with pytest.raises(errors.SerialSpentError):
        await service.void_serial(session, typed=serial.serial, producer_id=shop.producer.id)
    await print_labels(session, lot, 1)
    with pytest.raises(LabelsExceededError):
        await print_labels(session, lot, 1)


async def test_sold_labels_are_remembered_once(session: AsyncSession) -> None:
    """A repeat of a sale changes nothing; unknown serials are passed over."""
    lot = await made.make_lot(session, await made.make_workshop(session))
    serial = await made.make_serial(session, lot)
    codes = [serial.serial, "UNKNOWN"]
    assert await service.record_sold(session, serials=codes, now=NOW) == 1
    assert await service.record_sold(session, serials=codes, now=NOW) == 0
    await session.refresh(serial)
    assert (serial.state, serial.sold_at) == (SerialState.SOLD, NOW)


async def test_sheets_belong_to_their_producer(session: AsyncSession) -> None:
    """Another producer's sheet does not exist, nor does one that was never made."""
    shop = await made.make_workshop(session)
    stranger = await made.make_workshop(session)
    sheet = await print_labels(session, await made.make_lot(session, shop), 1)
    found, _lot = await service.get_own_sheet(session, sheet_id=sheet.id, producer_id=shop.producer.id)
    assert found.id == sheet.id
    for sheet_id, producer in ((sheet.id, stranger), (uuid7(), shop)):
        with pytest.raises(errors.SheetNotFoundError):
            await service.get_own_sheet(session, sheet_id=sheet_id, producer_id=producer.producer.id)


@pytest.mark.parametrize(("layout", "pages"), [(Layout.A4, 2), (Layout.A4_LARGE, 2), (Layout.ROLL, 26)])
async def test_every_printed_symbol_decodes_and_answers(
    house: House,
    client: httpx.AsyncClient,
    run_jobs: Callable[[], Awaitable[None]],
    layout: Layout,
    pages: int,
) -> None:
    """Domain invariant 10: each symbol of the sheet is read back from its picture, and its address answers 200."""
    async with house.database.transaction() as session:
        shop = await made.make_workshop(session)
        shop.listing.title = 'Chè #strong[đậm] $1$ \\ "ba" *lá* ₫'
        lot = await made.make_lot(session, shop)
        sheet = await print_labels(session, lot, 26, layout)
        serials = {serial.serial for serial in await service.list_serials(session, sheet.id)}
    await run_jobs()
    async with house.database.transaction() as session:
        kept = await service.get_sheet(session, sheet.id)
        assert kept.pdf_key == f"labels/{sheet.id}.pdf"
        press = open_press(house.settings.public_url, house.secret)
        pdf = await service.make_pdf(session, house.files, sheet_id=sheet.id, press=press)
    found = read_pages(pdf)
    assert len(found) == pages
    read = {symbol for page in found for symbol in page}
    assert read == {link_of(press, gtin=lot.gtin, lot_code=lot.code, serial=serial) for serial in serials}
    for address in read:
        answer = await client.get(address)
        assert answer.status_code == 200 and "Chữ ký số trong mã đúng là của chợ" in answer.text


async def test_a_long_job_comes_as_several_files(
    house: House, client: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]], monkeypatch
) -> None:
    """Seven labels, three to a file: each on one file alone; set on the spot or by the worker, and no fourth file."""
    monkeypatch.setattr(service, "PART", 3)
    async with house.database.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        sheet = await print_labels(session, lot, 7)
        await grown.make_membership(session, producer_id=shop.producer.id, person_id=shop.person_id)
        await log_in(session, client, shop.person_id)
        serials = [serial.serial for serial in await service.list_serials(session, sheet.id)]
    address = f"/producer/labels/{sheet.id}"
    page = (await client.get(address)).text
    assert "chia thành 3 tệp" in page and f"{address}/sheet.pdf?part=3" in page and "?part=4" not in page

    async def read(part: int) -> list[str]:
        answer = await client.get(f"{address}/sheet.pdf?part={part}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].endswith(f'nhan-{lot.code}-{part}.pdf"')
        [symbols] = read_pages(answer.content)
        return [symbol.partition("/21/")[2][:13] for symbol in symbols]

    assert sorted(await read(2)) == sorted(serials[3:6])
    assert (await client.get(f"{address}/state")).json() == {"changed": False}
    await run_jobs()
    assert (await client.get(f"{address}/state")).json() == {"changed": True}
    assert sorted([*await read(1), *await read(2), *await read(3)]) == sorted(serials)
    for part in (0, 4):
        assert (await client.get(f"{address}/sheet.pdf?part={part}")).status_code == 404
    monkeypatch.setattr("traceability.labels.routes.MOST_SHOWN", 5)
    assert "Mới hiện 5 nhãn đầu" in (await client.get(address)).text


@pytest.mark.parametrize("layout", list(Layout))
async def test_a_label_says_what_the_law_asks(house: House, session: AsyncSession, layout: Layout) -> None:
    """Name, weight, days, lot, storage, maker, address, origin and serial are whole on every paper, however long."""
    shop = await made.make_workshop(session)
    shop.listing.title = "Chè đinh Tân Cương hảo hạng, hái tay một tôm, sao suốt bằng tay trên bếp củi"
    shop.listing.storage = "Để nơi khô ráo, thoáng mát, tránh nắng và mùi lạ; đã mở thì dùng trong 30 ngày"
    shop.producer.name = "Hợp tác xã sản xuất và chế biến chè an toàn Tân Cương Hoàng Bình"
    shop.producer.address_line = "Xóm Hồng Thái 2"
    lot = await made.make_lot(session, shop)
    sheet = await print_labels(session, lot, 1, layout)
    [serial] = await service.list_serials(session, sheet.id)
    press = open_press(house.settings.public_url, house.secret)
    pdf = await service.make_pdf(session, house.files, sheet_id=sheet.id, press=press)
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    text = document[0].get_textpage()
    read = " ".join(text.get_text_range().split())
    text.close()
    document.close()
    for said in (
        shop.listing.title,
        "Khối lượng tịnh: 100 g",
        "NSX: 12/11/2026",
        "HSD: 12/11/2027",
        f"Số lô: {lot.code}",
        f"Bảo quản: {shop.listing.storage}",
        f"Sản xuất: {shop.producer.name}, Xóm Hồng Thái 2, Xã Tân Cương, Tỉnh Thái Nguyên",
        "Xuất xứ: Việt Nam",
        spell(serial.serial),
    ):
        assert said in read, (said, read)


async def test_one_label_is_given_as_a_picture(house: House, client: httpx.AsyncClient) -> None:
    """The PNG and the SVG of one label hold its own symbol, whose address answers; the page offers both."""
    async with house.database.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        serial = await made.make_serial(session, lot)
        await grown.make_membership(session, producer_id=shop.producer.id, person_id=shop.person_id)
        await log_in(session, client, shop.person_id)
    address = f"/producer/labels/serials/{serial.serial}"
    page = (await client.get(address)).text
    assert f"{address}/label.png" in page and f"{address}/label.svg" in page
    png = await client.get(f"{address}/label.png")
    assert png.headers["content-type"] == "image/png"
    svg = await client.get(f"{address}/label.svg")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert svg.headers["content-disposition"] == (
        f'attachment; filename="nhan-{lot.code}-{serial.serial}.svg"'
    )
    framed = typst.compile(
        b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")',
        format="png",
        ppi=300,
        sys_inputs={"svg": svg.text},
    )
    press = open_press(house.settings.public_url, house.secret)
    link = link_of(press, gtin=lot.gtin, lot_code=lot.code, serial=serial.serial)
    for picture in (png.content, framed):
        assert read_symbols(Image.open(BytesIO(picture))) == [link]
    assert "Chữ ký số trong mã đúng là của chợ" in (await client.get(link)).text


async def test_a_file_that_there_is_not_is_not_read(session: AsyncSession) -> None:
    """A print job of one file has no file 0 and no file 2."""
    sheet = await print_labels(session, await made.make_lot(session, await made.make_workshop(session)), 1)
    for number in (0, 2):
        with pytest.raises(errors.SheetNotFoundError):
            await service.read_part(session, sheet_id=sheet.id, number=number)


def test_files_hold_whole_pages() -> None:
    """A file ends with a full page of its paper, and never holds more than PART labels."""
    for layout in Layout:
        size = service.part_size(layout)
        assert size % PER_PAGE[layout] == 0 and service.PART - PER_PAGE[layout] < size <= service.PART
