/* The producers' app on a phone: takes over forms, sends what waits, keeps pages for the way without signal. */
import { confirm, keep as keepData, wipe } from "./data.js";
import { getMeta, openDatabase, setMeta } from "./db.js";
import { capture, freshen, reopen } from "./forms.js";
import { counts, isOpen, list, tidy } from "./outbox.js";
import { guard, letGo, signIn } from "./gate.js";
import { flush, LineFull, LoggedOut, OtherPerson, report, wait } from "./sender.js";
import { keyOf, lock, LockedError, open } from "./vault.js";

const ANSWER_WITHIN = 4000; // ms that a person looks at a form for the fair's answer
const PAGES_FRESH = 600_000;
const HOME = "/producer/";

const body = document.body;
// What the fair wrote, before scripts furnish it; the ids in its forms are new each time.
const plain = (html) => html.replace(/(name="id" value=")[^"]*/g, "$1");
const shown = plain(document.querySelector("main")?.innerHTML ?? "");
const owner = body.dataset.owner;
const words = document.getElementById("offline-words")?.dataset ?? {};

export const phone = {
  db: null,
  owner,
  person: body.dataset.person || owner,
  context: JSON.parse(body.dataset.context || "{}"),
  outbox: words.outbox,
  words,
  version: words.version,
  key: () => keyOf(phone.db, owner, words.name),
  go: (url) => { location.assign(url); },
  changed: () => { document.dispatchEvent(new CustomEvent("outbox")); },
};

phone.busy = (button, is) => {
  const place = button?.querySelector("span");
  const before = place?.textContent;
  if (is && place) place.textContent = words.saving;
  if (button) button.setAttribute("aria-busy", "true");
  return () => { if (place) place.textContent = before; button?.removeAttribute("aria-busy"); };
};

let failures = 0;
let timer = 0;

const say = (state) => { body.dataset.line = state; phone.changed(); };

phone.send = async ({ force = false, everything = false, isSecond = false } = {}) => {
  clearTimeout(timer);
  try {
    const isWifiOnly = !everything && Boolean(await getMeta(phone.db, "wifi-only"));
    await flush(phone.db, await phone.key(), owner, { force, isWifiOnly, version: phone.version, onChange: phone.changed });
    await report(phone.db, owner, { version: phone.version });
    failures = 0;
    say("ok");
    await tidy(phone.db, owner);
  } catch (error) {
    if (error instanceof LockedError) return;
    const isStranger = error instanceof LoggedOut || error instanceof OtherPerson;
    // Whoever opened their records with a PIN is let in again without a code, once, and while they hold the phone: an old
    // page of theirs does not take the log-in back from the person who came after.
    const isHolder = isStranger && !isSecond && (await getMeta(phone.db, "active")) === owner;
    const how = isHolder ? await signIn(phone.db, owner) : "";
    if (how === "in") {
      await phone.send({ force, everything, isSecond: true });
      return;
    }
    if (error instanceof LoggedOut) { say("logged-out"); return; }
    if (error instanceof OtherPerson) {
      if (how === "out") await letGo(phone.db, owner);
      say("other-person");
      return;
    }
    if (error instanceof LineFull) {
      say("ok");
      timer = setTimeout(phone.send, error.after);
      return;
    }
    failures += 1;
    say("away");
  }
  const left = await counts(phone.db, owner);
  if (left.saved || left.files) timer = setTimeout(phone.send, wait(Math.max(failures, 1)));
};

/* Send one record now and answer what became of it, if that can be known while the person still looks. */
phone.tell = async (id) => {
  const deadline = Date.now() + ANSWER_WITHIN;
  const sending = navigator.onLine ? phone.send({ force: true }) : Promise.resolve();
  const rest = () => new Promise((resolve) => { setTimeout(resolve, Math.max(0, deadline - Date.now())); });
  await Promise.race([sending, rest()]);
  const row = await phone.db.get("outbox", id);
  if (!row || row.state === "saved") return row;
  return { ...row, ...(await open(await phone.key(), row.sealed)) };
};

const showCount = async () => {
  const { saved, refused, files } = await counts(phone.db, owner);
  const strip = document.getElementById("outbox-strip");
  if (!strip) return;
  strip.hidden = !(saved || refused || files);
  strip.querySelector("[data-count]").textContent =
    refused ? words.refused.replace("%", refused) : saved ? words.unsent.replace("%", saved) : words.photos.replace("%", files);
  strip.dataset.state = refused ? "refused" : "saved";
};

/* The record that the address names, from the outbox's "mend". */
const reopenNamed = async () => {
  const id = new URLSearchParams(location.search).get("record");
  if (!id || !document.querySelector("form[data-offline]")) return;
  const record = (await list(phone.db, await phone.key(), owner)).find((one) => one.id === id);
  if (record && isOpen(record)) reopen(phone, record);
};

/* The language and the voice that somebody chose: pages that were kept before speak another. */
const look = () => ["lang", "voice"].map((name) => document.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1] ?? "").join("|");

