"""Vietnamese text: search form, addresses, memos, dictionary order."""

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import text

vietnamese = st.text("aăâbcdđeêghikoôơuưyáàảãạấầẩẫậĐẶ ỹ-.1", max_size=30)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Chè  Đinh\u00a0", "che dinh"),
        ("Hoà Bình", "hoa binh"),
        ("Hòa Bình", "hoa binh"),
        (unicodedata.normalize("NFD", "Định Hóa"), "dinh hoa"),
        ("THỊT TRÂU GÁC BẾP", "thit trau gac bep"),
        ("", ""),
    ],
)
def test_fold_drops_case_marks_and_extra_blanks(typed, folded):
    """Search compares words as typed without marks, however the marks were composed."""
    assert text.fold(typed) == folded


@given(st.text())
def test_fold_is_idempotent(typed):
    """What is folded stays as it is."""
    assert text.fold(text.fold(typed)) == text.fold(typed)


@given(vietnamese)
def test_fold_does_not_care_how_marks_are_composed(typed):
    """A phone that sends decomposed letters finds the same things."""
    assert text.fold(unicodedata.normalize("NFD", typed)) == text.fold(unicodedata.normalize("NFC", typed))


def test_slugify_spells_a_web_address():
    """An address has a-z, 0-9 and single hyphens, and is cut without a hyphen at its end."""
    assert text.slugify("  Chè Shan tuyết (Suối Giàng) – 200 g!") == "che-shan-tuyet-suoi-giang-200-g"
    assert text.slugify("chè shan tuyết", max_length=9) == "che-shan"
    assert text.slugify("茶 ...") == ""


@given(st.text(), st.integers(0, 30))
def test_to_ascii_memo_is_plain_and_fits(typed, length):
    """A memo holds letters, digits and single inner blanks alone, within its length."""
    memo = text.to_ascii_memo(typed, length)
    assert len(memo) <= length
    assert memo == " ".join(memo.split())
    assert memo.isascii()
    assert all(char.isalnum() or char == " " for char in memo)


def test_to_ascii_memo_keeps_case_and_spells_d():
    """Đ becomes D: banks drop the letter otherwise."""
    assert text.to_ascii_memo("CP234567X Đặng Thị Hoà, chè", 25) == "CP234567X Dang Thi Hoa ch"


DICTIONARY = [
    "",
    "2 lá",
    "an",
    "ăn",
    "ân",
    "ca",
    "cá hồi",
    "cá tầm",
    "cam",
    "da",
    "dà",
    "dả",
    "dã",
    "dá",
    "dạ",
    "da bò",
    "dà cá",
    "dâu",
    "đa",
    "đà",
    "đào",
    "êm",
    "giá",
    "ô",
    "ơ",
    "tư",
    "vải",
    "xoài",
    "yến",
    "茶",
]


def test_sort_key_orders_as_the_dictionary():
    """Letters a ă â ... d đ e ê ... first, tones ngang huyền hỏi ngã sắc nặng only between equal letters."""
    shuffled = DICTIONARY[:]
    random.shuffle(shuffled)
    assert sorted(shuffled, key=text.sort_key) == DICTIONARY


def test_sort_key_ignores_case_composition_and_punctuation():
    """The same words in another spelling stand at the same place."""
    key = text.sort_key("Chè Đinh 2")
    assert key == text.sort_key("chè - đinh, 2!")
    assert key == text.sort_key(unicodedata.normalize("NFD", " CHÈ đinh\u20dd 2"))
    assert text.sort_key("ŷ") == text.sort_key("y")


@given(vietnamese, vietnamese)
def test_sort_key_puts_letters_before_tones(one, other):
    """Two texts whose letters differ are ordered the same with and without tones."""

    def toneless(typed):
        kept = (
            char
            for char in unicodedata.normalize("NFD", typed)
            if char not in "\u0300\u0301\u0303\u0309\u0323"
        )
        return text.sort_key("".join(kept))

    if toneless(one) != toneless(other):
        assert (text.sort_key(one) < text.sort_key(other)) == (toneless(one) < toneless(other))
