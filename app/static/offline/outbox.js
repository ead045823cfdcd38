/* The outbox: saved on the phone first, then it travels. Nothing in it expires, and nothing is dropped.

   A record's state: `saved` (waits, or an answer is awaited), `sent` (the fair has it), `refused` (stays, with a reason). */
import { uuid7 } from "./ids.js";
import { open, openBytes, seal } from "./vault.js";

export const SENT_KEPT = 50;
const WAITS = [5, 10, 20, 40, 80, 160, 300]; // seconds

export class FullError extends Error {}
export class ClosedError extends Error {}

const isFull = (error) => error?.name === "QuotaExceededError";

export const deviceId = async (db) => {
  const tx = db.transaction("meta", "readwrite");
  const known = await tx.store.get("device");
  const value = known?.value ?? uuid7();
  if (!known) await tx.store.put({ key: "device", value });
  await tx.done;
  return value;
};

/* Save one record and its files. Answers {id, lost}: `lost` files did not fit, the words always go first. Of a record
   that is saved again the files stay that `kept` names; the others were chosen for the try before, and go.
   entry: {id, person, helper, path, fields, title, files: [{field, name, blob}], kept: files of an earlier save of it};
   FullError when not even words fit; ClosedError when it left this phone already, or may have: it stands as it was. */
export const save = async (db, key, owner, entry) => {
  const at = new Date().toISOString();
  const id = entry.id ?? uuid7();
  const files = await Promise.all(entry.files.map(async ({ field, name, blob, place, taken }) => ({
    about: { id: uuid7(), field, name, type: blob.type, size: blob.size, place, taken },
    sealed: await seal(key, await blob.arrayBuffer()),
  })));
  const put = async (kept) => {
    const about = [...(entry.kept ?? []), ...kept.map((file) => file.about)];
    const words = { ...entry, id, captured_at: entry.captured_at ?? at, files: about };
    delete words.kept;
    const sealed = await seal(key, words);
    const tx = db.transaction(["outbox", "files", "meta"], "readwrite");
    const failed = tx.done.catch((error) => error);
    try {
      const meta = tx.objectStore("meta");
      const before = await tx.objectStore("outbox").get(id);
      if (before && !isOpen(before)) throw new ClosedError();
      const seq = before?.seq ?? ((await meta.get("seq"))?.value ?? 0) + 1;
      if (!before) await meta.put({ key: "seq", value: seq });
      const store = tx.objectStore("files");
      const held = new Set(about.map((file) => file.id));
      for (const old of await store.index("record").getAllKeys(id)) if (!held.has(old)) await store.delete(old);
      for (const { about, sealed: data } of kept) {
        await store.put({ id: about.id, record: id, owner, size: about.size, offset: 0, state: "saved", sealed: data });
      }
      await tx.objectStore("outbox").put({ id, owner, seq, state: "saved", attempts: 0, due: 0, at, sealed });
      await tx.done;
    } catch (error) {
      try { tx.abort(); } catch { /* it ended by itself */ }
      await failed;
      throw isFull(error) || isFull(tx.error) ? new FullError() : error;
    }
  };
  try {
    await put(files);
    return { id, lost: 0 };
  } catch (error) {
    if (!(error instanceof FullError) || !files.length) throw error;
  }
  await put([]); // a phone that is full still takes the words
  return { id, lost: files.length };
};

export const listRows = (db, owner) =>
  db.getAllFromIndex("outbox", "owner", IDBKeyRange.bound([owner, 0], [owner, Infinity]));

/* All records of a person as they can be shown and sent, the oldest first. */
export const list = async (db, key, owner) => {
  const rows = await listRows(db, owner);
  return Promise.all(rows.map(async (row) => ({
    ...row,
    sealed: undefined,
    ...(await open(key, row.sealed)),
    left: (await db.getAllFromIndex("files", "record", row.id)).map((file) => ({ ...file, sealed: undefined })),
  })));
};

