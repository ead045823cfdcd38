"""The gate: who may see a page, how long, and in which tabs."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, Route

from tests.browser.modules.test_vault import HELP
from tests.browser.steps import wait_until

GATE = f"""{HELP}
  const gate = await import('/static/offline/gate.js');
  const {{ getMeta, setMeta }} = await import('/static/offline/db.js');
  const guard = async (person) => {{ const to = []; return [await gate.guard(db, person, {{ name: 'Hoa', go: (url) => to.push(url) }}), ...to]; }};
  const cheap = async (person, pin) => {{ // the same lock with few rounds: these tests are about the gate
    await write(person, 'một');
    const {{ device }} = await db.get('people', person);
    await vault.setPin(db, person, pin, {{ deposit }});
  }};
"""
DOOR = "/producer/phone?next=%2F&for=01890000-0000-7000-8000-00000000000a"


def run(page: Page, body: str, argument: object = None) -> Any:
    """Run a body that may use the gate, the vault and two people A and B."""
    return page.evaluate(f"async (given) => {{ {GATE} {body} }}", argument)


def serve(page: Page, **answers: tuple[int, str]) -> list[tuple[str, Any]]:
    """Answer `/phone/<name>` with a status and a body; answers what was asked."""
    asked: list[tuple[str, Any]] = []

    def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        asked.append((name, route.request.post_data_json))
        status, body = answers.get(name, (204, ""))
        if status:
            route.fulfill(status=status, body=body, content_type="application/json")
        else:
            route.abort()

    page.context.route("**/phone/*", answer)
    return asked


def test_a_page_without_a_pin_is_open(lab: Page) -> None:
    """Whoever has no PIN is let in, is noted as the holder, and nothing is asked of the fair."""
    asked = serve(lab)
    assert run(lab, "return [await guard(A), await getMeta(db, 'active') === A]") == [[True], True]
    assert asked == []


def test_a_locked_page_is_hidden_and_leads_to_the_phone(lab: Page) -> None:
    """Nothing of a locked person is shown: the page is hidden before it gives way, and the way back is kept."""
    serve(lab)
    run(lab, "await cheap(A, '1234'); await vault.lock(db)")
    said = run(
        lab, "return [await guard(A), document.documentElement.hidden, await getMeta(db, 'active') ?? null]"
    )
    assert said == [[False, DOOR], True, None]


def test_an_unlocked_page_gets_the_fairs_key_once(lab: Page) -> None:
    """A phone that has no key of the fair for this person asks for one in the person's own name, and seals it."""
    asked = serve(lab, credential=(200, '{"credential": "aaaabbbbccccdddd"}'))
    run(lab, "await cheap(A, '1234')")
    run(lab, "await guard(A)")
    wait_until(lab, f"async () => {{ {GATE} return (await vault.listPeople(db))[0].isKnown; }}")
    said = run(
        lab,
        "await guard(A); return { credential: await vault.credentialOf(db, A), phone: await outbox.deviceId(db), A }",
    )
    assert said["credential"] == "aaaabbbbccccdddd"
    assert asked == [("credential", {"phone": said["phone"], "person": said["A"]})]


def test_a_second_tab_is_let_in_by_the_first(lab: Page) -> None:
    """The same hands open a second tab without typing; when one tab locks, the other is hidden and gives way."""
    serve(lab)
    run(
        lab,
        "await cheap(A, '1234'); globalThis.went = []; await gate.guard(db, A, { go: (url) => globalThis.went.push(url) })",
    )
    other = lab.context.new_page()
    other.goto("/")
    assert run(other, "return guard(A)") == [True]
    assert run(other, "return read(A)") == ["một"]
    run(other, "await gate.leave(db)")
    lab.wait_for_function("() => globalThis.went.length")
    assert lab.evaluate("() => [globalThis.went, document.documentElement.hidden]") == [[DOOR], True]
    third = lab.context.new_page()
    third.goto("/")
    assert run(third, "return guard(A)") == [False, DOOR]


def test_a_page_of_the_last_holder_is_not_shown_to_the_next(lab: Page) -> None:
    """While the cookie is still somebody else's, their page is not shown: the holder is signed in first."""
    asked = serve(lab, unlock=(0, ""))
    run(
        lab,
        "await cheap(B, '4321'); await vault.keepCredential(db, B, 'bbbb'); await setMeta(db, 'unsigned', B)",
    )
    assert run(lab, "return guard(A)") == [False, "/producer/phone"]
    lab.context.unroute("**/phone/*")
    asked = serve(lab, unlock=(200, "{}"))
    assert run(lab, "return [await guard(A), await getMeta(db, 'unsigned') ?? null]") == [[False, "/"], None]
    assert [(name, body["credential"]) for name, body in asked] == [("unlock", "bbbb")]


def test_a_credential_that_ended_is_dropped_and_said(lab: Page) -> None:
    """`out` when the fair does not know the phone any more, `away` without signal or when it is busy, `in` otherwise."""
    run(lab, "await cheap(A, '1234')")
    said = []
    for answer in ((0, ""), (429, "{}"), (200, "{}"), (401, "{}"), (200, "{}")):
        serve(lab, unlock=answer)
        keep = "if (!said.length) await vault.keepCredential(db, A, 'aaaa');" if not said else ""
        said.append(run(lab, f"const said = []; {keep} return gate.signIn(db, A)"))
        lab.context.unroute("**/phone/*")
    assert said == ["away", "away", "in", "out", "out"]
    assert run(lab, "await vault.lock(db); return gate.signIn(db, A)") == "out"


def test_a_lock_without_signal_is_told_later(lab: Page) -> None:
    """Locking always works here; that the cookie still has to go is remembered until the fair has heard it."""
    serve(lab, lock=(0, ""))
    run(lab, "await cheap(A, '1234')")
    assert run(
        lab, "return [await gate.leave(db), await getMeta(db, 'leaving'), await kind(() => read(A))]"
    ) == [
        False,
        True,
        "LockedError",
    ]
    lab.context.unroute("**/phone/*")
    serve(lab)
    assert run(lab, "return [await gate.signOut(db), await getMeta(db, 'leaving') ?? null]") == [True, None]


def test_a_page_had_back_by_back_gives_way_to_whoever_holds_the_phone_now(lab: Page) -> None:
    """The last person's page that comes back whole is hidden and asked for anew; their own is left alone."""
    serve(lab)
    found = run(
        lab,
        """const to = [];
        const back = async () => {
          dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
          await new Promise((resolve) => { setTimeout(resolve, 100); });
          return [to.length, document.documentElement.hidden];
        };
        await gate.guard(db, A, { name: 'Hoa', go: (url) => to.push(url) });
        const own = await back();
        await gate.hold(db, B);
        return [own, await back()];""",
    )
    assert found == [[0, False], [1, True]]


def test_the_phone_is_let_go_only_by_who_holds_it(lab: Page) -> None:
    """A page that the fair sees another person at frees the phone, unless the next one holds it already."""
    serve(lab)
    found = run(
        lab,
        """const now = async () => [await getMeta(db, 'active'), await getMeta(db, 'arriving') ?? null];
        await guard(A);
        await setMeta(db, 'arriving', true);
        await gate.hold(db, B);
        const held = await now();
        await gate.letGo(db, A);
        const after = await now();
        await gate.letGo(db, B);
        return [held, after, await now(), A, B];""",
    )
    held, kept, free, _first, second = found
    assert held == kept == [second, None] and free == [None, None]
