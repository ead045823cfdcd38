"""VietQR: built as NAPAS says, and read to the last character or not at all."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.payments import vietqr
from storefront.payments.vietqr import Service, VietQr, VietQrError, VietQrReason

SHOP = VietQr(bank_bin="970403", account="0011012345678", is_dynamic=False)
CARD = VietQr(bank_bin="970403", account="9704031101234567", service=Service.TO_CARD, is_dynamic=False)

VECTORS = {
    # NAPAS 6.1.1 with the account's true length
    "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F": SHOP,
    # NAPAS 6.1.2
    "00020101021138600010A00000072701300006970403011697040311012345670208QRIBFTTC53037045802VN63044F52": CARD,
    # NAPAS 6.1.3
    "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN"
    "62340107NPS68690819thanh toan don hang63042E2E": VietQr(
        bank_bin="970403",
        account="0011012345678",
        amount=180_000,
        bill_number="NPS6869",
        purpose="thanh toan don hang",
    ),
    # NAPAS 6.1.4
    "00020101021238600010A00000072701300006970403011697040311012345670208QRIBFTTC530370454061800005802VN"
    "62340107NPS68690819thanh toan don hang6304A203": VietQr(
        bank_bin="970403",
        account="9704031101234567",
        amount=180_000,
        bill_number="NPS6869",
        purpose="thanh toan don hang",
        service=Service.TO_CARD,
    ),
    # public libraries
    "00020101021138540010A00000072701240006970423011000999999990208QRIBFTTA53037045802VN6304CBB4": VietQr(
        bank_bin="970423", account="0099999999", is_dynamic=False
    ),
    "00020101021238630010A0000007270133000697042201190023457923442ASDFLJ0208QRIBFTTA53037045405401235802VN"
    "62290825chuyen khoan alsdkf laksj6304E5DB": VietQr(
        bank_bin="970422", account="0023457923442ASDFLJ", amount=40_123, purpose="chuyen khoan alsdkf laksj"
    ),
    "00020101021238570010A00000072701270006970415011300110019324180208QRIBFTTA530370454061200005802VN"
    "62170813ung ho lu lut6304C15C": VietQr(
        bank_bin="970415", account="0011001932418", amount=120_000, purpose="ung ho lu lut"
    ),
    "00020101021138510010A00000072701210006970407010797968680208QRIBFTTA53037045802VN"
    "62240820gen by sunary/vietqr6304BE74": VietQr(
        bank_bin="970407", account="9796868", purpose="gen by sunary/vietqr", is_dynamic=False
    ),
}
DYNAMIC = next(text for text in VECTORS if text.endswith("2E2E"))
# NAPAS 6.1.1 as printed: "0112" before 13 digits; its checksum is right over the slip
TYPO = "00020101021138570010A00000072701270006970403011200110123456780208QRIBFTTA53037045802VN6304F4E5"

fields = st.text(string.printable[:95], max_size=25)
codes = st.builds(
    VietQr,
    bank_bin=st.text("0123456789", min_size=6, max_size=6),
    account=st.text(string.ascii_letters + string.digits, min_size=1, max_size=19),
    amount=st.none() | st.integers(1, 10**13 - 1),
    purpose=fields,
    bill_number=fields,
    terminal=fields,
    service=st.sampled_from(Service),
    is_dynamic=st.booleans(),
)


def seal(text):
    """Put the right checksum under a text."""
    return f"{text}6304{vietqr.checksum(text + '6304')}"


@pytest.mark.parametrize(("text", "code"), VECTORS.items())
def test_public_vectors_are_built_and_read(text, code):
    """We spell and read what NAPAS and the public libraries do."""
    assert vietqr.build(code) == text
    assert vietqr.parse(text) == code


def test_parse_refuses_the_standards_own_slip():
    """An account that is longer than announced is refused, never paid without its last digit."""
    assert vietqr.checksum(TYPO[:-4]) == TYPO[-4:]
    with pytest.raises(VietQrError) as caught:
        vietqr.parse(TYPO)
    assert (caught.value.reason, caught.value.tag) == (VietQrReason.NOT_TLV, "38/01/")


@given(codes)
def test_parse_reads_what_build_spells(code):
    """Nothing of a transfer is lost or bent in its QR code."""
    assert vietqr.parse(vietqr.build(code)) == code


@given(codes, st.data())
def test_parse_refuses_any_single_flipped_character(code, data):
    """One wrong character anywhere and the code is not taken."""
    text = vietqr.build(code)
    place = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(st.characters(codec="utf-8").filter(lambda char: char != text[place]))
    with pytest.raises(VietQrError):
        vietqr.parse(text[:place] + wrong + text[place + 1 :])


def test_parse_refuses_every_flip_of_the_standards_example():
    """Exhaustive for printable characters: no flip of NAPAS 6.1.3 is taken."""
    for place, right in enumerate(DYNAMIC):
        for wrong in set(string.printable[:95]) - {right}:
            with pytest.raises(VietQrError):
                vietqr.parse(DYNAMIC[:place] + wrong + DYNAMIC[place + 1 :])


LENGTHS = {
    "38": (DYNAMIC.index("3857") + 2, "57"),
    "38/00": (DYNAMIC.index("0010A") + 2, "10"),
    "38/01": (DYNAMIC.index("0127") + 2, "27"),
    "38/01/00": (DYNAMIC.index("0006") + 2, "06"),
    "38/01/01": (DYNAMIC.index("0113") + 2, "13"),
    "38/02": (DYNAMIC.index("0208Q") + 2, "08"),
    "53": (DYNAMIC.index("5303") + 2, "03"),
    "54": (DYNAMIC.index("5406") + 2, "06"),
    "58": (DYNAMIC.index("5802") + 2, "02"),
    "62": (DYNAMIC.index("6234") + 2, "34"),
    "62/01": (DYNAMIC.index("0107N") + 2, "07"),
    "62/08": (DYNAMIC.index("0819t") + 2, "19"),
}


@pytest.mark.parametrize(("place", "right"), LENGTHS.values(), ids=LENGTHS)
def test_parse_refuses_every_other_length_of_every_field(place, right):
    """Every length that NAPAS 6.1.3 could announce instead is refused, though its checksum is right over the slip."""
    assert DYNAMIC[place : place + 2] == right
    for length in {f"{number:02d}" for number in range(100)} - {right}:
        slipped = DYNAMIC[:place] + length + DYNAMIC[place + 2 : -8]
        with pytest.raises(VietQrError):
            vietqr.parse(seal(slipped))


def spell(fields):
    """Fields in their order, to nest one in another."""
    return "".join(f"{tag}{len(value):02d}{value}" for tag, value in fields)


KNOWN_TAGS = {"07", "52", "54", "59", "60", "61"}  # fields that may stand there
leftovers = st.text(string.printable[:95], min_size=1, max_size=8).filter(
    lambda left: left[:2] not in KNOWN_TAGS
)


@given(st.sampled_from(["", "38", "38/01", "62"]), leftovers)
def test_parse_refuses_leftovers_in_any_template(where, left):
    """Whatever stands behind the last field of a template is refused, however the lengths around it agree."""
    after = dict.fromkeys(["", "38", "38/01", "62"], "") | {where: left}
    beneficiary = spell([("00", "970403"), ("01", "0011012345678")]) + after["38/01"]
    transfer = spell([("00", "A000000727"), ("01", beneficiary), ("02", "QRIBFTTA")]) + after["38"]
    extra = spell([("01", "NPS6869"), ("08", "thanh toan don hang")]) + after["62"]
    text = spell([("00", "01"), ("01", "12"), ("38", transfer), ("53", "704"), ("58", "VN"), ("62", extra)])
    with pytest.raises(VietQrError):
        vietqr.parse(seal(text + after[""]))


@given(codes, st.integers(1, 0xFFFF))
def test_parse_refuses_every_other_checksum(code, shift):
    """Of the 65,536 checksums that a text could bear, one is taken."""
    text = vietqr.build(code)
    wrong = f"{int(text[-4:], 16) ^ shift:04X}"
    with pytest.raises(VietQrError) as caught:
        vietqr.parse(text[:-4] + wrong)
    assert caught.value.reason is VietQrReason.CHECKSUM


@given(codes, st.data())
def test_parse_refuses_what_was_cut_or_doubled(code, data):
    """A text without one of its characters, or with one twice, is refused even under a right checksum of its own."""
    body = vietqr.build(code)[:-8]
    place = data.draw(st.integers(0, len(body) - 1))
    for bent in (body[:place] + body[place + 1 :], body[:place] + body[place] + body[place:]):
        try:
            found = vietqr.parse(seal(bent))
        except VietQrError:
            continue
        assert vietqr.build(found) == seal(bent)  # another whole text, read as exactly itself


@given(st.text(max_size=60) | st.text("0123456789", max_size=60).map(lambda text: seal(f"000201{text}")))
def test_parse_answers_or_refuses_whatever_is_scanned(text):
    """Any other QR code is refused in words, never with a crash."""
    with pytest.raises(VietQrError):
        vietqr.parse(text)


BODY = "38570010A00000072701270006970403011300110123456780208QRIBFTTA"


@pytest.mark.parametrize(
    ("text", "reason", "tag"),
    [
        ("", VietQrReason.CHECKSUM, "63"),
        (DYNAMIC.lower(), VietQrReason.CHECKSUM, "63"),
        (DYNAMIC + "\n", VietQrReason.CHECKSUM, "63"),
        (DYNAMIC.replace("thanh", "thành"), VietQrReason.BAD_VALUE, ""),
        (seal("010211000201" + BODY + "53037045802VN"), VietQrReason.MISSING, "00"),
        (seal("000201" + BODY + "53037045802VN"), VietQrReason.MISSING, "01"),
        (seal("000201010211" + "53037045802VN"), VietQrReason.MISSING, "38"),
        (seal("000201010211" + BODY + "5802VN"), VietQrReason.MISSING, "53"),
        (seal("000201010222" + BODY + "53037045802VN"), VietQrReason.BAD_VALUE, "01"),
        (seal("000201010211" + BODY + "53038405802VN"), VietQrReason.BAD_VALUE, "53"),
        (seal("000201010211" + BODY + "53037045802US"), VietQrReason.BAD_VALUE, "58"),
        (
            seal("000201010211" + BODY.replace("727", "728") + "53037045802VN"),
            VietQrReason.BAD_VALUE,
            "38/00",
        ),
        (
            seal("000201010211" + BODY.replace("TTA", "PUS") + "53037045802VN"),
            VietQrReason.BAD_VALUE,
            "38/02",
        ),
        (seal("000201010212" + BODY + "530370454041E105802VN"), VietQrReason.BAD_VALUE, "54"),
        (seal("000201010212" + BODY + "530370454041.505802VN"), VietQrReason.BAD_VALUE, "54"),
        (seal("000201010212" + BODY + "5303704540300105802VN"), VietQrReason.NOT_TLV, "05"),
        (seal("000201010212" + BODY + "53037045403001" + "5802VN"), VietQrReason.BAD_VALUE, "54"),
        (seal("000201010211" + BODY + "5303704" + "5802VN" + "5802VN"), VietQrReason.NOT_TLV, "58"),
        (seal("000201010211" + BODY + "5303704" + "5400" + "5802VN"), VietQrReason.NOT_TLV, "54"),
        (seal("000201010211" + BODY + "5303704" + "5802VN" + "62"), VietQrReason.NOT_TLV, ""),
        (seal("000201010211" + BODY + "5303704" + "5802VN" + "6210"), VietQrReason.NOT_TLV, "62"),
        (seal("000201010211" + BODY + "5303704" + "550201" + "5802VN"), VietQrReason.UNEXPECTED, "55"),
        (
            seal("000201010211" + BODY + "5303704" + "5802VN" + "62070503abc"),
            VietQrReason.UNEXPECTED,
            "62/05",
        ),
        (
            seal("000201010211" + BODY + "5303704" + "5802VN" + "6230" + "0826" + "a" * 26),
            VietQrReason.BAD_VALUE,
            "62/08",
        ),
        (seal("000201010211" + BODY + "5204541" + "x5303704" + "5802VN"), VietQrReason.BAD_VALUE, "52"),
    ],
)
def test_parse_refuses_with_the_reason_and_the_place(text, reason, tag):
    """A refusal says what is wrong and where."""
    with pytest.raises(VietQrError) as caught:
        vietqr.parse(text)
    assert (caught.value.reason, caught.value.tag) == (reason, tag)


def test_parse_takes_fields_in_any_order_and_leaves_the_shops_address_out():
    """Tags between 00 and 63 come in any order; category, name, city and postcode may be there."""
    extra = "5204541158" + "02VN" + "5908CHOPHIEN" + "6007YEN BAI" + "610533000" + "5303704"
    assert vietqr.parse(seal("000201" + BODY + extra + "010211")) == SHOP


@pytest.mark.parametrize(
    "facts",
    [
        {"bank_bin": "97040"},
        {"bank_bin": "９70403"},
        {"account": ""},
        {"account": "1" * 20},
        {"account": "001 101"},
        {"amount": 0},
        {"amount": -1},
        {"amount": 10**13},
        {"purpose": "chè Shan tuyết"},
        {"purpose": "a" * 26},
        {"bill_number": "a\n"},
        {"terminal": "đ"},
    ],
)
def test_vietqr_refuses_facts_that_banks_would_bend(facts):
    """What a bank's app would cut, strip or refuse never gets into a QR code."""
    with pytest.raises(VietQrError) as caught:
        VietQr(**{"bank_bin": "970403", "account": "0011012345678", **facts})
    assert caught.value.reason is VietQrReason.BAD_VALUE
