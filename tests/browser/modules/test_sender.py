"""The sender: in order, each record once, whatever the line or the answers do."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.modules.kit import run

pytestmark = pytest.mark.browser
TAMPERED = {
    "no list": "reply({ received_at: 'x' })",
    "a word": "reply('stored')",
    "nothing": "reply(null)",
    "no json": "new Response('<html>', { status: 200 })",
    "empty": "reply({ results: [] })",
    "holes": "reply({ results: [null, 5] })",
    "somebody else's": "reply({ results: [stored('019a8c00-0000-7000-8000-0000000000ff')] })",
    "unknown state": "reply({ results: said.items.map(({ id }) => ({ id, state: 'done' })) })",
    "a captive portal": "new Response('', { status: 302 })",
    "too large": "reply({}, 413)",
}


def test_records_go_in_the_order_of_their_writing(lab: Page) -> None:
    """Forty-five records go in three batches, oldest first, numbered, with what they were written for."""
    found = run(
        lab,
        """const ids = await write(45);
        const fair = makeFair();
        await S.flush(db, key, owner, { fetch: fair.fetch, version: "v" });
        return { same: JSON.stringify(ids) === JSON.stringify(fair.taken), sizes: fair.bodies.map((body) => body.items.length),
          body: fair.bodies[0], states: [...new Set((await rows()).map((row) => row.state))], heard: await D.getMeta(db, "heard") };""",
    )
    assert found["same"] and found["sizes"] == [20, 20, 5] and found["states"] == ["sent"]
    body, item = found["body"], found["body"]["items"][0]
    assert (body["unsent"], body["version"], body["refused"]) == (45, "v", [])
    assert (item["sequence"], item["context"]) == (1, {"producer": "p"}) and "person" not in item
    assert item["fields"][1] == ["note", "cỏ 0"] and found["heard"] == "2026-11-12T02:00:00+00:00"


def test_an_attempt_is_noted_before_it_is_made(lab: Page) -> None:
    """While the request is on its way the phone knows already that the record may have arrived."""
    found = run(
        lab,
        """const [id] = await write(1);
        let seen;
        const fair = makeFair(async () => { const row = await db.get("outbox", id); seen = [row.attempts, row.is_unsure, await O.drop(db, id)]; });
        await S.flush(db, key, owner, { fetch: fair.fetch });
        return seen;""",
    )
    assert found == [1, True, False]


def test_a_lost_answer_is_asked_for_under_the_same_id(lab: Page) -> None:
    """The fair took it and the answer was lost: it goes again as it was, the line first being tried empty-handed."""
    found = run(
        lab,
        """const [id] = await write(1);
        const fair = makeFair();
        fair.lose = () => { throw new TypeError("network"); };
        const first = await attempt(S.flush(db, key, owner, { fetch: fair.fetch, now: () => 1000 }));
        const [between] = await rows();
        delete fair.lose;
        await S.flush(db, key, owner, { fetch: fair.fetch, now: () => 2000 });
        const early = fair.bodies.length;
        await S.flush(db, key, owner, { fetch: fair.fetch, now: () => 6000 });
        const [after] = await O.list(db, key, owner);
        return { id, first, between, early, bodies: fair.bodies.map((body) => body.items.map((item) => item.id)), taken: fair.taken, after };""",
    )
    id = found["id"]  # noqa: A001 - the record's
    assert found["first"] == "TypeError" and found["early"] == 1
    assert (found["between"]["is_unsure"], found["between"]["due"]) == (True, 6000)
    assert found["bodies"] == [[id], [], [id]] and found["taken"] == [id]
    assert (found["after"]["state"], found["after"]["location"]) == ("sent", f"/producer/diary/{id}")
    assert "fields" not in found["after"]


MEND_WHILE_TRIED = """
const later = makeFair((said) => reply({ results: said.items.map(({ id }) => ({ id, state: "later" })) }));
await write(1);
await S.flush(db, key, owner, { fetch: later.fetch });
const { id } = await O.save(db, key, owner, entry("12 kg"));
const fair = makeFair(async (said) => { if (!said.items.length) await mend(id); });
await S.flush(db, key, owner, { fetch: fair.fetch, force: true });
const notes = fair.bodies.flatMap((body) => body.items.map((item) => item.fields[1][1]));
return { notes, states: (await rows()).map((row) => row.state), calls: fair.bodies.length };
"""


def test_what_is_mended_while_the_line_is_tried_goes_as_it_was_mended(lab: Page) -> None:
    """The words that go are those that stand on the phone when they leave, not those of a minute before."""
    mend = 'const mend = (id) => O.save(db, key, owner, entry("21 kg", { id }));'
    found = run(lab, mend + MEND_WHILE_TRIED)
    assert found == {"notes": ["cỏ 0", "21 kg"], "states": ["sent", "sent"], "calls": 2}


def test_what_is_taken_back_while_the_line_is_tried_does_not_go(lab: Page) -> None:
    """A record that the phone says is gone never arrives."""
    found = run(
        lab, "let went; const mend = async (id) => { went = await O.drop(db, id); };" + MEND_WHILE_TRIED
    )
    assert found == {"notes": ["cỏ 0"], "states": ["sent"], "calls": 2}


def test_nothing_is_sent_when_all_was_taken_back(lab: Page) -> None:
    """The only record is taken back while the line is tried: no empty batch follows."""
    found = run(
        lab,
        """const [id] = await write(1);
        const fair = makeFair((said) => (said.items.length ? reply({ results: [{ id, state: "later" }] }) : O.drop(db, id).then(() => undefined)));
        await S.flush(db, key, owner, { fetch: fair.fetch });
        await S.flush(db, key, owner, { fetch: fair.fetch, force: true });
        return [fair.bodies.map((body) => body.items.length), await sizes()];""",
    )
    assert found == [[1, 0], {"outbox": 0, "files": 0, "seq": 1}]


def test_without_a_line_nothing_is_handed_over(lab: Page) -> None:
    """After a failure the line is tried first; while it is dead a record that never arrived counts no attempt."""
    found = run(
        lab,
        """await write(1);
        const dead = async () => { throw new TypeError("network"); };
        for (let n = 0; n < 4; n += 1) await attempt(S.flush(db, key, owner, { fetch: dead, force: true }));
        return (await rows())[0].attempts;""",
    )
    assert found == 1


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_answer_takes_nothing_off_the_phone(lab: Page, name: str) -> None:
    """Whatever stands in the answer, a record of which it does not say "stored" or "refused" stays and goes again."""
    found = run(
        lab,
        """await write(2);
        const fair = makeFair((said) => TAMPER);
        await attempt(S.flush(db, key, owner, { fetch: fair.fetch, now: () => 0 }));
        const before = await O.list(db, key, owner);
        const good = makeFair();
        await S.flush(db, key, owner, { fetch: good.fetch, now: () => 10_000 });
        return { states: before.map((one) => [one.state, one.fields.length]), after: (await rows()).map((row) => row.state) };""".replace(
            "TAMPER", TAMPERED[name]
        ),
    )
    assert found == {"states": [["saved", 2], ["saved", 2]], "after": ["sent", "sent"]}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, "{}", "LoggedOut"),
        (409, '{"type": "about:blank#other-person"}', "OtherPerson"),
        (409, "{}", "Error"),
        (503, "{}", "Error"),
    ],
)
def test_what_kept_it_from_going_is_said(lab: Page, status: int, body: str, error: str) -> None:
    """Logged out and another person's login are told apart from a bad line; the records stay."""
    found = run(
        lab,
        """await write(2);
        const fair = makeFair(() => new Response(given.body, { status: given.status }));
        return [await attempt(S.flush(db, key, owner, { fetch: fair.fetch })), (await rows()).map((row) => row.state)];""",
        {"status": status, "body": body},
    )
    assert found == [error, ["saved", "saved"]]


