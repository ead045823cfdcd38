/* What a room's own script keeps: JSON by its address, sealed like a record, and off the phone when its hour has come.

   meta: `data:<person>:<address>` {at, until, etag, sealed}; `at` is when the fair said it last, also that it is the same. */
import { open, seal } from "./vault.js";

const PREFIX = "data:";
const place = (owner, path) => `${PREFIX}${owner}:${path}`;
const under = (start) => IDBKeyRange.bound(start, `${start}\uffff`);

export const keep = async (db, key, owner, { path, until, value, etag }, now = Date.now()) => {
  const sealed = await seal(key, value);
  await db.put("meta", { key: place(owner, path), value: { at: now, until: Date.parse(until), etag, sealed } });
};

/* What is kept under an address: {at, until, etag, value}, or null when it is not there, or its hour has come. */
export const find = async (db, key, owner, path, now = Date.now()) => {
  const row = (await db.get("meta", place(owner, path)))?.value;
  if (!row || row.until <= now) return null;
  return { ...row, value: await open(key, row.sealed) };
};

/* The fair says that a person's data, under one address or all, is still what it was. */
export const confirm = async (db, owner, path = "", now = Date.now()) => {
  const tx = db.transaction("meta", "readwrite");
  const keys = path ? [place(owner, path)] : await tx.store.getAllKeys(under(place(owner, "")));
  for (const key of keys) {
    const row = await tx.store.get(key);
    if (row) await tx.store.put({ key, value: { ...row.value, at: now } });
  }
  await tx.done;
};

/* Whoever it belongs to: what is past its hour goes, data and pages. */
export const wipe = async (db, now = Date.now()) => {
  const tx = db.transaction("meta", "readwrite");
  for (const key of await tx.store.getAllKeys(under(PREFIX))) {
    if ((await tx.store.get(key)).value.until <= now) await tx.store.delete(key);
  }
  await tx.done;
  for (const name of await caches.keys()) {
    if (!name.startsWith("pages-")) continue;
    const cupboard = await caches.open(name);
    for (const request of await cupboard.keys()) {
      const until = Date.parse((await cupboard.match(request))?.headers.get("X-Until") || "");
      if (until <= now) await cupboard.delete(request);
    }
  }
};
