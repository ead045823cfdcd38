"""The vault: several people on one phone, each with records that only the own PIN opens."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import CHEAP_PHONE
from tests.browser.steps import wait_until

HELP = """
  const db = await (await import('/static/offline/db.js')).openDatabase();
  const vault = await import('/static/offline/vault.js');
  const outbox = await import('/static/offline/outbox.js');
  const A = '01890000-0000-7000-8000-00000000000a', B = '01890000-0000-7000-8000-00000000000b';
  const kept = new Map();
  const deposit = async ({ id, secret }) => { localStorage.setItem(`escrow:${id}`, secret); };
  const entry = (word) => ({ path: '/producer/diary/new/spray', fields: [['note', word]], title: word,
    files: [{ field: 'photo', name: `${word}.webp`, blob: new Blob([word.repeat(50)], { type: 'image/webp' }) }] });
  const write = async (person, word) => outbox.save(db, await vault.keyOf(db, person, `tên ${person}`), person, entry(word));
  const read = async (person) => (await outbox.list(db, await vault.keyOf(db, person), person)).map((one) => one.title);
  const kind = async (work) => { try { await work(); return 'open'; } catch (error) {
    return { LockedError: vault.LockedError, WrongPinError: vault.WrongPinError, WaitError: vault.WaitError,
      ShutError: vault.ShutError }[error.name] ? error.name : Object.entries(vault).find(([, one]) =>
      typeof one === 'function' && one.prototype instanceof Error && error instanceof one)?.[0] ?? `${error}`; } };
"""
DUMP = """
async () => {
  const seen = [];
  const decode = (bytes) => [new TextDecoder('utf-8').decode(bytes), new TextDecoder('utf-16le').decode(bytes),
    new TextDecoder('latin1').decode(bytes)].join(' ');
  const walk = async (value) => {
    if (value instanceof CryptoKey) { seen.push(`[key ${value.extractable}]`); return; }
    if (value instanceof Blob) { seen.push(decode(await value.arrayBuffer())); return; }
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) { seen.push(decode(value)); return; }
    if (value && typeof value === 'object') {
      for (const [name, one] of Object.entries(value)) { seen.push(name); await walk(one); }
      return;
    }
    seen.push(String(value));
  };
  const bare = (asked) => new Promise((done, fail) => {
    asked.onsuccess = () => done(asked.result); asked.onerror = () => fail(asked.error); });
  for (const { name } of await indexedDB.databases()) {
    const db = await bare(indexedDB.open(name));
    for (const store of db.objectStoreNames) {
      const rows = db.transaction(store).objectStore(store);
      for (const row of await bare(rows.getAll())) { seen.push(`#${store}`); await walk(row); }
    }
    db.close();
  }
  for (const [name, value] of [...Object.entries(sessionStorage)]) seen.push(name, value);
  return seen.join('\\n');
}
"""


@pytest.fixture(autouse=True)
def cheap_phone(lab: Page) -> None:
    """A phone that needs no more than the least rounds."""
    lab.context.add_init_script(CHEAP_PHONE)
    lab.reload()


def run(page: Page, body: str, argument: object = None) -> Any:
    """Run a body that may use the vault, the outbox and two people A and B."""
    return page.evaluate(f"async (given) => {{ {HELP} {body} }}", argument)


def two_people(page: Page) -> None:
    """Records of both, each behind a PIN of their own; afterwards nobody is unlocked."""
    run(
        page,
        """await write(A, 'Shincha-của-A'); await vault.setPin(db, A, '1234', { deposit }); await write(A, 'Sau-PIN-A');
        await vault.lock(db);
        await write(B, 'Cá-hồi-của-B'); await vault.setPin(db, B, '987654', { deposit }); await vault.lock(db);""",
    )


def test_two_people_on_one_phone_read_nothing_of_each_other(lab: Page) -> None:
    """Neither in the app nor in the raw database is there a word of the other's unsent records."""
    two_people(lab)
    said = run(lab, "return { a: await kind(() => read(A)), b: await kind(() => read(B)) }")
    assert said == {"a": "LockedError", "b": "LockedError"}
    said = run(
        lab,
        """await vault.unlock(db, B, '987654');
        const theirs = (await db.getAllFromIndex('outbox', 'owner', IDBKeyRange.bound([A, 0], [A, Infinity])))[0];
        const forced = await vault.open(await vault.keyOf(db, B), theirs.sealed).then(() => 'open', () => 'shut');
        return { a: await kind(() => read(A)), b: await read(B), forced,
          cross: await kind(() => vault.unlock(db, A, '987654')) }""",
    )
    assert said == {"a": "LockedError", "b": ["Cá-hồi-của-B"], "forced": "shut", "cross": "WrongPinError"}
    raw = str(lab.evaluate(DUMP))
    assert "#outbox" in raw
    assert "#files" in raw
    assert "[key false]" in raw
    assert "[key true]" not in raw
    for word in ("Shincha", "Sau-PIN", "hồi", "của-", "987654", "1234\n"):
        assert word not in raw, word