def test_a_line_that_is_full_leaves_the_records_as_they_were(lab: Page) -> None:
    """Nothing was taken: no attempt counts, what was sure stays sure, and it goes in the same batches at its instant."""
    found = run(
        lab,
        """await write(3);
        const full = () => new Response('{"type": "about:blank#line-full"}', { status: 503, headers: { "Retry-After": "42" } });
        const fair = makeFair(() => (fair.bodies.length < 4 ? full() : undefined));
        const said = [];
        for (const at of [0, 50_000, 100_000]) {
          try { await S.flush(db, key, owner, { fetch: fair.fetch, now: () => at }); } catch (error) { said.push([error.constructor.name, error.after]); }
        }
        const between = await rows();
        await S.flush(db, key, owner, { fetch: fair.fetch, now: () => 141_000 });
        const early = fair.bodies.length;
        await S.flush(db, key, owner, { fetch: fair.fetch, now: () => 142_000 });
        return { said, early, sizes: fair.bodies.map((body) => body.items.length), after: (await rows()).map((row) => row.state),
          between: between.map((row) => [row.attempts, row.is_unsure ?? false, row.due]) };""",
    )
    assert found["said"] == [["LineFull", 42_000]] * 3
    assert found["between"] == [[0, False, 142_000]] * 3
    assert found["early"] == 3 and found["sizes"] == [3] * 4
    assert found["after"] == ["sent"] * 3


