/* The outbox's page: each record with its state in a word, an icon and a colour, and what can be done with it. */
import { getMeta, setMeta } from "./db.js";
import { ask, isDecided, resolve } from "./conflicts.js";
import { bundleUp } from "./export.js";
import { drop, isOpen, list, save } from "./outbox.js";
import { phone, ready } from "./start.js";
import { cost } from "./uploads.js";
import { LockedError } from "./vault.js";

const root = document.getElementById("outbox");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const copy = (name) => root.querySelector(`[data-template="${name}"]`).content.cloneNode(true);
const query = new URLSearchParams(location.search);
const hour = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short", timeZone: "Asia/Ho_Chi_Minh" });
const undone = new Map();
const choices = new Map();

/* How the line is said to be while nothing moves on it. */
const STANDING = ["away", "logged-out", "other-person"];

/* A record is opened again on the page that it was written on. */
const formOf = ({ id, path, page, fields }) => {
  const address = new URL(page ?? path, location.href);
  const site = fields.find(([name]) => name === "site_id");
  if (site) address.searchParams.set("site", site[1]);
  address.searchParams.set("record", id);
  return `${address.pathname}${address.search}`;
};

/* Once every question is answered the record goes again, under its own id, from what stands now. */
const decide = async (record, field, choice) => {
  const made = { ...choices.get(record.id), [field]: choice };
  choices.set(record.id, made);
  if (!isDecided(record.details, made)) { phone.changed(); return; }
  choices.delete(record.id);
  const { id, person, context, floor, path, page, title, captured_at } = record;
  const fields = resolve(record.fields, record.details, made);
  await save(phone.db, await phone.key(), phone.owner, {
    id, person, context, floor, path, page, title, captured_at, fields, files: [], kept: record.files,
  });
  phone.changed();
  await phone.send({ force: true });
};

const showOne = (record) => {
  const row = copy("record");
  const slot = (name) => row.querySelector(`[data-slot="${name}"]`);
  slot("title").textContent = record.title;
  slot("when").textContent = hour.format(new Date(record.captured_at ?? record.at));
  const sending = record.state === "saved" && record.is_unsure && !STANDING.includes(document.body.dataset.line);
  slot("state").append(copy(`state-${sending ? "sending" : record.state}`));
  if (record.state === "refused") { slot("reason").hidden = false; slot("reason").textContent = record.reason; }
  if (record.state === "refused" && record.details?.conflicts) {
    slot("conflicts").hidden = false;
    for (const one of record.details.conflicts) {
      const chosen = choices.get(record.id)?.[one.field];
      slot("conflicts").append(ask(copy, one, chosen, (choice) => decide(record, one.field, choice)));
    }
  }
  if (record.left.length) {
    const at = record.left.reduce((sum, file) => sum + file.offset, 0);
    const all = record.left.reduce((sum, file) => sum + file.size, 0);
    const bad = record.left.find((file) => file.state === "refused");
    slot("files").hidden = false;
    slot("files").textContent = bad ? bad.reason : `${record.left.length} 📷 ${Math.round((at / all) * 100)} %`;
  }
  if (record.location) { slot("open").hidden = false; slot("open").href = record.location; }
  if (isOpen(record)) {
    slot("edit").hidden = false;
    slot("edit").href = formOf(record);
    slot("undo").hidden = false;
    slot("undo").addEventListener("click", () => takeBack(record));
  }
  if (record.state === "refused" && navigator.share) {
    slot("help").hidden = false;
    slot("help").addEventListener("click", () => navigator.share({ text: `${record.title}: ${record.reason}` }).catch(() => {}));
  }
  row.firstElementChild.dataset.id = record.id;
  return row;
};

/* Undo rather than "are you sure?": the record can be had back until this page is left. */
const takeBack = async (record) => {
  const files = [];
  const { fileBlob } = await import("./outbox.js");
  for (const about of record.files) {
    const blob = await fileBlob(phone.db, await phone.key(), about.id, about.type);
    if (blob) files.push({ ...about, blob });
  }
  if (!(await drop(phone.db, record.id))) return;
  undone.set(record.id, { ...record, files, kept: [] });
  phone.changed();
};

const showUndone = (record) => {
  const row = copy("undone");
  row.querySelector("[data-slot=title]").textContent = record.title;
  row.querySelector("[data-slot=back]").addEventListener("click", async () => {
    await save(phone.db, await phone.key(), phone.owner, record);
    undone.delete(record.id);
    phone.changed();
  });
  return row;
};

const show = async () => {
  let records = [];
  try {
    records = await list(phone.db, await phone.key(), phone.owner);
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    return;
  }
  const order = { refused: 0, saved: 1, sent: 2 };
  records.sort((a, b) => order[a.state] - order[b.state] || b.seq - a.seq);
  part("records").replaceChildren(...[...undone.values()].map(showUndone), ...records.map(showOne));
  const waits = records.filter((record) => record.state !== "sent" || record.left.some((file) => file.state !== "refused"));
  const isAllSent = records.every((record) => record.state === "sent" && !record.left.length);
  part("empty").hidden = Boolean(records.length);
  root.querySelector("[data-act=send]").hidden = !waits.length;
  const { line } = document.body.dataset;
  const saved = query.get("saved");
  const fresh = saved && records.find((record) => record.id === saved);
  const box = part("line");
  const name = ["logged-out", "other-person"].includes(line) ? line
    : query.get("lost") ? "lost"
      : fresh?.state === "saved" ? "kept"
        : line === "away" && waits.length ? "away"
          : records.length && isAllSent ? "ok" : null;
  box.hidden = !name;
  if (name && box.dataset.shown !== name) { box.dataset.shown = name; box.replaceChildren(copy(name)); }
  const photos = records.flatMap((record) => record.left).filter((file) => file.state !== "refused");
  part("cost").hidden = !photos.length;
  part("cost").textContent = cost(photos, part("cost").dataset.words);
};

await ready;
document.addEventListener("outbox", show);
root.querySelector("[data-act=send]").addEventListener("click", () => phone.send({ force: true, everything: true }));
root.querySelector("[data-act=export]").addEventListener("click", async ({ currentTarget }) => {
  const file = await bundleUp(phone, currentTarget.dataset.filename);
  if (navigator.canShare?.({ files: [file] })) {
    try { await navigator.share({ files: [file] }); return; } catch (error) { if (error.name === "AbortError") return; }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
});
const wifi = root.querySelector("[data-act=wifi]");
wifi.checked = Boolean(await getMeta(phone.db, "wifi-only"));
wifi.addEventListener("change", async () => { await setMeta(phone.db, "wifi-only", wifi.checked); phone.send({ force: true }); });
if (await navigator.storage?.persisted?.()) {
  part("storage").hidden = false;
  part("storage").textContent = part("storage").dataset.ready;
}
await show();
