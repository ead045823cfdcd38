/* The gate: nothing of a person's is shown while their PIN keeps it; and the fair hears who holds the phone now.

   meta: `active` who holds the phone · `arriving` somebody is logging in by code, and no page of theirs was here yet ·
   `unlocked` whose records are open, until when · `unsigned` who was let in while there was no signal: the browser's
   cookie may still be somebody else's · `leaving` the phone was locked, and the fair has not heard it yet. */
import { getMeta, setMeta } from "./db.js";
import { deviceId } from "./outbox.js";
import {
  credentialOf, dropCredential, enrol, handOver, isOpen, keepCredential, lock, LockedError, takeOver, touch, unlockedUntil,
} from "./vault.js";

export const PHONE = "/producer/phone";
const ASK_TABS = 250;
const LOOK = 15_000;
const TOUCHES = 10_000;

const json = { "Content-Type": "application/json", Accept: "application/problem+json" };
const ask = (path, body = {}) => fetch(path, { method: "POST", headers: json, body: JSON.stringify(body) });
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/* Post JSON to our own house. Answers what it said; throws {status, code, message}, status 0 without signal. */
export const post = async (path, body) => {
  let reply;
  try { reply = await ask(path, body); } catch { throw Object.assign(new Error("no signal"), { status: 0 }); }
  const said = reply.status === 204 ? {} : await reply.json().catch(() => ({}));
  if (!reply.ok) throw Object.assign(new Error(said.detail ?? ""), { status: reply.status, code: said.type?.split("#")[1] });
  return said;
};

/* ---- the fair's side */

/* Let the fair know that this person holds the phone. "in", "away" (no signal), "out" (log in by code again). */
export const signIn = async (db, person) => {
  let credential;
  try { credential = await credentialOf(db, person); } catch (error) {
    if (error instanceof LockedError) return "out";
    throw error;
  }
  if (!credential) return "out";
  try {
    await post("/phone/unlock", { phone: await deviceId(db), credential });
  } catch (error) {
    if (error.status !== 401) return "away";
    await dropCredential(db, person);
    return "out";
  }
  await db.delete("meta", "unsigned");
  await db.delete("meta", "leaving");
  return "in";
};

/* Take the cookie away, now or as soon as there is signal. */
export const signOut = async (db) => {
  await setMeta(db, "leaving", true);
  try { await post("/phone/lock"); } catch { return false; }
  await db.delete("meta", "leaving");
  await db.delete("meta", "unsigned");
  return true;
};

/* Keep the fair's key for this person, sealed. The fair refuses when the cookie is somebody else's. */
export const keepLogin = async (db, person) => {
  const { credential } = await post("/phone/credential", { phone: await deviceId(db), person });
  await keepCredential(db, person, credential);
};

/* ---- this phone's side */

/* This person holds the phone from now on: what is kept of theirs is what opens. */
export const hold = async (db, person) => {
  await setMeta(db, "active", person);
  await db.delete("meta", "arriving");
};

/* The fair sees somebody else than a page of `person` was made for: whoever logged in last holds the phone. The next page
   is the fair's own, and says who. */
export const letGo = async (db, person) => {
  if ((await getMeta(db, "active")) === person) await setMeta(db, "active", null);
};

const lines = new Map();
const line = (db) => {
  if (!lines.has(db.name)) lines.set(db.name, new BroadcastChannel(`vault:${db.name}`));
  return lines.get(db.name);
};

/* A second tab of the same hands asks the first for its half of the key. */
const askTabs = async (db, person) => {
  if ((await unlockedUntil(db, person) ?? 0) <= Date.now()) return false;
  const heard = new Promise((resolve) => {
    line(db).addEventListener("message", ({ data }) => {
      if (data.to === person && data.held) { takeOver(person, data.held); resolve(); }
    });
  });
  line(db).postMessage({ wants: person });
  await Promise.race([heard, sleep(ASK_TABS)]);
  return isOpen(db, person);
};

