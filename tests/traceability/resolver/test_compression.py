"""Compressed links: read back bit by bit, refused when anything does not fit, led to their plain form."""

from __future__ import annotations

import random
from collections.abc import Mapping

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.db import Database
from tests.factories import traceability as made
from traceability.links.keys import check_digit
from traceability.resolver.compression import (
    ALPHABET,
    HEX,
    ORDERED,
    SEQUENCES,
    CompressionError,
    components_of,
    digit_bits,
    expand_path,
    length_bits,
)

GTIN = "05412345000013"
ROOT = "http://127.0.0.1:8000"


def write(number: int, count: int) -> str:
    """A number in so many bits; none for no count."""
    return f"{number:0{count}b}" if count else ""


def write_characters(text: str, encoding: int) -> str:
    """Characters in one of the five encodings."""
    if encoding == 0:
        return write(int(text or "0"), digit_bits(len(text)))
    if encoding in {1, 2}:
        return "".join(write(HEX.index(character.upper()), 4) for character in text)
    if encoding == 3:
        return "".join(write(ALPHABET.index(character), 6) for character in text)
    return "".join(write(ord(character), 7) for character in text)


def write_value(ai: str, value: str, encoding: int = 4) -> str:
    """A value by its components."""
    bits = ""
    for component in components_of(ai):
        part = value if component.is_variable else value[: component.length]
        value = value[len(part) :]
        size = write(len(part), length_bits(component.length)) if component.is_variable else ""
        if component.is_numeric:
            bits += size + write_characters(part, 0)
        else:
            bits += write(encoding, 3) + size + write_characters(part, encoding)
    return bits


def write_pair(ai: str, value: str, encoding: int = 4) -> str:
    """An identifier's digits, then its value."""
    return "".join(write(int(digit), 4) for digit in ai) + write_value(ai, value, encoding)