@pytest.mark.parametrize(("status", "body"), [(401, "{}"), (409, '{"type": "about:blank#other-person"}')])
def test_what_another_log_in_kept_out_can_still_be_changed(lab: Page, status: int, body: str) -> None:
    """Nothing was taken: a record that never left can be mended and taken back; one that may have left before stays shut."""
    found = run(
        lab,
        """const [unsure] = await write(1);
        const fair = makeFair((said) => said.items.length && isOut && new Response(given.body, { status: given.status }));
        let isOut = false;
        fair.lose = () => { throw new TypeError("network"); };
        await attempt(S.flush(db, key, owner, { fetch: fair.fetch }));
        delete fair.lose;
        isOut = true;
        const [mended, dropped] = await write(2);
        const threw = await attempt(S.flush(db, key, owner, { fetch: fair.fetch, force: true }));
        const between = (await rows()).map((row) => [row.attempts, row.is_unsure ?? false]);
        const saves = [await attempt(O.save(db, key, owner, entry("khác", { id: unsure }))), (await O.save(db, key, owner, entry("khác", { id: mended }))).id === mended];
        const went = await O.drop(db, dropped);
        isOut = false;
        await S.flush(db, key, owner, { fetch: fair.fetch, force: true });
        return { threw, between, saves, went, notes: fair.bodies.at(-1).items.map((item) => item.fields[1][1]) };""",
        {"status": status, "body": body},
    )
    assert found.pop("threw") == ("LoggedOut" if status == 401 else "OtherPerson")
    assert found == {
        "between": [[1, True], [0, False], [0, False]],
        "saves": ["ClosedError", True],
        "went": True,
        "notes": ["cỏ 0", "khác"],
    }


def test_a_refused_record_waits_for_its_writer(lab: Page) -> None:
    """It stays with its reason, is not sent again by itself, and is named to the fair; its neighbours are sent."""
    found = run(
        lab,
        """const [bad, good] = await write(2);
        const fair = makeFair((said) => said.items.length && reply({ results: said.items.map(({ id }) => id === bad
          ? { id, state: "refused", status: 422, message: "Chỗ này chưa điền.", errors: { method: "Chỗ này chưa điền." } } : stored(id)) }));
        await S.flush(db, key, owner, { fetch: fair.fetch });
        await S.flush(db, key, owner, { fetch: fair.fetch, force: true });
        await S.report(db, owner, { fetch: fair.fetch });
        const [record, other] = await O.list(db, key, owner);
        return { record, other: other.state, calls: fair.bodies.length, refused: fair.bodies.at(-1).refused, same: record.id === bad };""",
    )
    assert found["same"] and (found["record"]["state"], found["other"]) == ("refused", "sent")
    assert found["record"]["errors"] == {"method": "Chỗ này chưa điền."} and not found["record"]["is_unsure"]
    assert found["calls"] == 2 and found["refused"] == [found["record"]["id"]]


def test_later_means_later(lab: Page) -> None:
    """A record that the fair could not take now waits for its hour, and may be changed meanwhile."""
    found = run(
        lab,
        """await write(1);
        const fair = makeFair((said) => said.items.length && reply({ results: said.items.map(({ id }) => ({ id, state: "later" })) }));
        await S.flush(db, key, owner, { fetch: fair.fetch, now: () => 1000 });
        const [row] = await rows();
        await S.flush(db, key, owner, { fetch: fair.fetch, now: () => 5999 });
        return { due: row.due, open: O.isOpen(row), calls: fair.bodies.length };""",
    )
    assert found == {"due": 6000, "open": True, "calls": 1}


