"""The forms on the phone: a record that comes back is mended as what it is, with all that hangs on it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.modules.kit import run

pytestmark = pytest.mark.browser
# A page with one form, and a fair that refuses until `door` is opened; `uploads` are the files that were announced.
PAGE = """
document.body.innerHTML = `<main><h1>Làm cỏ</h1><form data-offline action="/producer/diary/new/weed" method="post">
  <input type="hidden" name="id" value=""><div class="field"><label>Ghi</label><input id="f-note" name="note" value="x"></div>
  <input type="file" name="photos"><button><span>Lưu</span></button></form></main>`;
const form = document.querySelector("form");
const refusal = { state: "refused", status: 422, message: "sai", errors: { note: "sai" } };
const refuse = async (_url, { body }) => reply({ results: JSON.parse(body).items.map(({ id }) => ({ id, ...refusal })) });
const fair = makeFair();
const uploads = [];
let door = refuse;
const open = () => { door = (url, said) => {
  if (!url.startsWith("/offline/uploads")) return fair.fetch(url, said);
  uploads.push(said.headers["Upload-Length"]);
  return new Response(null, { status: 201, headers: { "Upload-Offset": said.headers["Upload-Length"] } });
}; };
const send = () => S.flush(db, key, owner, { fetch: (...said) => door(...said), force: true });
const gone = [];
const phone = {
  db, owner, person: owner, context: { producer: "p" }, key: async () => key, outbox: "/o", go: (url) => gone.push(url), busy: () => () => {},
  words: { heading: "Còn chỗ chưa đúng.", elsewhere: "Ghi cho nhà khác.", astray: "Không còn mẫu này." },
  tell: async (id) => {
    await send();
    const row = await db.get("outbox", id);
    return row.state === "saved" ? row : { ...row, ...(await V.open(key, row.sealed)) };
  },
};
F.capture(phone);
const submit = async () => {
  form.requestSubmit();
  while (form.dataset.busy) await new Promise((resolve) => { setTimeout(resolve, 10); });
};
const choose = (bytes) => {
  const chosen = new DataTransfer();
  chosen.items.add(new File([new Uint8Array(bytes)], `${bytes}.jpg`, { type: "image/jpeg" }));
  form.querySelector("input[type=file]").files = chosen.files;
};
"""


def on_page(lab: Page, body: str) -> Any:
    """Run the body beside the page, the form and the fair."""
    return run(lab, PAGE + body)


def test_a_photo_that_was_refused_with_its_words_goes_once(lab: Page) -> None:
    """The first try is wrong, the second right: the photo that stands in the form goes once, and none is left waiting."""
    found = on_page(
        lab,
        """choose(500);
        await submit();
        const between = await sizes();
        open();
        await submit();
        await send();
        return { between: between.files, uploads, counts: await O.counts(db, owner), left: await db.count("files"), gone };""",
    )
    assert found["between"] == 1 and found["uploads"] == ["500"]
    assert (found["counts"]["files"], found["left"]) == (0, 0) and len(found["gone"]) == 1


def test_a_photo_chosen_anew_takes_the_place_of_the_one_before(lab: Page) -> None:
    """Between two tries another photo is chosen in the form: that one goes, and the first is not kept beside it."""
    found = on_page(
        lab,
        """choose(500);
        await submit();
        choose(700);
        open();
        await submit();
        await send();
        return { uploads, left: await db.count("files") };""",
    )
    assert found == {"uploads": ["700"], "left": 0}


def test_a_record_that_is_refused_again_and_again_keeps_its_photo(lab: Page) -> None:
    """Opened again, saved wrong, then right: the photo of the first hour goes with the words, beside one that joined."""
    found = on_page(
        lab,
        """const { id } = await O.save(db, key, owner, entry("sai", { files: [photo(500)] }));
        await send();
        F.reopen(phone, (await O.list(db, key, owner))[0]);
        await submit();
        choose(700);
        await submit();
        open();
        await submit();
        await send();
        const [done] = await O.list(db, key, owner);
        return { same: done.id === id, state: done.state, uploads, left: await db.count("files") };""",
    )
    assert found == {"same": True, "state": "sent", "uploads": ["500", "700"], "left": 0}


def test_a_page_had_back_by_back_is_a_new_record(lab: Page) -> None:
    """What is written on it next is neither the record that left it nor has that one's photos."""
    found = on_page(
        lab,
        """const { id } = await O.save(db, key, owner, entry("sai", { files: [photo(500)] }));
        await send();
        F.reopen(phone, (await O.list(db, key, owner))[0]);
        open();
        await submit();
        dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
        await submit();
        const records = await O.list(db, key, owner);
        return { first: records[0].id === id, files: records.map((one) => one.files.length), taken: fair.taken.length };""",
    )
    assert found == {"first": True, "files": [1, 0], "taken": 2}


