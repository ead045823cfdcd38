"""Ids, tokens and codes."""

import hashlib
import re
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import ids

codes = st.text(ids.CODE_ALPHABET, min_size=1, max_size=30).map(ids.with_check)


def test_uuid7_is_version_7_and_sorts_by_time():
    """Ids made later sort later, and they are the standard library's UUID."""
    made = [ids.uuid7() for _ in range(100)]
    assert all(type(one) is UUID and one.version == 7 for one in made)
    assert all(earlier < later for earlier, later in pairwise(made))


def test_new_token_is_long_and_safe_in_a_link():
    """A token has 130 bits in 26 characters that no link, keyboard or reader mangles."""
    made = {ids.new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch("[a-z2-7]{26}", token) for token in made)


def test_hash_token_is_sha256():
    """Only the hash is kept."""
    assert ids.hash_token("chè") == hashlib.sha256("chè".encode()).digest()


def test_derive_token_is_the_same_each_time_and_differs_by_each_part():
    """A derived token depends on secret, purpose and id, and on nothing else."""
    one, other = UUID(int=1), UUID(int=2)
    token = ids.derive_token(b"key", "order", one)
    assert token == ids.derive_token(b"key", "order", one) == "if5j5ltghfsglm3bxywq4y4pso"
    others = {
        ids.derive_token(b"kez", "order", one),
        ids.derive_token(b"key", "booking", one),
        ids.derive_token(b"key", "order", other),
    }
    assert len(others | {token}) == 4


def test_derive_token_refuses_an_empty_secret():
    """An unset secret never makes tokens that anyone could make."""
    with pytest.raises(ValueError, match="empty"):
        ids.derive_token(b"", "order", UUID(int=1))


def test_code_alphabet_has_no_look_alikes():
    """A code can be read aloud: no 0 and O, no 1 and I."""
    assert set(ids.CODE_ALPHABET) == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") - set("0O1I")
    assert re.fullmatch(f"[{ids.CODE_ALPHABET}]{{12}}", ids.new_code(12))


@given(codes)
def test_with_check_is_valid(code):
    """Every code with its checksum passes."""
    assert ids.is_valid_code(code)


@given(codes, st.data())
def test_is_valid_code_catches_any_single_wrong_character(code, data):
    """One wrong character anywhere never passes."""
    place = data.draw(st.integers(0, len(code) - 1))
    for wrong in set(ids.CODE_ALPHABET) - {code[place]}:
        assert not ids.is_valid_code(code[:place] + wrong + code[place + 1 :])


@given(codes, st.data())
def test_is_valid_code_catches_any_swap(code, data):
    """Two different characters that changed places, neighbours or not, never pass."""
    first = data.draw(st.integers(0, len(code) - 2))
    second = data.draw(st.integers(first + 1, len(code) - 1))
    swapped = list(code)
    swapped[first], swapped[second] = code[second], code[first]
    assert ids.is_valid_code("".join(swapped)) == (code[first] == code[second])


def test_checksum_catches_every_pair_of_neighbours():
    """Exhaustive for two characters and their checksum: all substitutions and neighbour swaps of 1,024 codes."""
    for first in ids.CODE_ALPHABET:
        for second in ids.CODE_ALPHABET:
            code = ids.with_check(first + second)
            a, b, c = code
            assert a == b or not ids.is_valid_code(b + a + c)
            assert b == c or not ids.is_valid_code(a + c + b)
            assert [last for last in ids.CODE_ALPHABET if ids.is_valid_code(a + b + last)] == [c]
            assert [last for last in ids.CODE_ALPHABET if ids.is_valid_code(a + last + c)] == [b]
            assert [last for last in ids.CODE_ALPHABET if ids.is_valid_code(last + b + c)] == [a]


@pytest.mark.parametrize("body", ["", "A" * 31, "ABC0", "abc"])
def test_with_check_refuses_what_it_cannot_protect(body):
    """A body that is empty, too long or of other characters gets no checksum."""
    with pytest.raises(ValueError, match=r"code|substring"):
        ids.with_check(body)


@pytest.mark.parametrize("code", ["", "2", "2" * 32, "ab", "22O", "22 "])
def test_is_valid_code_refuses_what_is_no_code(code):
    """Wrong length or wrong characters are no code, never an error."""
    assert not ids.is_valid_code(code)


def test_new_payment_code_fits_the_memo():
    """A payment code has the fixed prefix, 8-10 characters and a checksum at the end."""
    code = ids.new_payment_code()
    assert len(code) == ids.PAYMENT_CODE_LENGTH == 9
    assert code.startswith("CP")
    assert ids.is_valid_code(code)
    assert ids.new_payment_code("TRA").startswith("TRA")


@given(
    st.builds(lambda body: ids.with_check("CP" + body), st.text(ids.CODE_ALPHABET, min_size=6, max_size=6)),
    st.lists(st.sampled_from(["", " ", "-", ".", "/", " . "]), min_size=9, max_size=9),
    st.sampled_from(["", "MBVCB.327.", "chuyển tiền ", "CT DEN:0912 ", "CPCP"]),
    st.sampled_from(["", ".CT tu 0011", " thanh toán", "/FT2631"]),
    st.booleans(),
)
def test_find_payment_codes_sees_through_what_banks_do(code, gaps, before, after, is_lowered):
    """Prefixes, blanks, punctuation and case that banks put in do not hide a code."""
    memo = before + "".join(char + gap for char, gap in zip(code, gaps, strict=True)) + after
    assert code in ids.find_payment_codes(memo.lower() if is_lowered else memo)


def test_find_payment_codes_takes_whole_codes_once():
    """A code twice is one code; a cut or mistyped one is none; two are two, in their order."""
    first, second = ids.with_check("CP234567"), ids.with_check("CPABCDEF")
    assert ids.find_payment_codes(f"{second} {first} {second}") == [second, first]
    assert ids.find_payment_codes(first[:-1]) == []
    assert ids.find_payment_codes(ids.with_check("CP234568")[:-1] + first[-1]) == []
    assert ids.find_payment_codes("") == []
