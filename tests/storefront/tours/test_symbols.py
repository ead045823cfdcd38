"""Signed tickets: what a symbol says, and that no bit of it can be another."""

from __future__ import annotations

from base64 import b32decode, b32encode
from datetime import date, time
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import qr
from app.core.ids import CODE_ALPHABET, with_check
from app.core.signing import Signer
from storefront.tours import symbols
from storefront.tours.symbols import WHOLE, Symbol

PRODUCER = UUID("019a8c00-0000-7000-8000-00000000000a")
NEIGHBOUR = UUID("019a8c00-0000-7000-8000-00000000000b")
SIGNER = Signer(b"a secret of the tests, long enough", "tickets/1")
OLDER = Signer(b"a secret of the tests, long enough", "tickets/0")
BITS = 81 * 8

codes = st.text(CODE_ALPHABET, min_size=6, max_size=6).map(with_check)
made = st.builds(
    Symbol,
    code=codes,
    place=st.integers(0, WHOLE),
    departure_tag=st.integers(0, 65535),
    day=st.dates(date(2020, 1, 1), date(2149, 1, 1)),
    starts=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    heads=st.integers(0, symbols.MOST_HEADS),
)
any_day = st.builds(
    Symbol,
    code=st.text(CODE_ALPHABET, min_size=7, max_size=7).map(with_check),
    place=st.just(0),
    departure_tag=st.integers(0, 65535),
    day=st.dates(date(2020, 1, 1), date(2149, 1, 1)),
    starts=st.just(time()),
    heads=st.integers(1, symbols.MOST_HEADS),
    days=st.integers(0, symbols.MOST_DAYS),
)
ONE = Symbol(
    code=with_check("ABC234"),
    place=WHOLE,
    departure_tag=7,
    day=date(2026, 11, 28),
    starts=time(8, 30),
    heads=4,
)


def write(symbol: Symbol = ONE, signer: Signer = SIGNER) -> str:
    """The letters of a ticket of our producer."""
    return symbols.write(symbol, producer_id=PRODUCER, signer=signer)


def read(letters: str, producer_id: UUID = PRODUCER) -> Symbol | None:
    """Read as the gate of a producer does."""
    return symbols.read(letters, producer_id=producer_id, keys=[SIGNER])


@given(made | any_day)
def test_a_ticket_says_what_was_signed(symbol):
    """51: what is read is what was written, in 130 letters, whatever the party and the day."""
    letters = write(symbol)
    assert len(letters) == symbols.LETTERS and read(letters) == symbol


@pytest.mark.parametrize("change", [{"place": 1}, {"days": symbols.MOST_DAYS + 1}, {"code": ONE.code}])
def test_a_ticket_for_any_day_has_one_place_and_a_year(change):
    """120: signed by us and said otherwise than we write it, it is no ticket."""
    values = {
        "code": with_check("ABC2345"),
        "place": 0,
        "departure_tag": 7,
        "day": ONE.day,
        "starts": time(),
        "heads": 1,
        "days": 3,
    }
    assert read(write(Symbol(**values))) == Symbol(**values)
    try:
        letters = write(Symbol(**values | change))
    except ValueError:
        return
    assert read(letters) is None


@settings(max_examples=40, deadline=None)
@given(made | any_day, st.integers(0, BITS - 1))
def test_any_flipped_bit_is_refused(symbol, bit):
    """51: one bit of the ticket or of its signature changed, and it is no ticket."""
    data = bytearray(b32decode(write(symbol) + "======"))
    data[bit // 8] ^= 1 << bit % 8
    assert read(b32encode(data).decode().rstrip("=")) is None


def test_every_bit_of_one_ticket_counts():
    """51: all 648 bits, one after the other; and the two that the last letter has over."""
    letters = write()
    for bit in range(BITS):
        data = bytearray(b32decode(letters + "======"))
        data[bit // 8] ^= 1 << bit % 8
        assert read(b32encode(data).decode().rstrip("=")) is None
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    spare = alphabet[alphabet.index(letters[-1]) + 1]
    assert b32decode(letters[:-1] + spare + "======") == b32decode(letters + "======")
    assert read(letters[:-1] + spare) is None


@pytest.mark.parametrize("wrong", ["", "A", "A" * 129, "A" * 131, "1" * 130, "a" * 130, "A" * 130])
def test_what_is_no_ticket_is_read_as_none(wrong):
    """51: too short, too long, of other letters, or of another version."""
    assert symbols.peek(wrong) is None and read(wrong) is None


def test_a_ticket_opens_one_producers_gate():
    """51: signed for one producer it is nothing at another's gate."""
    assert read(write(), NEIGHBOUR) is None


def test_old_keys_are_believed_and_strangers_are_not():
    """51: a ticket names its key; those of the house open, in whatever order, and no other."""
    old = write(signer=OLDER)
    assert symbols.read(old, producer_id=PRODUCER, keys=[SIGNER, OLDER]) == ONE
    assert read(old) is None


@pytest.mark.parametrize(
    "changed",
    [{"heads": 512}, {"place": 256}, {"departure_tag": -1}, {"code": "ABC"}, {"day": date(1969, 1, 1)}],
)
def test_what_does_not_fit_is_not_written(changed):
    """51: no field runs into the next."""
    with pytest.raises(ValueError, match="cannot say"):
        write(Symbol(**{**ONE.__dict__, **changed}))


def test_the_symbol_is_small_and_opens_from_a_camera():
    """51: an address in capitals, of version 6 for the market's own host and of version 8 at most."""
    letters = write()
    for host, version in (
        ("https://chophien.vn", 6),
        ("https://cho-phien.example.org/", 7),
        ("https://a-rather-long-name-of-a-market.in-a-province.example.vn", 8),
    ):
        address = symbols.address_of(letters, host)
        assert address == address.upper() and address.endswith(f"/T/{letters}")
        assert len(qr.modules(address)) == 17 + 4 * version
        assert symbols.find_letters(address) == symbols.find_letters(f" {address.lower()}\n") == letters
    assert symbols.find_letters(letters) == letters
    assert symbols.find_letters("ABC2345") is None
