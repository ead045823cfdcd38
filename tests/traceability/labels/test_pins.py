"""PINs under scratch fields: derived, printed, checked, and bound once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.web.house import House
from tests.factories import traceability as made
from tests.symbols import read_pages
from traceability.labels import pins, service
from traceability.labels.models import LabelSheet, Serial
from traceability.labels.pins import Outcome
from traceability.labels.press import link_of, open_press
from traceability.labels.schemas import Layout
from traceability.lots.models import Lot

NOW = made.NOW
KEY = pins.pin_key(b"secret")
CLIENTS = 32
HANOI = "01"


async def print_pins(session: AsyncSession, count: int, layout: Layout = Layout.A4) -> tuple[Lot, LabelSheet]:
    lot = await made.make_lot(session, await made.make_workshop(session))
    sheet = await service.print_labels(
        session,
        lot_id=lot.id,
        count=count,
        layout=layout,
        person_id=lot.created_by_id,
        now=NOW,
        has_pin=True,
    )
    return lot, sheet


async def make_label(db: Database) -> tuple[Serial, str]:
    """A stored label with a PIN, and its PIN."""
    async with db.transaction() as session:
        _lot, sheet = await print_pins(session, 1)
        [serial] = await service.list_serials(session, sheet.id)
    return serial, pins.pin_of(KEY, gtin=serial.gtin, serial=serial.serial)


@given(st.binary(min_size=1, max_size=64), st.text(min_size=1), st.text(min_size=1))
def test_a_pin_is_six_digits_and_the_same_each_time(secret: bytes, gtin: str, serial: str) -> None:
    """Whatever the secret and the label: six digits, the same again, and read back as they are printed."""
    pin = pins.pin_of(pins.pin_key(secret), gtin=gtin, serial=serial)
    assert len(pin) == 6 and pin.isdecimal()
    assert pin == pins.pin_of(pins.pin_key(secret), gtin=gtin, serial=serial)
    assert pins.read_pin(pins.spell_pin(pin)) == pin


def test_pins_lie_evenly_and_tell_nothing_of_each_other() -> None:
    """Of 20,000 labels no leading digit is far from its tenth; another house's key gives other PINs."""
    codes = [service.new_serial() for _number in range(20_000)]
    found = [pins.pin_of(KEY, gtin="09521234000013", serial=code) for code in codes]
    assert all(1_700 < count < 2_300 for count in Counter(pin[0] for pin in found).values())
    assert len(set(found)) > 19_500
    other = pins.pin_key(b"another")
    same = sum(
        pin == pins.pin_of(other, gtin="09521234000013", serial=code)
        for pin, code in zip(found, codes, strict=True)
    )
    assert same < 5
    with pytest.raises(ValueError, match="empty secret"):
        pins.pin_key(b"")


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "１２３４５６", "12 34 5"])
def test_what_is_not_six_digits_is_no_pin(typed: str) -> None:
    """Fewer, more, letters and other scripts' digits are none."""
    assert pins.read_pin(typed) is None


@pytest.mark.parametrize("layout", list(Layout))
async def test_each_label_shows_its_own_pin(
    house: House, session: AsyncSession, run_jobs: Callable[[], Awaitable[None]], layout: Layout
) -> None:
    """Beside each symbol stand its serial and the PIN that belongs to it; every symbol still decodes; no file is kept."""
    lot, sheet = await print_pins(session, 3, layout)
    assert service.is_ready(sheet)
    press = open_press(house.settings.public_url, house.secret)
    pdf = await service.make_pdf(session, house.files, sheet_id=sheet.id, press=press)
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    text_of_pages = []
    for page in document:
        read = page.get_textpage()
        text_of_pages.append(read.get_text_range())
        read.close()
    document.close()
    words = " ".join(" ".join(text_of_pages).split())
    serials = await service.list_serials(session, sheet.id)
    for serial in serials:
        pin = pins.pin_of(pins.pin_key(house.secret), gtin=lot.gtin, serial=serial.serial)
        assert f"Cào {pins.spell_pin(pin)}" in words, words
    assert {symbol for page in read_pages(pdf) for symbol in page} == {
        link_of(press, gtin=lot.gtin, lot_code=lot.code, serial=serial.serial) for serial in serials
    }
    await session.commit()
    await run_jobs()
    assert (await service.get_sheet(session, sheet.id)).pdf_key is None
    assert not list(house.settings.data_dir.rglob(f"{sheet.id}*"))