export const counts = async (db, owner) => {
  const found = { saved: 0, refused: 0, files: 0, bytes: 0, oldest: null };
  for (const row of await listRows(db, owner)) {
    if (row.state === "sent") continue;
    found[row.state] += 1;
    found.oldest ??= row.at;
  }
  for (const file of await db.getAll("files")) {
    if (file.owner === owner && file.state !== "refused") { found.files += 1; found.bytes += file.size - file.offset; }
  }
  return found;
};

/* Change what is sealed and what is not, in one step; a row that is gone stays gone. */
export const change = async (db, key, id, words, fields) => {
  const row = await db.get("outbox", id);
  if (!row) return;
  const sealed = words ? await seal(key, { ...(await open(key, row.sealed)), ...words }) : row.sealed;
  const tx = db.transaction("outbox", "readwrite");
  const now = await tx.store.get(id);
  if (now) await tx.store.put({ ...now, ...fields, sealed });
  await tx.done;
};

/* An attempt is noted before it is made: once it may have arrived, the record is no longer changed here.

   Answers the rows that still wait, as they stood until now: what may be sent is what they hold, and no other words. */
export const noteAttempt = async (db, ids) => {
  const tx = db.transaction("outbox", "readwrite");
  const noted = [];
  for (const id of ids) {
    const row = await tx.store.get(id);
    if (row?.state !== "saved") continue;
    await tx.store.put({ ...row, attempts: row.attempts + 1, is_unsure: true });
    noted.push(row);
  }
  await tx.done;
  return noted;
};

export const wait = (attempts) => WAITS[Math.min(Math.max(attempts, 1), WAITS.length) - 1] * 1000;

export const settle = async (db, key, result, now = Date.now()) => {
  if (result.state === "stored") {
    const row = await db.get("outbox", result.id);
    if (!row) return;
    const { title, captured_at, files } = await open(key, row.sealed);
    const sealed = await seal(key, { id: row.id, title, captured_at, files, location: result.location });
    const tx = db.transaction("outbox", "readwrite");
    await tx.store.put({ ...row, state: "sent", is_unsure: false, sent: new Date(now).toISOString(), sealed });
    await tx.done;
  } else if (result.state === "refused") {
    const { message, errors = {}, status } = result;
    await change(db, key, result.id, { reason: message, errors, status, html: result.html, details: result.details }, { state: "refused", is_unsure: false });
  } else if (result.state === "untouched") {
    const { attempts, is_unsure } = result.row;
    await change(db, key, result.id, null, { attempts, is_unsure, due: result.due });
  } else {
    const row = await db.get("outbox", result.id);
    if (row) await change(db, key, result.id, null, { due: now + wait(row.attempts), is_unsure: result.is_unsure ?? false });
  }
};

/* Whether a record may still be changed or taken back on the phone. */
export const isOpen = (record) => record.state === "refused" || (record.state === "saved" && !record.is_unsure);

/* Take a record that never left off this phone. Answers whether it went. */
export const drop = async (db, id) => {
  const tx = db.transaction(["outbox", "files"], "readwrite");
  const row = await tx.objectStore("outbox").get(id);
  const goes = Boolean(row) && isOpen(row);
  if (goes) {
    await tx.objectStore("outbox").delete(id);
    for (const file of await tx.objectStore("files").index("record").getAllKeys(id)) await tx.objectStore("files").delete(file);
  }
  await tx.done;
  return goes;
};

/* What was sent stays in sight for a while; its words are with the fair already. */
export const tidy = async (db, owner) => {
  const sent = (await listRows(db, owner)).filter((row) => row.state === "sent");
  const tx = db.transaction(["outbox", "files"], "readwrite");
  for (const row of sent.slice(0, -SENT_KEPT)) {
    if (!(await tx.objectStore("files").index("record").count(row.id))) await tx.objectStore("outbox").delete(row.id);
  }
  await tx.done;
};

export const fileBlob = async (db, key, id, type) => {
  const file = await db.get("files", id);
  return file ? new Blob([await openBytes(key, file.sealed)], { type }) : null;
};

export const moveFile = async (db, id, fields) => {
  const tx = db.transaction("files", "readwrite");
  const file = await tx.store.get(id);
  if (file && fields.state === "sent") await tx.store.delete(id);
  else if (file) await tx.store.put({ ...file, ...fields });
  await tx.done;
};
