/* Forms marked `data-offline`: kept on the phone first, then sent. Whoever has signal sees the answer on the spot. */
import { getMeta } from "./db.js";
import { ClosedError, drop, FullError, save } from "./outbox.js";
import { uuid7 } from "./ids.js";
import { recall } from "./exif.js";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const VIETNAM = 7 * 3_600_000;

/* The day in Viet Nam; a clock that runs before what the fair said last is not believed. */
export const today = (heard, now = Date.now()) => {
  const floor = Date.parse(heard ?? 0) || 0;
  return new Date(Math.max(now, floor) + VIETNAM).toISOString().slice(0, 10);
};

export const floorOf = (heard, now = Date.now()) => (Date.parse(heard ?? 0) > now + 600_000 ? heard : undefined);

/* A page that was kept some days ago: its "today" is today. What the address names is chosen. */
export const freshen = async (db, root = document) => {
  const rendered = document.documentElement.dataset.day;
  const day = today(await getMeta(db, "heard"));
  if (rendered !== day) for (const line of all("[data-todays]", root)) line.remove();
  const asked = new URLSearchParams(location.search);
  for (const form of all("form[data-offline]", root)) {
    for (const input of all("input[type=date], input[name=performed_on]", form)) if (input.value === rendered) input.value = day;
    for (const [name, value] of asked) {
      const field = form.elements.namedItem(name) ?? form.elements.namedItem(`${name}_id`);
      if (field instanceof Element) field.closest("details")?.setAttribute("open", "");
      if (field && "value" in field && !(field instanceof HTMLInputElement && field.type === "file")) field.value = value;
    }
  }
};

/* What the person sees in a list later: the page's title, and the place that was chosen. */
const titleOf = (form) => {
  const place = form.querySelector("select[name=site_id]");
  const chosen = place?.selectedOptions[0]?.textContent.trim() || form.querySelector("[name=site_id] + .soft")?.textContent.trim();
  return [form.dataset.title || document.querySelector("h1")?.textContent.trim(), chosen].filter(Boolean).join(" · ");
};

/* The page that the form stands on, to open it there again. */
const pageOf = () => {
  const address = new URL(location.href);
  for (const own of ["record", "site", "saved"]) address.searchParams.delete(own);
  return `${address.pathname}${address.search}`;
};

/* Read a form as it would travel: {id, path, page, fields, files, title}. */
export const read = (form, submitter) => {
  const data = new FormData(form, submitter);
  const own = form.elements.namedItem("id");
  const id = form.dataset.record || uuid7();
  const fields = [];
  const files = [];
  for (const [name, value] of data) {
    if (value instanceof File) { if (value.size) files.push({ field: name, name: value.name, blob: value, ...recall(value) }); }
    else fields.push([name, own && name === "id" ? id : value]);
  }
  return { id, path: new URL(form.action, location.href).pathname, page: pageOf(), fields, files, title: titleOf(form) };
};

/* A kept page's form has no id of its own: when it goes the ordinary way it takes one along, sent twice or not. */
const nameIt = (form, id = uuid7()) => {
  const own = form.elements.namedItem("id");
  if (own && !own.value) own.value = id;
};

const clean = (form) => {
  for (const old of all(".err, [data-errors]", form)) old.remove();
  for (const field of all("[aria-invalid]", form)) { field.removeAttribute("aria-invalid"); }
};

/* Say beside each field what is wrong, as the server's own page would. */
export const showErrors = (form, message, errors, heading) => {
  clean(form);
  const box = document.createElement("div");
  box.className = "notice notice-bad";
  box.setAttribute("role", "alert");
  box.dataset.errors = "";
  box.tabIndex = -1;
  const list = document.createElement("ul");
  const told = new Set();
  const say = (name, text) => {
    if (told.has(text)) return;
    told.add(text);
    const line = document.createElement("li");
    const link = document.createElement(name ? "a" : "span");
    if (name) link.href = `#f-${name}`;
    link.textContent = text;
    line.append(link);
    list.append(line);
  };
  for (const [name, text] of Object.entries(errors)) {
    say(name, text);
    const field = document.getElementById(`f-${name}`);
    if (!field) continue;
    const words = document.createElement("p");
    words.className = "err";
    words.id = `e-${name}`;
    words.textContent = text;
    const frame = field.closest(".field") ?? field.parentElement;
    const label = frame.querySelector("label, legend");
    label.after(words);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `e-${name}`);
  }
  if (message && !told.has(message) && !list.children.length) say("", message);
  const inner = document.createElement("div");
  const head = document.createElement("p");
  const strong = document.createElement("strong");
  strong.textContent = heading;
  head.append(strong);
  inner.append(head);
  if (list.children.length) inner.append(list);
  box.append(inner);
  form.prepend(box);
  box.focus();
};