/* Every page of this person's, in one answer, into this person's own cupboard. */
export const keepPages = async ({ force = false } = {}) => {
  const known = (await getMeta(phone.db, `pages:${owner}`)) ?? {};
  const isOther = known.look !== undefined && known.look !== look();
  if (!force && !isOther && !(await getMeta(phone.db, "stale")) && Date.now() - (known.at ?? 0) < PAGES_FRESH) return;
  const headers = known.etag && !force ? { "If-None-Match": known.etag } : {};
  const reply = await fetch("/offline/bundle", { headers: { ...headers, Accept: "application/json" } });
  if (reply.status === 304) {
    await setMeta(phone.db, `pages:${owner}`, { ...known, at: Date.now(), look: look() });
    await setMeta(phone.db, "stale", false);
    await confirm(phone.db, owner);
  }
  if (reply.status === 503) { // a whole valley asks at once: ours come in their turn
    setTimeout(() => keepPages().catch(() => { /* no signal: the pages of before stay */ }), (Number(reply.headers.get("Retry-After")) || 60) * 1000);
  }
  if (!reply.ok) return;
  const { person, pages, data, files } = await reply.json();
  if (person !== owner) return;
  const cupboard = await caches.open(`pages-${owner}`);
  const wanted = new Set(pages.map((page) => new URL(page.path, location.href).href));
  for (const page of pages) {
    const type = { "Content-Type": "text/html; charset=utf-8", "X-First": page.is_first ? "1" : "", "X-Until": page.until ?? "", "X-Kept-At": String(Date.now()) };
    await cupboard.put(page.path, new Response(page.html, { headers: type }));
  }
  for (const request of await cupboard.keys()) if (!wanted.has(request.url)) await cupboard.delete(request);
  const shell = await caches.open(`shell-${phone.version}`);
  for (const file of files) if (!(await shell.match(file))) await shell.add(file);
  for (const one of data) await keepData(phone.db, await phone.key(), owner, { ...one, value: JSON.parse(one.json) });
  await setMeta(phone.db, `pages:${owner}`, { etag: reply.headers.get("ETag"), at: Date.now(), look: look() });
  await setMeta(phone.db, "stale", false);
  if (isOther && !document.querySelector("form[data-offline]")) location.reload();
};

/* Home opens from the phone at once; with signal its news comes in behind, unless somebody is busy on it. */
const freshenHome = async () => {
  const main = document.querySelector("main");
  if (location.pathname !== HOME || !main) return;
  const reply = await fetch(HOME, { headers: { Accept: "text/html", "X-Kept": "1" }, redirect: "error" });
  if (!reply.ok) return;
  const html = await reply.text();
  const page = new DOMParser().parseFromString(html, "text/html");
  const whose = page.body.dataset.owner;
  if (whose !== owner) { // nothing of theirs comes into this one's frame or cupboard
    if (whose) { await letGo(phone.db, owner); location.reload(); }
    return;
  }
  const fresh = page.querySelector("main");
  if (!fresh || plain(fresh.innerHTML) === shown || main.matches(":focus-within:not(:focus)") || main.querySelector("[data-record]")) return;
  const headers = { "Content-Type": "text/html; charset=utf-8", "X-First": "1" };
  await (await caches.open(`pages-${owner}`)).put(HOME, new Response(html, { headers }));
  main.replaceChildren(...fresh.childNodes);
  await freshen(phone.db, main);
  capture(phone, main);
  document.dispatchEvent(new CustomEvent("freshened"));
};

const watchForms = () => {
  for (const form of document.querySelectorAll("form[method=post]:not([data-offline])")) {
    form.addEventListener("submit", () => { setMeta(phone.db, "stale", true); });
  }
  for (const form of document.querySelectorAll("form[action^='/logout']")) {
    form.addEventListener("submit", () => { setMeta(phone.db, "active", null); lock(phone.db); caches.delete(`pages-${owner}`); });
  }
};

const start = async () => {
  if (!owner || !("indexedDB" in globalThis)) return;
  phone.db = await openDatabase();
  wipe(phone.db).catch(() => { /* at the next page */ });
  if (!(await guard(phone.db, owner, { name: words.name }))) return;
  await freshen(phone.db);
  capture(phone);
  watchForms();
  document.addEventListener("outbox", showCount);
  try { await reopenNamed(); } catch (error) { if (!(error instanceof LockedError)) throw error; }
  await showCount();
  phone.changed();
  document.documentElement.dataset.ready = "1";
  for (const wake of ["online", "focus"]) addEventListener(wake, () => phone.send({ force: true }));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) phone.send({ force: true }); });
  if ("serviceWorker" in navigator) {
    await navigator.serviceWorker.register("/sw.js", { scope: "/producer/" });
  }
  navigator.storage?.persist?.();
  await phone.send({ force: true });
  if (navigator.onLine) {
    try { await freshenHome(); await keepPages(); document.documentElement.dataset.kept = "1"; } catch { /* no signal: the pages of before stay */ }
  }
};

export const ready = start();