async def test_nothing_of_a_pin_is_stored(db: Database) -> None:
    """No column of the tables of labels holds the PIN of a label, before and after it was typed."""
    serial, pin = await make_label(db)
    async with db.transaction() as session:
        label = await pins.find_label(session, gtin=serial.gtin, serial=serial.serial)
        assert label is not None
        await pins.check(session, label, typed=pin, key=KEY, province_code=None, now=NOW)
    async with db.transaction() as session:
        for table in ("serials", "label_sheets", "label_prints", "attempts"):
            rows = (await session.execute(text(f"SELECT t::text FROM {table} t"))).scalars().all()
            assert not any(pin in row for row in rows), table


async def test_the_first_right_pin_is_bound_to_its_hour(db: Database) -> None:
    """Wrong, right, right again: the later one hears the first one's hour and province, not its own."""
    serial, pin = await make_label(db)
    wrong = f"{(int(pin) + 1) % 1_000_000:06}"
    async with db.transaction() as session:
        label = await pins.find_label(session, gtin=serial.gtin, serial=serial.serial)
        assert label is not None
        answers = [
            await pins.check(session, label, typed=typed, key=KEY, province_code=province, now=now)
            for typed, province, now in (
                (wrong, None, NOW),
                (pin, HANOI, NOW + timedelta(minutes=50)),
                (pin, None, NOW + timedelta(days=2)),
            )
        ]
    first = (NOW, HANOI)
    assert [(one.outcome, one.used_at, one.province_code) for one in answers] == [
        (Outcome.WRONG, None, None),
        (Outcome.FIRST, *first),
        (Outcome.LATER, *first),
    ]


async def test_labels_without_a_pin_have_none_to_check(session: AsyncSession) -> None:
    """A label that was printed without one, a void one and one that was never printed are not found."""
    lot, sheet = await print_pins(session, 1)
    [void] = await service.list_serials(session, sheet.id)
    await service.void_serial(session, typed=void.serial, producer_id=lot.producer_id)
    plain = await made.make_serial(session, lot)
    for code in (void.serial, plain.serial, "NEVER"):
        assert await pins.find_label(session, gtin=lot.gtin, serial=code) is None


async def test_of_many_right_pins_at_once_one_is_first(db: Database) -> None:
    """Thirty-two people type the right PIN at the same moment: exactly one is told that they are the first."""
    serial, pin = await make_label(db)

    async def check() -> Outcome:
        async with db.transaction() as session:
            label = await session.get_one(Serial, serial.id)
            checked = await pins.check(session, label, typed=pin, key=KEY, province_code=None, now=NOW)
            return checked.outcome

    told = Counter(await asyncio.gather(*(check() for _client in range(CLIENTS))))
    assert told == {Outcome.FIRST: 1, Outcome.LATER: CLIENTS - 1}


async def test_looking_before_binding_would_tell_all_that_they_are_first(db: Database) -> None:
    """Negative control: with look-then-write the same thirty-two are all the first."""
    serial, _pin = await make_label(db)
    have_looked = asyncio.Barrier(CLIENTS)

    async def check() -> bool:
        async with db.transaction() as session:
            label = await session.scalar(select(Serial).where(Serial.id == serial.id))
            assert label is not None
            is_first = label.pin_used_at is None
            await have_looked.wait()
            label.pin_used_at = NOW
            return is_first

    assert sum(await asyncio.gather(*(check() for _client in range(CLIENTS)))) == CLIENTS
