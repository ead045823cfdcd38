/* The key of each person's records: AES-256-GCM, one key a person, made on this phone and never sent.

   It lies in the row of its person, wrapped by a key of this browser whose bytes no script can read, and under that by
   the person's PIN, if there is one. A PIN that is set, changed or taken away wraps the same key anew, so what was
   written before stays readable. Why it is so: app/decisions/0015. */
import { getMeta, setMeta } from "./db.js";
import { uuid7 } from "./ids.js";

export const IDLE = 600_000; // ms without a touch until the phone is locked
export const LEAST_ITERATIONS = 600_000;
export const FREE_TRIES = 5;
export const MOST_TRIES = 15;
const ONE_TRY = 1000; // ms that one try takes at least, on the phone on which the PIN was set
const FIRST_WAIT = 60_000;
const LONGEST_WAIT = 3_600_000;
const SAMPLE = 50_000;
const QUICKEST = 5; // ms: no phone does a sample in less, and a coarse clock must not ask for hours
const MOST_ITERATIONS = 50_000_000;
const IV = 12;

const { subtle } = crypto;
const text = new TextEncoder();
const gcm = (iv, about) => ({ name: "AES-GCM", iv, additionalData: text.encode(about) });
const random = (length) => crypto.getRandomValues(new Uint8Array(length));

export class LockedError extends Error {}
/* The PIN was wrong. `left` tries until it shuts for good, `wait` ms until the next one. */
export class WrongPinError extends Error {
  constructor(left, wait) { super("wrong PIN"); Object.assign(this, { left, wait }); }
}
/* Not yet: `wait` ms are left. */
export class WaitError extends Error {
  constructor(wait) { super("wait"); this.wait = wait; }
}
/* Only a new log-in opens it again. */
export class ShutError extends Error {}