def test_a_record_that_breaks_its_batch_keeps_no_other_back(lab: Page) -> None:
    """Though every request that holds it fails, the others arrive: after three failures they go one by one."""
    found = run(
        lab,
        """const ids = await write(5);
        let now = 0;
        const fair = makeFair((said) => { if (said.items.some(({ id }) => id === ids[1])) return reply({}, 500); });
        for (let n = 0; n < 40; n += 1) { await attempt(S.flush(db, key, owner, { fetch: fair.fetch, now: () => now })); now += 5000; }
        return [fair.taken.length, (await rows()).map((row) => row.state)];""",
    )
    assert found == [4, ["sent", "saved", "sent", "sent", "sent"]]


def test_a_newer_record_does_not_overtake_one_that_waits(lab: Page) -> None:
    """The first was tried without a line and has its hour yet to come; the second, just written, goes after it."""
    found = run(
        lab,
        """const first = await write(1);
        const fair = makeFair(() => { throw new TypeError("network"); });
        await attempt(S.flush(db, key, owner, { fetch: fair.fetch, now: () => 1000 }));
        const second = await write(1);
        const open = makeFair();
        await S.flush(db, key, owner, { fetch: open.fetch, now: () => 2000 });
        return JSON.stringify(open.taken) === JSON.stringify([...first, ...second]);""",
    )
    assert found


def test_two_tabs_send_each_record_once(lab: Page, bench: str) -> None:
    """Two pages of one phone that send at the same instant hand each record over once."""
    taken: list[str] = []
    lab.context.expose_function("handOver", lambda ids: taken.extend(ids))  # noqa: PLW0108 - it reads the signature
    other = lab.context.new_page()
    other.goto("/")
    ids = run(lab, "return write(30);")
    send = """
    const fair = makeFair();
    const fetch = async (url, init) => {
      const said = JSON.parse(init.body);
      await handOver(said.items.map((item) => item.id));
      await new Promise((resolve) => { setTimeout(resolve, 50); });
      return fair.fetch(url, init);
    };
    globalThis.sending = S.flush(db, key, owner, { fetch, force: true });
    """
    for page in (lab, other):
        run(page, send)
    for page in (lab, other):
        page.evaluate("() => globalThis.sending")
    assert taken == ids
    states = run(lab, "return [...new Set((await rows()).map((row) => row.state))];")
    assert states == ["sent"]


def test_a_photo_waits_for_its_owner(lab: Page) -> None:
    """Half sent when somebody else logs in: it is not given up, the rest of the photos wait too, and all go afterwards."""
    found = run(
        lab,
        """await O.save(db, key, owner, entry("x", { files: [photo(500), photo(600)] }));
        const fair = makeFair();
        const told = [];
        const other = { type: "about:blank#other-person", detail: "Máy này đang đăng nhập tên người khác." };
        let isOther = true;
        const fetch = async (url, said) => {
          if (!url.startsWith("/offline/uploads")) return fair.fetch(url, said);
          told.push(atob(said.headers["Upload-Metadata"].match(/owner ([^,]*)/)[1]) === owner);
          if (isOther) return new Response(JSON.stringify(other), { status: 409, headers: { "Content-Type": "application/problem+json" } });
          return new Response(null, { status: 201, headers: { "Upload-Offset": said.headers["Upload-Length"] } });
        };
        const threw = await attempt(S.flush(db, key, owner, { fetch }));
        const between = (await db.getAll("files")).map((file) => file.state);
        isOther = false;
        await S.flush(db, key, owner, { fetch });
        return { threw, between, told, left: await db.count("files") };""",
    )
    assert found == {"threw": "OtherPerson", "between": ["saved", "saved"], "told": [True] * 3, "left": 0}


def test_a_phone_says_how_it_is_once_an_hour(lab: Page) -> None:
    """Even with nothing to send the fair hears of the phone, and not at every page."""
    found = run(
        lab,
        """const fair = makeFair(() => reply({ received_at: new Date().toISOString(), results: [] }));
        await S.report(db, owner, { fetch: fair.fetch, version: "v" });
        await S.report(db, owner, { fetch: fair.fetch, version: "v" });
        return fair.bodies;""",
    )
    assert len(found) == 1 and (found[0]["items"], found[0]["unsent"], found[0]["oldest_at"]) == ([], 0, None)