def test_a_row_moved_under_another_name_opens_nothing(lab: Page) -> None:
    """Whoever copies the own lock over another's row opens the own records with it, never theirs."""
    two_people(lab)
    said = run(
        lab,
        """const mine = await db.get('people', B);
        await db.put('people', { ...mine, id: A });
        return { first: await kind(() => vault.unlock(db, A, '987654')), then: await kind(() => read(A)) }""",
    )
    assert said == {"first": "WrongPinError", "then": "LockedError"}


def test_records_written_before_a_pin_stay_readable(lab: Page) -> None:
    """Setting, changing and taking away a PIN leave every record readable, and the old PIN opens nothing."""
    said = run(
        lab,
        """await write(A, 'một'); await vault.setPin(db, A, '1234', { deposit }); await write(A, 'hai');
        const first = await read(A);
        await vault.setPin(db, A, '246810', { old: '1234' }); await write(A, 'ba');
        await vault.lock(db);
        const old = await kind(() => vault.unlock(db, A, '1234'));
        await vault.unlock(db, A, '246810');
        const second = await read(A);
        const digits = (await vault.listPeople(db))[0].digits;
        await vault.removePin(db, A, '246810');
        return { first, old, second, digits, third: await read(A), rest: (await vault.listPeople(db))[0].digits }""",
    )
    assert said == {
        "first": ["một", "hai"],
        "old": "WrongPinError",
        "second": ["một", "hai", "ba"],
        "digits": 6,
        "third": ["một", "hai", "ba"],
        "rest": 0,
    }


def test_a_change_needs_the_old_pin(lab: Page) -> None:
    """Who finds the phone unlocked cannot put a PIN of their own on it."""
    said = run(
        lab,
        """await write(A, 'một'); await vault.setPin(db, A, '1234', { deposit });
        const tried = await kind(() => vault.setPin(db, A, '0000', { old: '9999', deposit }));
        const none = await kind(() => vault.setPin(db, A, '0000', { deposit }));
        await vault.lock(db); await vault.unlock(db, A, '1234');
        return { tried, none, read: await read(A) }""",
    )
    assert said == {"tried": "WrongPinError", "none": "WrongPinError", "read": ["một"]}


def test_no_way_back_no_pin(lab: Page) -> None:
    """A PIN is set only after the fair holds the way back: without signal the records stay as they were."""
    said = run(
        lab,
        """await write(A, 'một');
        const tried = await kind(() => vault.setPin(db, A, '1234', { deposit: async () => { throw new vault.LockedError(); } }));
        const row = await db.get('people', A);
        return { tried, pin: Boolean(row.pin || row.recovery), read: await read(A) }""",
    )
    assert said == {"tried": "LockedError", "pin": False, "read": ["một"]}


def test_wrong_tries_are_counted_across_page_loads(lab: Page) -> None:
    """A wrong PIN counts before it is tried, so that loading the page anew gives no try back."""
    two_people(lab)
    assert run(lab, "return kind(() => vault.unlock(db, A, '0000'))") == "WrongPinError"
    lab.evaluate(
        f"() => {{ (async () => {{ {HELP} await vault.unlock(db, A, '0001'); }})().catch(() => {{}}); }}"
    )
    wait_until(lab, f"async () => {{ {HELP} return (await db.get('people', A)).tries === 2; }}")
    lab.reload()  # in the middle of the second try
    assert run(lab, "return vault.standing(db, A)") == {"tries": 2, "left": 13, "wait": 0}
    assert run(lab, "await vault.unlock(db, A, '1234'); return vault.standing(db, A)")["tries"] == 0


def test_waits_double_up_to_an_hour_and_end_in_shut(lab: Page) -> None:
    """After five wrong tries a minute, then double, an hour at most; after fifteen only a new log-in helps."""
    said = run(
        lab,
        """await write(A, 'một'); await vault.setPin(db, A, '1234', { deposit }); await vault.lock(db);
        const cheap = await db.get('people', A); // the same lock with fewer rounds: this is about the waits
        await db.put('people', { ...cheap, pin: { ...cheap.pin, iterations: 1 } });
        let now = Date.now();
        const waits = [];
        const early = [];
        let last;
        for (let time = 1; time <= 15; time += 1) {
          last = await kind(() => vault.unlock(db, A, '0000', now));
          const { wait } = await vault.standing(db, A, now);
          waits.push(wait / 60000);
          if (wait) early.push(await kind(() => vault.unlock(db, A, '1234', now + wait - 1)));
          now += wait;
        }
        return { waits, early: [...new Set(early)], last, after: await kind(() => vault.unlock(db, A, '1234', now + 9e9)),
          left: (await vault.standing(db, A, now)).left }""",
    )
    assert said["waits"] == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    assert said["early"] == ["WaitError", "ShutError"]
    assert (said["last"], said["after"], said["left"]) == ("ShutError", "ShutError", 0)