export const seal = async (key, value) => {
  const iv = random(IV);
  const bytes = value instanceof ArrayBuffer ? value : text.encode(JSON.stringify(value));
  return { iv, data: await subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
};

export const openBytes = (key, { iv, data }) => subtle.decrypt({ name: "AES-GCM", iv }, key, data);

export const open = async (key, sealed) => JSON.parse(new TextDecoder().decode(await openBytes(key, sealed)));

export const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
export const fromBase64 = (said) => Uint8Array.from(atob(said), (letter) => letter.charCodeAt(0));

const asKey = (bytes) => subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
const newKey = () => subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

/* Wrap bytes under a key, bound to a person: moved to another row they do not open. */
const wrap = async (key, bytes, person) => {
  const iv = random(IV);
  const data = new Uint8Array(await subtle.encrypt(gcm(iv, person), key, bytes));
  const wrapped = new Uint8Array(IV + data.length);
  wrapped.set(iv);
  wrapped.set(data, IV);
  return wrapped;
};
const unwrap = async (key, wrapped, person) =>
  new Uint8Array(await subtle.decrypt(gcm(wrapped.slice(0, IV), person), key, wrapped.slice(IV)));

const derive = async (pin, { salt, iterations }) => {
  const typed = await subtle.importKey("raw", text.encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
};

const timed = async (pin, how) => {
  const began = performance.now();
  const key = await derive(pin, how);
  return { key, took: performance.now() - began };
};

/* The PIN's key, with as many rounds as make one try last a second here. Answers {key, how, took}. */
const deriveSlowly = async (pin) => {
  const salt = random(16);
  let best = Infinity; // the fastest of three: a busy moment must not make the PIN cheap for ever
  for (let round = 0; round < 3; round += 1) best = Math.min(best, (await timed(pin, { salt, iterations: SAMPLE })).took);
  let iterations = Math.max(LEAST_ITERATIONS, Math.ceil((SAMPLE * ONE_TRY) / Math.max(best, QUICKEST)));
  for (;;) {
    const { key, took } = await timed(pin, { salt, iterations });
    if (took >= ONE_TRY || iterations >= MOST_ITERATIONS) return { key, how: { salt, iterations }, took };
    iterations = Math.min(MOST_ITERATIONS, Math.ceil((iterations * ONE_TRY * 1.1) / Math.max(took, 1)));
  }
};

/* Read and write a person's row in one step. `write` answers the new row, or nothing. */
const change = async (db, person, write) => {
  const tx = db.transaction("people", "readwrite");
  const done = tx.done.catch(() => {});
  try {
    const row = await tx.store.get(person);
    const next = write(row);
    if (next) await tx.store.put(next);
    await tx.done;
    return next ?? row;
  } catch (error) {
    try { tx.abort(); } catch { /* it is over already */ }
    await done;
    throw error;
  }
};

/* Put a person on this phone, with a key of their own; another tab may have been quicker: its key stands. */
export const enrol = async (db, person, name = "") => {
  const device = await newKey();
  const wrapped = await wrap(device, random(32), person);
  return change(db, person, (row) => {
    if (!row?.wrapped) return { ...row, id: person, name: name || row?.name || "", device, wrapped, tries: 0 };
    return name && row.name !== name ? { ...row, name } : null;
  });
};

/* The key of a person; made at the first use. LockedError when a PIN keeps it. */
export const keyOf = async (db, person, name = "") => asKey(await bytesOf(db, person, name));

const bytesOf = async (db, person, name = "") => {
  let row = await db.get("people", person);
  if (!row?.wrapped || (name && row.name !== name)) row = await enrol(db, person, name);
  if (!row.pin) return unwrap(row.device, row.wrapped, person);
  const held = await heldBytes(db, person);
  if (!held) throw new LockedError();
  return held;
};

/* ---- open for a while: half of it in this tab, half in the database. Either half gone, it is locked. */
const place = (person) => `key:${person}`;

const hold = async (db, person, bytes) => {
  const key = await newKey();
  sessionStorage.setItem(place(person), toBase64(await wrap(key, bytes, person)));
  await setMeta(db, "unlocked", { person, until: Date.now() + IDLE, key });
};

const heldBytes = async (db, person, now = Date.now()) => {
  const unlocked = await getMeta(db, "unlocked");
  const held = sessionStorage.getItem(place(person));
  const isOpen = unlocked?.person === person && unlocked.until > now && unlocked.until <= now + IDLE;
  if (held && isOpen) {
    try { return await unwrap(unlocked.key, fromBase64(held), person); } catch { /* of an earlier time: it is no good */ }
  }
  if (!isOpen || held) sessionStorage.removeItem(place(person));
  return null;
};

/* Whether this person may be shown what is theirs: no PIN, or unlocked in this tab. */
export const isOpen = async (db, person, now = Date.now()) =>
  !(await db.get("people", person))?.pin || Boolean(await heldBytes(db, person, now));

/* Somebody touched the phone. */
export const touch = async (db, person, now = Date.now()) => {
  const tx = db.transaction("meta", "readwrite");
  const row = await tx.store.get("unlocked");
  if (row?.value?.person === person && row.value.until > now) {
    await tx.store.put({ ...row, value: { ...row.value, until: now + IDLE } });
  }
  await tx.done;
};

/* Until when it is open, for whom; null when nobody has it open. */
export const unlockedUntil = async (db, person) => {
  const unlocked = await getMeta(db, "unlocked");
  return unlocked?.person === person ? unlocked.until : null;
};

export const lock = async (db) => {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith("key:")) sessionStorage.removeItem(name);
  await db.delete("meta", "unlocked");
};

/* What another tab of this phone may be handed; it is good only while the phone is unlocked. */
export const handOver = (person) => sessionStorage.getItem(place(person));
export const takeOver = (person, held) => { sessionStorage.setItem(place(person), held); };

/* ---- tries */
const waitAfter = (tries) => (tries < FREE_TRIES ? 0 : Math.min(FIRST_WAIT * 2 ** (tries - FREE_TRIES), LONGEST_WAIT));

/* How this person's PIN stands: {tries, left, wait}: ms to wait. A clock that was put back begins the wait anew. */
export const standing = async (db, person, now = Date.now()) => {
  const row = await change(db, person, (found) => (found?.wait && now < found.wait.from ? anchored(found, now) : null));
  return { tries: row?.tries ?? 0, left: MOST_TRIES - (row?.tries ?? 0), wait: waitLeft(row, now) };
};
const anchored = (row, now) => ({ ...row, wait: { ...row.wait, from: now } });
const waitLeft = (row, now) => (row?.wait ? Math.max(0, row.wait.from + row.wait.ms - now) : 0);

/* A try is written down before it is made: a page that is shut in the middle has used it. */
const useTry = async (db, person, now) => {
  await standing(db, person, now);
  return change(db, person, (row) => {
    if (!row?.pin) throw new LockedError();
    if (row.tries >= MOST_TRIES) throw new ShutError();
    if (waitLeft(row, now)) throw new WaitError(waitLeft(row, now));
    const tries = row.tries + 1;
    return { ...row, tries, wait: { from: now, ms: waitAfter(tries) } };
  });
};

/* Open a person's records with the PIN, for this tab. WrongPinError, WaitError, ShutError. */
export const unlock = async (db, person, pin, now = Date.now()) => {
  const row = await useTry(db, person, now);
  const key = await derive(pin, row.pin);
  let bytes;
  try {
    bytes = await unwrap(key, await unwrap(row.device, row.wrapped, person), person);
  } catch {
    if (row.tries >= MOST_TRIES) throw new ShutError();
    throw new WrongPinError(MOST_TRIES - row.tries, row.wait.ms);
  }
  await change(db, person, (found) => ({ ...found, tries: 0, wait: null }));
  await hold(db, person, bytes);
};

/* ---- setting, changing, taking away, and finding again */
const rewrap = async (db, person, bytes, pin, more = {}) => {
  const before = await db.get("people", person);
  const slow = pin ? await deriveSlowly(pin) : null;
  const inner = slow ? await wrap(slow.key, bytes, person) : bytes;
  const wrapped = await wrap(before.device, inner, person);
  await change(db, person, (row) => {
    // Another tab set a PIN meanwhile: whoever types it next must not be surprised.
    if (toBase64(row.wrapped) !== toBase64(before.wrapped)) throw new LockedError();
    return { ...row, wrapped, pin: slow && { ...slow.how, digits: pin.length }, tries: 0, wait: null, ...more };
  });
  return slow?.took ?? 0;
};

/* Put a PIN on a person's records; the old one stands until the new one is written. Answers the ms of one try.

   `deposit({id, secret})` keeps the way back with the fair, before anything is changed here: if it throws, nothing was.
   With a PIN on it already, `old` is tried first. */
export const setPin = async (db, person, pin, { old, deposit, now = Date.now() } = {}) => {
  const row = await db.get("people", person);
  if (row?.pin) await unlock(db, person, old ?? "", now);
  const bytes = await bytesOf(db, person);
  const more = {};
  if (!row?.recovery) {
    const { device } = await db.get("people", person);
    const secret = random(32);
    const recovery = { id: uuid7(), wrapped: await wrap(device, await wrap(await asKey(secret), bytes, person), person) };
    await deposit({ id: recovery.id, secret: toBase64(secret) });
    more.recovery = recovery;
  }
  const took = await rewrap(db, person, bytes, pin, more);
  await hold(db, person, bytes);
  return took;
};

/* The PIN is forgotten: the fair gave the secret back to whoever logged in anew. The records stay as they are. */
export const recover = async (db, person, secret, pin) => {
  const { device, recovery } = await db.get("people", person);
  const inner = await unwrap(device, recovery.wrapped, person);
  const bytes = await unwrap(await asKey(fromBase64(secret)), inner, person);
  const took = await rewrap(db, person, bytes, pin);
  await hold(db, person, bytes);
  return took;
};

export const removePin = async (db, person, old, now = Date.now()) => {
  await unlock(db, person, old, now);
  await rewrap(db, person, await bytesOf(db, person), null, { recovery: null, credential: null });
  await lock(db);
};

/* ---- the fair's own key for this person on this phone: sealed like a record */
export const keepCredential = async (db, person, credential) => {
  const sealed = await seal(await keyOf(db, person), credential);
  await change(db, person, (row) => ({ ...row, credential: sealed }));
};
export const dropCredential = (db, person) => change(db, person, (row) => row && { ...row, credential: null });
export const credentialOf = async (db, person) => {
  const row = await db.get("people", person);
  return row?.credential ? open(await keyOf(db, person), row.credential) : null;
};

/* ---- faces: {icon, colour} or {photo: a small data: address} */
export const setFace = async (db, person, face) => {
  await enrol(db, person);
  await change(db, person, (row) => ({ ...row, face }));
};

/* Who uses this phone, without any key. */
export const listPeople = async (db) =>
  (await db.getAll("people"))
    .map(({ id, name, face, pin, credential }) => ({ id, name, face, digits: pin?.digits ?? 0, isKnown: Boolean(credential) }))
    .sort((one, other) => one.name.localeCompare(other.name, "vi"));