/* Put a kept record back into its form: what was typed stays. */
export const fill = (form, record) => {
  form.dataset.record = record.id;
  const typed = new Map();
  for (const [name, value] of record.fields) typed.set(name, [...(typed.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (!field.name || field.type === "file" || field.type === "submit") continue;
    const values = typed.get(field.name);
    if (field.type === "checkbox" || field.type === "radio") field.checked = Boolean(values?.includes(field.value));
    else if (values) field.value = values.shift() ?? "";
  }
};

/* Whether the page was made for whom a record was written: the same farmer, the same workplace. */
const isFor = (phone, { person, context }) => (person ?? phone.owner) === phone.person
  && Object.entries(context ?? {}).every(([name, value]) => [value, undefined].includes(phone.context[name]));

/* Open a refused or unsent record in its own form again. It stays as it is, and that is said, where the page has no such
   form any more (a one-tap repeat of last week), and on another farmer's page: it would be sent as what it is not. */
export const reopen = (phone, record, root = document) => {
  const forms = all("form[data-offline]", root);
  const isSame = (one) => new URL(one.action, location.href).pathname === record.path;
  const code = record.fields.find(([name]) => name === "code")?.[1];
  const form = forms.find((one) => isSame(one) && (!code || one.elements.namedItem("code")?.value === code))
    ?? forms.find(isSame);
  if (!form) {
    if (forms.length) showErrors(forms[0], "", {}, phone.words.astray);
    return;
  }
  form.closest("details")?.setAttribute("open", "");
  if (!isFor(phone, record)) { showErrors(form, "", {}, phone.words.elsewhere); return; }
  fill(form, record);
  form.kept = record.files;
  form.whose = { person: record.person, context: record.context };
  if (record.state === "refused") showErrors(form, record.reason, record.errors ?? {}, phone.words.heading);
};

/* Take over every marked form. phone: {db, key(), owner, person, context, send(), words, go(url)} */
export const capture = (phone, root = document) => {
  for (const form of all("form[data-offline]", root)) {
    // A page that is had back by "back" is a new record: the one that was written on it is on its way.
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      delete form.dataset.record;
      delete form.kept;
      delete form.whose;
    });
    form.addEventListener("submit", async (event) => {
      if (form.dataset.bypass) return;
      event.preventDefault();
      const { submitter } = event;
      if (form.dataset.busy) return; // a second tap on the button is the same record
      form.dataset.busy = "1";
      const mark = phone.busy(submitter, true);
      try {
        await keep(phone, form, submitter);
      } finally {
        delete form.dataset.busy;
        mark();
      }
    });
  }
};

/* Whether one of the fields that the form needs any of says something; photos of an earlier try count. */
const saysSomething = ({ needs }, entry, kept = []) => {
  const names = needs.split(" ");
  return entry.fields.some(([name, value]) => names.includes(name) && value.trim())
    || [...entry.files, ...kept].some((file) => names.includes(file.field));
};

const keep = async (phone, form, submitter) => {
  const entry = read(form, submitter);
  if (form.dataset.needs && !saysSomething(form.dataset, entry, form.kept)) {
    const [first] = form.dataset.needs.split(" ");
    showErrors(form, "", { [first]: form.dataset.needsWords }, phone.words.heading);
    return;
  }
  const record = {
    ...entry,
    ...(form.whose ?? { person: phone.person, context: phone.context }),
    floor: floorOf(await getMeta(phone.db, "heard")),
    kept: form.kept ?? [],
  };
  let saved;
  try {
    saved = await save(phone.db, await phone.key(), phone.owner, record);
  } catch (error) {
    if (error instanceof ClosedError) { phone.go(`${phone.outbox}?saved=${record.id}`); return; }
    if (!(error instanceof FullError)) throw error;
    // Not even the words fit: with signal the form goes the ordinary way, without it stays open as it is.
    if (navigator.onLine) { form.dataset.bypass = "1"; nameIt(form, record.id); form.requestSubmit(submitter); return; }
    showErrors(form, phone.words.full, {}, phone.words.heading);
    return;
  }
  // `form.kept` stays: refused once more, the record still holds them. What the form's own inputs chose comes anew.
  form.dataset.record = saved.id;
  const result = await phone.tell(saved.id);
  if (result?.state === "refused" && result.details?.conflicts) {
    phone.go(`${phone.outbox}?saved=${saved.id}`);
    return;
  }
  if (result?.state === "refused") {
    showErrors(form, result.reason, result.errors ?? {}, phone.words.heading);
    return;
  }
  const outbox = `${phone.outbox}?saved=${saved.id}${saved.lost ? `&lost=${saved.lost}` : ""}`;
  phone.go(result?.state === "sent" && result.location && !saved.lost ? result.location : outbox);
};

export { drop };
