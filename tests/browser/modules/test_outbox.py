"""The outbox on the phone: saved whole or not at all, sealed, never dropped, never changed once it may have left."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.modules.kit import run

pytestmark = pytest.mark.browser
BREAK_PUT = """
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function broken(...all) {
  if (given.stores.includes(this.name)) throw new DOMException("full", given.error);
  return put.apply(this, all);
};
"""


def test_a_record_is_saved_in_one_step(lab: Page) -> None:
    """Whatever breaks while a record is saved leaves no part of it behind: no file, no number."""
    given = {"stores": ["outbox"], "error": "DataError"}
    found = run(
        lab,
        BREAK_PUT
        + "return [await attempt(O.save(db, key, owner, entry('a', { files: [photo()] }))), await sizes()];",
        given,
    )
    assert found == ["DOMException", {"outbox": 0, "files": 0, "seq": 0}]


def test_a_full_phone_still_takes_the_words(lab: Page) -> None:
    """When photos do not fit, the words are kept and the person hears how many were lost."""
    given = {"stores": ["files"], "error": "QuotaExceededError"}
    found = run(
        lab,
        BREAK_PUT
        + """const { id, lost } = await O.save(db, key, owner, entry("cỏ", { files: [photo(), photo()] }));
        const [record] = await O.list(db, key, owner);
        return { lost, sizes: await sizes(), same: record.id === id, fields: record.fields, files: record.files };""",
        given,
    )
    assert found == {
        "lost": 2,
        "sizes": {"outbox": 1, "files": 0, "seq": 1},
        "same": True,
        "fields": [["id", "x"], ["note", "cỏ"]],
        "files": [],
    }


def test_a_phone_that_is_quite_full_says_so(lab: Page) -> None:
    """When not even words fit, that is said and nothing half stays."""
    given = {"stores": ["files", "outbox"], "error": "QuotaExceededError"}
    found = run(
        lab,
        BREAK_PUT
        + "return [await attempt(O.save(db, key, owner, entry('a', { files: [photo()] }))), await sizes()];",
        given,
    )
    assert found == ["FullError", {"outbox": 0, "files": 0, "seq": 0}]


def test_a_refused_record_keeps_its_id_its_place_and_its_files(lab: Page) -> None:
    """Mended and saved again it is the same record: id, number and the photos that were kept; a new photo joins them."""
    found = run(
        lab,
        """const { id } = await O.save(db, key, owner, entry("sai", { files: [photo(10)] }));
        await write(2);
        await O.settle(db, key, { id, state: "refused", message: "chưa đúng", errors: { note: "chưa đúng" }, status: 422 });
        const [bad] = await O.list(db, key, owner);
        const again = await O.save(db, key, owner, entry("đúng", { id, captured_at: bad.captured_at, kept: bad.files, files: [photo(20)] }));
        const [good] = await O.list(db, key, owner);
        return { bad, good, same: again.id === id };""",
    )
    bad, good = found["bad"], found["good"]
    assert (bad["state"], bad["reason"], bad["errors"]) == ("refused", "chưa đúng", {"note": "chưa đúng"})
    assert found["same"] and (good["seq"], good["state"], good["attempts"]) == (1, "saved", 0)
    assert good["captured_at"] == bad["captured_at"] and good["fields"][1] == ["note", "đúng"]
    assert sorted(file["size"] for file in good["files"]) == [10, 20] and len(good["left"]) == 2
    assert "reason" not in good


def test_what_may_have_left_is_neither_dropped_nor_changed(lab: Page) -> None:
    """A record that an answer is awaited for, or that was sent, stands; one that never left can be taken back whole."""
    found = run(
        lab,
        """const [unsure, sent, free] = [await O.save(db, key, owner, entry("a")), await O.save(db, key, owner, entry("b")),
          await O.save(db, key, owner, entry("c", { files: [photo()] }))].map((one) => one.id);
        await O.noteAttempt(db, [unsure]);
        await O.settle(db, key, stored(sent));
        const drops = [await O.drop(db, unsure), await O.drop(db, sent), await O.drop(db, free), await O.drop(db, free)];
        const saves = [await attempt(O.save(db, key, owner, entry("khác", { id: unsure }))), await attempt(O.save(db, key, owner, entry("khác", { id: sent })))];
        return { drops, saves, states: (await rows()).map((row) => row.state), sizes: await sizes(),
          note: (await O.list(db, key, owner))[0].fields[1][1] };""",
    )
    assert found["drops"] == [False, False, True, False] and found["saves"] == ["ClosedError"] * 2
    assert found["states"] == ["saved", "sent"] and found["sizes"]["files"] == 0 and found["note"] == "a"


def test_what_is_stored_is_ciphertext(lab: Page) -> None:
    """No word, name of a file, path or photo of a record stands readable anywhere in the phone's stores."""
    found = run(
        lab,
        """const secret = new Blob(["BÍ-MẬT-TRONG-ẢNH"], { type: "image/jpeg" });
        const { id } = await O.save(db, key, owner, entry("BÍ-MẬT-CHỮ", { files: [{ field: "photos", name: "BÍ-MẬT.jpg", blob: secret }] }));
        await O.settle(db, key, { id, state: "refused", message: "LÝ-DO", errors: { note: "LÝ-DO" } });
        const parts = [];
        const walk = (value) => {
          if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
            const bytes = new Uint8Array(value.buffer ?? value);
            parts.push(new TextDecoder("utf-8").decode(bytes), new TextDecoder("utf-16le").decode(bytes));
          } else if (value && typeof value === "object") { for (const [name, inner] of Object.entries(value)) { parts.push(name); walk(inner); } }
          else parts.push(String(value));
        };
        for (const store of db.objectStoreNames) for (const value of await db.getAll(store)) walk(value);
        return parts.join("\\n");""",
    )
    assert "refused" in found and len(found) > 500
    for word in ("BÍ-MẬT", "LÝ-DO", "Làm cỏ", "Bờ hồ", "diary", "image/jpeg", "note"):
        assert word not in found