def test_a_record_is_not_mended_on_another_farmers_page(lab: Page) -> None:
    """A helper's record for one farmer is not put into a form that stands for another: that is said, and it stays hers."""
    found = on_page(
        lab,
        """const { id } = await O.save(db, key, owner, entry("nhà bà A", { person: "a" }));
        await send();
        phone.person = "b";
        F.reopen(phone, (await O.list(db, key, owner))[0]);
        const said = form.querySelector("[data-errors]").innerText;
        form.note.value = "nhà bà B";
        await submit();
        const records = await O.list(db, key, owner);
        return { said, first: records[0].id === id, records: records.map((one) => [one.person, one.fields[1][1]]) };""",
    )
    assert found == {
        "said": "Ghi cho nhà khác.",
        "first": True,
        "records": [["a", "nhà bà A"], ["b", "nhà bà B"]],
    }


def test_a_record_is_not_mended_on_another_workplaces_page(lab: Page) -> None:
    """The same holds for a member of two cooperatives: the page's places are not those of the record."""
    found = on_page(
        lab,
        """await O.save(db, key, owner, entry("x", { context: { producer: "khác" } }));
        await send();
        F.reopen(phone, (await O.list(db, key, owner))[0]);
        return [form.dataset.record ?? null, form.querySelector("[data-errors]").innerText];""",
    )
    assert found == [None, "Ghi cho nhà khác."]


def test_a_mended_record_stays_its_farmers(lab: Page) -> None:
    """Mended on the right page a record keeps for whom and for which workplace it was written, with its files."""
    found = on_page(
        lab,
        """const { id } = await O.save(db, key, owner, entry("sai", { person: "a", files: [photo(500)] }));
        await send();
        phone.person = "a";
        phone.context = {};
        F.reopen(phone, (await O.list(db, key, owner))[0]);
        const said = form.querySelector("[data-errors]").innerText;
        const { value } = form.note;
        form.note.value = "đúng";
        await submit();
        const [after] = await O.list(db, key, owner);
        return { said, value, same: after.id === id, person: after.person, context: after.context, files: after.files.length, note: after.fields[1][1] };""",
    )
    assert found.pop("said").splitlines()[0] == "Còn chỗ chưa đúng."
    assert found == {
        "value": "sai",
        "same": True,
        "person": "a",
        "context": {"producer": "p"},
        "files": 1,
        "note": "đúng",
    }


def test_a_record_is_not_mended_in_the_form_of_another_work(lab: Page) -> None:
    """Where its own form is gone it is not bound to the first that stands there: that is said, and what is saved is new."""
    found = on_page(
        lab,
        """const { id } = await O.save(db, key, owner, entry("phun", { path: "/producer/diary/new/spray" }));
        await send();
        F.reopen(phone, (await O.list(db, key, owner))[0]);
        const said = form.querySelector("[data-errors]").innerText;
        await submit();
        const records = await O.list(db, key, owner);
        return { said, first: records[0].id === id, records: records.map((one) => [one.path, one.fields[1][1]]) };""",
    )
    assert found == {
        "said": "Không còn mẫu này.",
        "first": True,
        "records": [["/producer/diary/new/spray", "phun"], ["/producer/diary/new/weed", "x"]],
    }
