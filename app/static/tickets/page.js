/* The gate's page: takes the phone's own list for its first word, with signal or without. */
import { confirm, find, keep } from "../offline/data.js";
import { getMeta } from "../offline/db.js";
import { floorOf, today } from "../offline/forms.js";
import { phone, ready } from "../offline/start.js";
import { LockedError } from "../offline/vault.js";
import { openBook } from "./book.js";
import { count, judge, readList } from "./judge.js";

const FRESH = 60_000; // ms between two looks at the fair's list while there is signal
const PATIENCE = 15_000;
const NEWS = 1500; // ms that a ticket waits for the fair's newest list, where there is signal
const OLD = 12 * 3_600_000;
const MINUTE = 60_000;

const root = document.querySelector("section[data-gate]");
const form = root.querySelector("form");
const field = form.elements.namedItem("code");
const said = root.querySelector("[data-said]");
const words = root.dataset;
const part = (name) => root.querySelector(`[data-part=${name}]`);

let kept = null; // {at, etag, value}
let list = null;
let book = null;
let shown = null; // what the last ticket means

const address = async () => `${words.manifest}?on=${today(await getMeta(phone.db, "heard"))}`;
const load = async () => { kept = await find(phone.db, await phone.key(), phone.owner, await address()); };

/* The fair's list of this moment; without signal the kept one stands. */
const refresh = async () => {
  const path = await address();
  const headers = { Accept: "application/json", ...(kept?.etag && { "If-None-Match": kept.etag }) };
  let reply;
  try { reply = await fetch(path, { headers, redirect: "error", signal: AbortSignal.timeout(PATIENCE) }); } catch { return; }
  if (reply.status === 304) await confirm(phone.db, phone.owner, path);
  else if (reply.ok) {
    const value = await reply.json();
    await keep(phone.db, await phone.key(), phone.owner, { path, until: value.until, value, etag: reply.headers.get("ETag") });
  }
};

const age = (at) => {
  const minutes = Math.max(0, Math.floor((Date.now() - at) / MINUTE));
  if (minutes < 2) return words.ageNow;
  return minutes < 120 ? words.ageMinutes.replace("%", minutes) : words.ageHours.replace("%", Math.floor(minutes / 60));
};

const draw = () => {
  part("nolist").hidden = Boolean(list);
  part("with-list").hidden = !list;
  for (const plain of document.querySelectorAll("[data-plain]")) plain.hidden = Boolean(list);
  if (!list) return;
  const { all, inside } = count(list, book.scans);
  part("count").textContent = words.count.replace("%1", inside).replace("%2", all);
  part("age").textContent = age(kept.at);
  part("age").classList.toggle("err", Date.now() - kept.at > OLD);
};

const openList = async () => {
  await load();
  if (!kept) { list = null; return; }
  const next = readList(kept.value);
  const opened = await openBook(phone, next, words.door);
  await opened.mend();
  // A party that the day's page let in a moment ago is in, though the fair has not heard it.
  for (const { code, at } of await opened.listUnsent()) {
    const found = await judge(code, { list: next, scans: opened.scans });
    if (found.verdict === "ready") opened.others.push({ code: found.code, places: found.places, heads: found.heads, at });
  }
  await opened.look();
  [list, book] = [next, opened];
};

const clock = (at) => new Date(at).toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });
const dayOf = (day) => day.split("-").map(Number).reverse().join("/");

/* Say in words, colour and sign what a ticket means. */
const show = (found) => {
  const told = document.querySelector(`template[data-verdict="${found.verdict}"]`).content.cloneNode(true);
  const slots = {
    name: found.name || words.stranger, heads: found.heads, title: found.title, starts: found.starts, day: found.day && dayOf(found.day),
    until: found.until && dayOf(found.until),
    at: found.at ? words.hereAt.replace("%", clock(found.at)) : words.elsewhere, code: found.code,
  };
  for (const place of told.querySelectorAll("[data-slot]")) place.textContent = slots[place.dataset.slot] ?? "";
  for (const note of told.querySelectorAll("[data-when]")) note.hidden = !found[note.dataset.when];
  said.replaceChildren(told);
  said.dataset.outcome = found.verdict;
  said.querySelector("[data-admit]")?.addEventListener("click", admit, { once: true });
  (said.querySelector("[data-admit]") ?? said).focus();
};

const look = async (text) => {
  await book.look();
  shown = { text, ...(await judge(text, { list, scans: book.scans })) };
  show(shown);
};

const isFull = (error) => error?.name === "QuotaExceededError";

const admit = async () => {
  const { text, code, places, heads, name } = shown;
  const title = `${words.title} · ${name || code}`;
  const floor = floorOf(await getMeta(phone.db, "heard"));
  const isFree = async (scans) => (await judge(text, { list, scans })).verdict === "ready";
  try {
    if (await book.admit({ text, title, code, places, heads, floor }, isFree)) show({ ...shown, verdict: "in" });
    else await look(text); // another tab of this phone was quicker
  } catch (error) {
    if (!isFull(error)) throw error;
    show({ ...shown, verdict: "full" });
  }
  draw();
  phone.changed();
  field.value = "";
  if (navigator.onLine) sync();
};

let syncing = null;
/* Send what waits, then hear what the other gates let in; one at a time. */
const sync = () => {
  syncing ??= (async () => {
    await phone.send({ force: true });
    await refresh();
    await openList();
    draw();
  })().finally(() => { syncing = null; });
};

const start = async () => {
  await ready;
  if (!phone.db) return;
  await openList();
  if (!list && navigator.onLine) { await refresh(); await openList(); }
  root.hidden = false;
  draw();
  form.addEventListener("submit", (event) => {
    if (!list) return;
    event.preventDefault();
    if (field.value.trim()) look(field.value);
  });
  const asked = new URLSearchParams(location.search).get("code");
  if (asked && list) {
    if (navigator.onLine) {
      const patience = new Promise((resolve) => { setTimeout(resolve, NEWS); });
      await Promise.race([refresh().then(openList), patience]);
      draw();
    }
    field.value = asked;
    await look(asked);
  }
  setInterval(async () => {
    if (navigator.onLine && !document.hidden) { sync(); return; }
    await openList(); // a day that is over takes its list along
    draw();
  }, FRESH);
  addEventListener("online", sync);
  document.documentElement.dataset.gateIs = list ? "list" : "nolist";
  // The phone's own camera opens a ticket's address: without signal too, and here.
  navigator.serviceWorker?.register(words.worker, { scope: words.worker.replace(/[^/]*$/, "") }).catch(() => { /* with signal */ });
  if (navigator.onLine) sync();
};

start().catch((error) => {
  if (!(error instanceof LockedError)) throw error; // the page is on its way to where the PIN is asked for
});