def test_each_person_opens_only_their_own(lab: Page) -> None:
    """Another person's key does not open a record, and their list does not show it."""
    found = run(
        lab,
        """await write(2);
        const other = await V.keyOf(db, "other", "Hoa");
        const [row] = await O.listRows(db, owner);
        return [await attempt(V.open(other, row.sealed)), (await O.listRows(db, "other")).length, (await O.counts(db, "other")).saved];""",
    )
    assert found == ["DOMException", 0, 0]


def test_sent_records_are_tidied_only_after_their_files(lab: Page) -> None:
    """The last fifty stay in sight; an older one stays as long as a file of it waits; what waits is never tidied."""
    found = run(
        lab,
        """const heavy = (await O.save(db, key, owner, entry("ảnh", { files: [photo()] }))).id;
        const waits = (await write(1))[0];
        for (const id of [heavy, ...(await write(54))]) await O.settle(db, key, stored(id));
        await O.tidy(db, owner);
        const first = await rows();
        for (const file of await db.getAll("files")) await O.moveFile(db, file.id, { state: "sent" });
        await O.tidy(db, owner);
        const after = await rows();
        return { first: first.length, heavy: first.some((row) => row.id === heavy), waits: after.some((row) => row.id === waits),
          after: after.length, gone: !after.some((row) => row.id === heavy) };""",
    )
    assert found == {"first": 52, "heavy": True, "waits": True, "after": 51, "gone": True}


def test_nothing_expires(lab: Page) -> None:
    """Ten years later every record and photo is there, and is sent."""
    run(lab, "await write(3); return O.save(db, key, owner, entry('ảnh', { files: [photo()] }));")
    lab.clock.install(time="2036-11-12T02:00:00Z")
    lab.reload()
    found = run(
        lab,
        """const before = await O.counts(db, owner);
        await O.tidy(db, owner);
        const fair = makeFair();
        await S.flush(db, key, owner, { fetch: fair.fetch, isWifiOnly: true });
        return { year: new Date().getFullYear(), before, taken: fair.taken.length };""",
    )
    assert found["year"] == 2036 and found["taken"] == 4
    assert (found["before"]["saved"], found["before"]["files"]) == (4, 1)


def test_a_row_that_is_gone_stays_gone(lab: Page) -> None:
    """An answer that comes for a record that was taken back makes no row."""
    found = run(
        lab,
        """const [id] = await write(1);
        await O.drop(db, id);
        for (const state of ["stored", "refused", "later"]) await O.settle(db, key, { id, state });
        await O.noteAttempt(db, [id]);
        await O.moveFile(db, id, { offset: 5 });
        return [await sizes(), await O.fileBlob(db, key, id, "image/jpeg")];""",
    )
    assert found == [{"outbox": 0, "files": 0, "seq": 1}, None]


def test_the_wait_grows_from_five_seconds_to_five_minutes(lab: Page) -> None:
    """5, 10, 20, 40, 80, 160, then 300 seconds for ever."""
    waits = run(lab, "return [0, 1, 2, 3, 4, 5, 6, 7, 8, 1000].map(O.wait);")
    assert [one / 1000 for one in waits] == [5, 5, 10, 20, 40, 80, 160, 300, 300, 300]