const hide = (is = true) => { document.documentElement.hidden = is; };
const here = () => location.pathname + location.search;
const door = (person) => `${PHONE}?${new URLSearchParams({ next: here(), for: person })}`;

/* Lock the phone: the key goes, in all tabs, and the cookie with it. */
export const leave = async (db) => {
  await lock(db);
  line(db).postMessage({ locked: true });
  return signOut(db);
};

/* Show the person's face in place of the plain sign. `sprite` is the address of the icons. */
export const drawFace = (face, place, sprite) => {
  if (!place || !face) return;
  const look = { width: "2.25rem", height: "2.25rem", borderRadius: "50%" };
  let picture;
  if (face.photo) {
    picture = new Image();
    picture.src = face.photo;
    picture.alt = "";
    Object.assign(look, { objectFit: "cover" });
  } else {
    picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("class", "icon");
    picture.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${sprite}#${face.icon}`);
    picture.append(use);
    Object.assign(look, { padding: ".25rem", color: "#fff", background: face.colour });
  }
  Object.assign(picture.style, look);
  place.replaceChildren(picture);
};

const drawHeader = (row) => {
  const place = document.querySelector(".top [data-face]");
  drawFace(row?.face, place, place?.querySelector("use")?.getAttribute("href")?.split("#")[0]);
};

/* While it is open: lend it to a second tab, follow the touches, lock after ten minutes without one. */
const watch = (db, person, go) => {
  let until = Infinity;
  let touched = 0;
  let isTyped = false;
  let isShut = false;
  const shut = async (isHere) => {
    if (isShut) return;
    isShut = true;
    hide();
    if (isHere) await leave(db);
    // What somebody is writing stays under the lock; a page without a word of theirs gives way to the next person.
    if (isTyped && await (await import("./people.js")).cover(db, person)) {
      isShut = false;
      until = Infinity;
      return;
    }
    go(door(person));
  };
  const look = async () => {
    if (isShut) return;
    until = (await unlockedUntil(db, person)) ?? 0;
    if (until <= Date.now()) await shut(true);
    else hide(false);
  };
  line(db).addEventListener("message", ({ data }) => {
    if (data.wants === person && handOver(person)) line(db).postMessage({ to: person, held: handOver(person) });
    if (data.locked) shut(false);
  });
  const touching = () => {
    if (isShut || Date.now() - touched < TOUCHES) return;
    touched = Date.now();
    if (touched < until) touch(db, person);
  };
  for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, touching, { passive: true, capture: true });
  document.addEventListener("input", () => { isTyped = true; });
  for (const kind of ["visibilitychange", "pageshow"]) {
    addEventListener(kind, () => { if (until <= Date.now()) hide(); if (!document.hidden) look(); }, true);
  }
  setInterval(look, LOOK);
  look();
};

/* May this person's page be shown? Called before anything of it works; answers false when it is on its way elsewhere.

   A page that the fair made for whoever held the phone before, while somebody else was let in without signal, is not shown. */
export const guard = async (db, person, { name = "", go = (url) => location.replace(url) } = {}) => {
  const unsigned = await getMeta(db, "unsigned");
  if (unsigned && unsigned !== person) {
    hide();
    const isIn = (await isOpen(db, unsigned)) && (await signIn(db, unsigned)) === "in";
    go(isIn ? here() : PHONE);
    return false;
  }
  const row = await enrol(db, person, name);
  if (!(await isOpen(db, person)) && !(await askTabs(db, person))) {
    hide();
    go(door(person));
    return false;
  }
  await hold(db, person);
  // A page that is had back by "back" may be that of whoever held the phone before.
  addEventListener("pageshow", async (event) => {
    if (event.persisted && (await getMeta(db, "active")) !== person) { hide(); go(here()); }
  });
  drawHeader(row);
  if (unsigned) addEventListener("online", () => signIn(db, person));
  if (row.pin) {
    watch(db, person, go);
    if (unsigned) signIn(db, person);
    else if (!row.credential) keepLogin(db, person).catch(() => { /* no signal, or not theirs yet: at the next page */ });
  }
  return true;
};