def close(bits: str) -> str:
    """The characters of these bits, padded on the right."""
    bits += "0" * (-len(bits) % 6)
    return "".join(ALPHABET[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


def write_sequence(code: str, values: Mapping[str, str], table: Mapping[str, tuple[str, ...]]) -> str:
    """A usual sequence by its pair of digits."""
    bits = "".join(write(HEX.index(digit), 4) for digit in code)
    return bits + "".join(write_value(ai, values[ai]) for ai in table[code])


def write_foreign(key: str, value: str, encoding: int) -> str:
    """A pair that is not GS1's."""
    said = "".join(write(ALPHABET.index(character), 6) for character in key)
    return (
        "1111" + write(len(key), 7) + said + write(encoding, 3) + write(len(value), 7)
        + write_characters(value, encoding)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("compressed", "plain"),
    [
        ("AN2yxDhfaiaw", "/00/998440410914660971"),
        ("AQnYUc1gmg", f"/01/{GTIN}"),
        ("AQnYUc1gmiCNV4JG", f"/01/{GTIN}/10/ABC123"),
        ("AQnYUc1gmiCNV4JGQhcNT6K6c", f"/01/{GTIN}/10/ABC123/21/72292641703"),
        ("AQnYUc1gmkax7ipGrOHDPC5YNI8hMz", f"/01/{GTIN}/235/8TFV883a904GH%263"),
        ("JTLIetaiHYA", "/253/3060077601309"),
        ("JVUqG5hJ5wA", "/255/5678409730535"),
        ("QCJZyW9mC6Z4", "/402/21173492661712079"),
        ("JUa0T-eifdtOO9UFEmlYwv3Q", "/414/5060917510004/254/RP56J920471"),
        ("QXSaVjC_dHBAVlCrg", "/417/5060917510004/7040/5KFX"),
        ("gAMJCAXukTMA", "/8003/04965031954585"),
        ("gBN05060917511473062B98T", "/8013/5060917511473062B98T"),
        ("gBhbV6rzBENPmAGXPRfk", "/8018/411369833821910265/8019/4003812"),
        (f"01/{GTIN}/EEarwSMhC4an0V04", f"/01/{GTIN}/10/ABC123/21/72292641703"),
        ("414/5060917510004/cEBWUKu/", "/414/5060917510004/7040/5KFX"),
    ],
)
def test_known_links_are_read(compressed: str, plain: str) -> None:
    """Links that others compressed come back as they were."""
    assert expand_path(f"/{compressed}") == (plain, "")


def test_joined_and_optional_numbers_are_read() -> None:
    """Fixed numbers that follow one another are one number; one that may be left out says its length."""
    piece = f"{GTIN}0102"
    assert expand_path(f"/{close(write_pair('8006', piece))}") == (f"/8006/{piece}", "")
    for ai, value in (
        ("7007", "261101"),
        ("8008", "26110114"),
        ("7003", "2611011430"),
    ):
        bits = write_pair("01", GTIN) + write_pair(ai, value)
        assert expand_path(f"/{close(bits)}") == (f"/01/{GTIN}", f"{ai}={value}")


def test_data_and_foreign_pairs_go_into_the_query() -> None:
    """Dates and whatever is not GS1's stand behind the question mark."""
    known = "AQnYUc1gmiERBhQ0ytiyZuAGOLc1TXhXsaXbQKHFuaprwUmrBX6g"
    assert expand_path(f"/{known}") == (
        f"/01/{GTIN}/10/ABC%26%2B123",
        "7003=1903061658&expdt=1903061658&k1=v1",
    )
    bits = (
        write_pair("01", GTIN) + write_foreign("utm_source", "zalo & co", 4) + write_foreign("n", "0042", 0)
    )
    assert expand_path(f"/{close(bits)}") == (f"/01/{GTIN}", "utm_source=zalo%20%26%20co&n=0042")


@given(
    lot=st.text(ALPHABET, min_size=1, max_size=20),
    serial=st.integers(0, 10**20 - 1),
    width=st.integers(1, 20),
    body=st.integers(0, 10**13 - 1),
)
def test_what_was_written_is_read(lot: str, serial: int, width: int, body: int) -> None:
    """Any product, lot and serial come back, leading zeros too, written one by one or as a usual sequence."""
    digits = f"{body:013d}"
    gtin = f"{digits}{check_digit(digits)}"
    number = f"{serial % 10**width:0{width}d}"
    plain = (f"/01/{gtin}/10/{lot}/21/{number}", "17=271112")
    bits = (
        write_pair("21", number, 0) + write_pair("01", gtin) + write_pair("17", "271112")
        + write_pair("10", lot, 3)
    )  # fmt: skip
    assert expand_path(f"/{close(bits)}") == plain
    values = {"01": gtin, "10": lot, "17": "271112", "21": number}
    assert expand_path(f"/{close(write_sequence('1A', values, SEQUENCES))}") == plain


def test_sequences_are_read_in_both_orders() -> None:
    """The toolkit sorts a sequence by its digits: a place with its extension is read either way."""
    values = {"414": "5060917510004", "254": "KHO"}
    for table in (SEQUENCES, ORDERED):
        assert expand_path(f"/{close(write_sequence('9D', values, table))}") == (
            "/414/5060917510004/254/KHO",
            "",
        )
    assert SEQUENCES["CD"] == ("255", "3943") and SEQUENCES["2F"] == ("01", "3105")


@pytest.mark.parametrize(
    ("text", "encoding"), [("beef", 1), ("BEEF", 2), ("0012", 0), ("A-b_9", 3), ("a+b", 4)]
)
def test_each_encoding_is_read(text: str, encoding: int) -> None:
    """Digits, small and large hexadecimal, URI-safe characters, ASCII."""
    expanded = expand_path(f"/{close(write_pair('01', GTIN) + write_pair('10', text, encoding))}")
    assert expanded is not None
    assert expanded[0] == f"/01/{GTIN}/10/{text.replace('+', '%2B')}"


@pytest.mark.parametrize(
    "bits",
    [
        write_pair("01", GTIN[:-1] + "4"),  # check digit
        write_pair("01", GTIN) + write_pair("01", GTIN),  # twice
        write_pair("01", GTIN) + write_pair("414", "5060917510004"),  # two keys
        write_pair("10", "ABC123"),  # no key
        write_pair("01", GTIN) + write_pair("254", "X"),  # a qualifier of another key
        write_pair("01", GTIN) + write_pair("17", "279999"),  # no such day
        write_pair("01", GTIN) + "0001000000",  # cut off
        write_pair("01", GTIN) + "0001" + "0000" + "101" + "00001" + "0000000",  # no such encoding
        write_pair("01", GTIN) + "0001" + "0000" + "100" + "11111" + "0" * 217,  # longer than a lot may be
        write_pair("01", GTIN) + "0010" + "0000" + "1111111",  # more than two digits hold
        write_pair("8017", "817019610850151481")
        + "1000000000011001"
        + "1111"
        + "0" * 50,  # more digits than ten
        "0000" + "1111" * 3,  # no identifier
        "1110" + "0000" + "1" * 40,  # no sequence
        "0101" + "0101" * 5,  # no identifier begins so
        write_pair("01", GTIN) + write_pair("10", "A\x00B"),  # no character of a lot
    ],
)
def test_what_does_not_fit_is_no_link(bits: str) -> None:
    """Whatever breaks a rule of the plain form, or of the bits, is no compressed link."""
    assert expand_path(f"/{close(bits)}") is None


def test_other_addresses_are_no_links() -> None:
    """Words, short and endless segments, unknown identifiers, a part that repeats what stands in the open."""
    for path in ("/", "/producers", "/abc", "/gioi-thieu", f"/{'A' * 301}", f"/01/{GTIN}", "/a.b/c/defgh"):
        assert expand_path(path) is None, path
    doubled = close(write_pair("01", GTIN))
    assert expand_path(f"/01/{GTIN}/{doubled}") is None
    for ai in ("99999", "415x", "18"):
        with pytest.raises(CompressionError):
            components_of(ai)


def test_noise_is_never_an_error() -> None:
    """Ten thousand random segments: each is a valid link or none, and nothing breaks."""
    dice = random.Random(7)
    for _number in range(10_000):
        expand_path("/" + "".join(dice.choices(ALPHABET, k=dice.randint(5, 40))))


async def test_compressed_links_are_led_to_the_plain_form(client: httpx.AsyncClient, db: Database) -> None:
    """307 to the plain form with the caller's query, `owl:sameAs` named; the plain form then tells its story."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
    whole = close(write_pair("01", lot.gtin) + write_pair("10", lot.code) + write_pair("17", "271112"))
    part = close(write_pair("10", lot.code))
    plain = f"{ROOT}/01/{lot.gtin}/10/{lot.code}"
    for path, location in (
        (f"/{whole}?a=b", f"{plain}?17=271112&a=b"),
        (f"/01/{lot.gtin}/{part}", plain),
        (f"/01/{lot.gtin}/{part}/?a=b", f"{plain}?a=b"),
    ):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (307, location)
        assert answer.headers["Link"] == f'<{plain}>; rel="owl:sameAs"'
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert (await client.get(location)).status_code == 200
    place = await client.get("/414/5060917510004/cEBWUKu")
    assert place.headers["Location"] == f"{ROOT}/414/5060917510004/7040/5KFX"
    assert (await client.head(f"/{whole}")).status_code == 307
    assert (await client.post(f"/{whole}")).status_code == 404


async def test_other_addresses_answer_as_before(client: httpx.AsyncClient, db: Database) -> None:
    """What is no link is not found in words, a missing slash is still put right, a bad link still says why."""
    del db
    missing = await client.get("/khong-co-trang-nay")
    assert (missing.status_code, "Không tìm thấy trang này" in missing.text) == (404, True)
    slash = await client.get("/producer")
    assert slash.status_code == 307 and slash.headers["Location"].endswith("/producer/")
    assert (await client.get(f"/01/{GTIN}/10")).status_code == 400
    assert (await client.get("/414/5060917510004/254")).status_code == 400