def test_a_clock_put_back_waits_no_longer_than_the_wait(lab: Page) -> None:
    """A phone whose clock was a year ahead shuts nobody out for a year: the wait begins anew, and is not shortened."""
    said = run(
        lab,
        """await write(A, 'một'); await vault.setPin(db, A, '1234', { deposit }); await vault.lock(db);
        const now = Date.now(), ahead = now + 365 * 86400000;
        await db.put('people', { ...(await db.get('people', A)), tries: 5, wait: { from: ahead, ms: 60000 } });
        const first = (await vault.standing(db, A, now)).wait;
        const soon = await kind(() => vault.unlock(db, A, '1234', now + 59000));
        return { first, soon, then: await kind(() => vault.unlock(db, A, '1234', now + 60000)) }""",
    )
    assert said == {"first": 60000, "soon": "WaitError", "then": "open"}


def test_a_forgotten_pin_loses_nothing(lab: Page) -> None:
    """With the secret that the fair kept, a new PIN opens all that was written, also when the old one is shut."""
    said = run(
        lab,
        """await write(A, 'một'); await vault.setPin(db, A, '1234', { deposit }); await vault.lock(db);
        await db.put('people', { ...(await db.get('people', A)), tries: 15 });
        const { recovery } = await db.get('people', A);
        const wrong = await kind(() => vault.recover(db, A, vault.toBase64(new Uint8Array(32)), '4321'));
        await vault.recover(db, A, localStorage.getItem(`escrow:${recovery.id}`), '4321');
        const now = await read(A);
        await vault.lock(db); await vault.unlock(db, A, '4321');
        return { isRefused: wrong !== 'open', now, then: await read(A) }""",
    )
    assert said == {"isRefused": True, "now": ["một"], "then": ["một"]}


def test_what_is_unlocked_survives_a_page_load_and_dies_with_the_tab(lab: Page) -> None:
    """The next page of the tab is open; another tab is not, until it is handed half of the key; lock ends them all."""
    two_people(lab)
    run(lab, "await vault.unlock(db, A, '1234')")
    lab.reload()
    assert run(lab, "return read(A)") == ["Shincha-của-A", "Sau-PIN-A"]
    other = lab.context.new_page()
    other.goto("/")
    assert run(other, "return kind(() => read(A))") == "LockedError"
    held = run(lab, "return vault.handOver(A)")
    assert run(other, "vault.takeOver(A, given); return read(A)", held) == ["Shincha-của-A", "Sau-PIN-A"]
    run(other, "await vault.lock(db)")
    assert run(lab, "return kind(() => read(A))") == "LockedError"
    assert run(lab, "await vault.unlock(db, B, '987654'); return kind(() => read(A))") == "LockedError"


def test_ten_minutes_without_a_touch_lock(lab: Page) -> None:
    """What is open stays open while somebody touches it, and not a moment longer than ten minutes after."""
    two_people(lab)
    said = run(
        lab,
        """await vault.unlock(db, A, '1234');
        const now = Date.now();
        await vault.touch(db, A, now + 500000);
        const touched = await vault.isOpen(db, A, now + 1099000);
        return { touched, later: await vault.isOpen(db, A, now + 1100000), gone: vault.handOver(A) }""",
    )
    assert said == {"touched": True, "later": False, "gone": None}


def test_two_tabs_make_one_key(lab: Page) -> None:
    """However many tabs write first, a person has one key and all is readable."""
    said = run(
        lab,
        """await Promise.all(['một', 'hai', 'ba'].map((word) => write(A, word)));
        return { people: (await vault.listPeople(db)).length, read: (await read(A)).sort() }""",
    )
    assert said == {"people": 1, "read": ["ba", "hai", "một"]}


def test_two_tabs_count_every_try(lab: Page) -> None:
    """Tries at the same moment are counted one by one: two tabs are no second set of tries."""
    two_people(lab)
    said = run(
        lab,
        """const tried = await Promise.all(['1', '2', '3', '4', '5', '6', '7'].map((pin) => kind(() => vault.unlock(db, A, pin))));
        return { tried: tried.sort(), tries: (await vault.standing(db, A)).tries }""",
    )
    assert said == {"tried": ["WaitError"] * 2 + ["WrongPinError"] * 5, "tries": 5}


def test_a_credential_is_sealed_like_a_record(lab: Page) -> None:
    """What logs this person in lies in the phone as ciphertext, and only the unlocked person reads it."""
    two_people(lab)
    said = run(
        lab,
        """await vault.unlock(db, A, '1234'); await vault.keepCredential(db, A, 'abcdefghijklmnop');
        const mine = await vault.credentialOf(db, A); await vault.lock(db);
        const people = (await vault.listPeople(db)).map((one) => [one.id === A, one.isKnown]);
        return { mine, then: await kind(() => vault.credentialOf(db, A)), none: await vault.credentialOf(db, 'x'), people }""",
    )
    assert said == {
        "mine": "abcdefghijklmnop",
        "then": "LockedError",
        "none": None,
        "people": [[True, True], [False, False]],
    }
    assert "abcdefghijklmnop" not in str(lab.evaluate(DUMP))
