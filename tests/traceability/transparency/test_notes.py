"""Signed notes: what is written is read, any changed byte is noticed, other spellings are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.signing import Signer
from traceability.transparency import merkle
from traceability.transparency.notes import (
    COSIGNATURE,
    ED25519,
    Checkpoint,
    NoteError,
    cosign,
    key_of,
    read_checkpoint,
    read_key,
    read_keys,
    read_signature,
    sign_checkpoint,
)
from traceability.transparency.proofs import Proof, read_proof

LOG, OTHER = Signer(b"x" * 32, "log"), Signer(b"y" * 32, "log")
WITNESS = Signer(b"x" * 32, "witness")
ORIGIN, NAME = "chophien.example/log", "xa.example/witness"
KEY, WITNESS_KEY = key_of(LOG, ORIGIN, ED25519), key_of(WITNESS, NAME, COSIGNATURE)
ENTRY = b"entry"
HEAD = sign_checkpoint(LOG, ORIGIN, 1, merkle.leaf_hash(ENTRY))
SEEN = Checkpoint(
    HEAD.origin, HEAD.size, HEAD.root, [*HEAD.signatures, cosign(WITNESS, NAME, HEAD, 1_700_000_000)]
)


def test_a_head_is_signed_and_cosigned() -> None:
    """The log's key and the witness's key find their own line; others find none."""
    head = read_checkpoint(SEEN.spell())
    assert head == SEEN and head.is_signed_by(KEY) and head.is_signed_by(WITNESS_KEY)
    assert head.stamp_of(WITNESS_KEY) == 1_700_000_000 and head.stamp_of(KEY) is None
    assert not head.is_signed_by(key_of(OTHER, ORIGIN, ED25519))
    assert HEAD.stamp_of(WITNESS_KEY) is None


@pytest.mark.parametrize("key", [KEY, WITNESS_KEY])
def test_keys_are_handed_on_as_text(key: object) -> None:
    """A key is read back from its text; several are divided by commas elsewhere."""
    assert read_key(key.spell() + "\n") == key  # type: ignore[attr-defined]
    assert read_keys(["", key.spell()]) == [key]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        "a b+00000000+AQ==",
        f"{ORIGIN}+00000000+{KEY.spell().rpartition('+')[2]}",
        "a+00000000+!!",
        KEY.spell().replace("log", "lag"),
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    """A key that is cut, of another name or misspelt is said to be none."""
    with pytest.raises(NoteError):
        read_key(text)


@given(st.data())
def test_any_changed_byte_of_a_head_is_noticed(data: st.DataObject) -> None:
    """With one character changed a head is no head any more, or signed by neither key."""
    text = HEAD.spell()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda char: char != text[place]))
    changed = text[:place] + other + text[place + 1 :]
    try:
        head = read_checkpoint(changed)
    except NoteError:
        return
    assert not (head.is_signed_by(KEY) and head.origin == ORIGIN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no note\n",
        HEAD.spell().rstrip("\n"),
        HEAD.spell().replace("\n1\n", "\n01\n"),
        HEAD.spell().replace("— ", "- "),
        HEAD.body + "\n— name AAAAAAB=\n",
        HEAD.body + "\n— name AAAA\n",
        HEAD.body + "\n— name !!!!\n",
        HEAD.body.replace("\n1\n", "\n1\n\n") + "\n— name AAAAAAAA\n",
        HEAD.body.split("\n")[0] + "\n1\nnot base64\n\n— name AAAAAAAA\n",
        HEAD.body + "\n" + "— name AAAAAAAA\n" * 33,
        HEAD.body.replace("chophien", "cho\tphien") + "\n— name AAAAAAAA\n",
        "x" * 30_000 + "\n",
    ],
)
def test_what_is_no_head_is_refused(text: str) -> None:
    """Notes of another shape, numbers with zeros in front, and endless signatures are refused."""
    with pytest.raises(NoteError):
        read_checkpoint(text)
    with pytest.raises(NoteError):
        read_signature("not a line")


def test_a_proof_stands_by_itself() -> None:
    """A proof file is read back and proves its entry under the log's key, and no other entry or key."""
    proof = Proof(ENTRY, 0, [], SEEN)
    found = read_proof(proof.spell())
    assert found == proof and found.proves(ENTRY, KEY)
    assert not found.proves(b"other", KEY) and not found.proves(ENTRY, key_of(OTHER, ORIGIN, ED25519))
    assert read_proof(proof.spell().replace("extra ZW50cnk=\n", "")).extra == b""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index 0", "index 00"),
        ("index 0", "index -1"),
        ("index 0\n", ""),
        ("index 0", "index 0\nAAAA"),
        ("extra ZW50cnk=", "extra ZW50cnk"),
        ("\n\n", "\n"),
        ("index 0", "index 0" + "\nAAAA" * 80),
    ],
)
def test_what_is_no_proof_is_refused(old: str, new: str) -> None:
    """A proof of another version, without index, with steps that are no hashes, is none."""
    with pytest.raises(NoteError):
        read_proof(Proof(ENTRY, 0, [], SEEN).spell().replace(old, new, 1 if old != "\n\n" else -1))
