/* Sends what waits: the words first, in the order in which they were written, then photos and voices.

   One tab of the phone sends at a time. Nothing is taken off the phone before the fair has said that it holds it. */
import { counts, deviceId, fileBlob, listRows, moveFile, noteAttempt, settle, wait } from "./outbox.js";
import { getMeta, setMeta } from "./db.js";
import { open } from "./vault.js";
import { LoggedOut, mayUpload, NotYet, OtherPerson, RefusedFile, upload } from "./uploads.js";

const MOST = 20;
const DOUBTFUL = 2; // attempts
const PATIENCE = 60_000;

/* Many phones send at once: nothing was taken, and ours is to come again after `after` ms. */
export class LineFull extends Error {
  constructor(after) { super("line full"); this.after = after; }
}

const post = async (fetch, body) => {
  const reply = await fetch("/offline/submissions", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/problem+json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (reply.status === 401) throw new LoggedOut();
  const said = await reply.json().catch(() => ({}));
  if (reply.status === 409 && said.type?.endsWith("other-person")) throw new OtherPerson();
  if (reply.status === 503 && said.type?.endsWith("#line-full")) throw new LineFull(Number(reply.headers.get("Retry-After")) * 1000);
  if (!reply.ok) throw new Error(`submissions: ${reply.status}`);
  return said;
};

const wire = ({ id, seq, path, fields, captured_at, floor, title, person, context }, owner) => ({
  id, sequence: seq, path, fields, captured_at, floor, title, context, person: person === owner ? undefined : person,
});

/* Say how this phone is; with `items`, send them. The reply's hour is kept: this phone's clock never runs before it. */
const talk = async (db, owner, fetch, items, version) => {
  const rows = await listRows(db, owner);
  const { saved, oldest } = await counts(db, owner);
  const refused = rows.filter((row) => row.state === "refused").map((row) => row.id);
  const said = await post(fetch, {
    device: await deviceId(db), owner, sent_at: new Date().toISOString(), items, unsent: saved, oldest_at: oldest, refused, version,
  });
  await setMeta(db, "heard", said.received_at);
  return said.results;
};

/* What goes now, in the order of writing: a record whose answer never came goes before a newer one that is due, though its
   own hour has not come. One that failed again and again may be what breaks the batch: it keeps nobody waiting. */
const inTurn = (waiting, isDue) => {
  const last = waiting.map(isDue).lastIndexOf(true);
  return waiting.filter((row, n) => isDue(row) || (n < last && row.is_unsure && row.attempts <= DOUBTFUL));
};

const words = async (db, key, owner, { fetch, now, onChange, version, force }) => {
  let more = true;
  while (more) {
    const due = inTurn((await listRows(db, owner)).filter((row) => row.state === "saved"), (row) => force || row.due <= now());
    // A batch that fails though the line is good may hold one record that breaks it: those go one by one.
    const picked = due.slice(0, due[0]?.attempts > DOUBTFUL ? 1 : MOST);
    more = due.length > picked.length;
    if (!picked.length) return;
    // After a failure the line is tried with nothing in hand: what never left can still be changed on the phone,
    // also while the line is being tried. So the words that go are those that stand there afterwards.
    if (picked.some((row) => row.attempts)) await talk(db, owner, fetch, [], version);
    const batch = await noteAttempt(db, picked.map((row) => row.id));
    if (!batch.length) continue;
    onChange?.();
    const opened = await Promise.all(batch.map(async (row) => wire({ ...(await open(key, row.sealed)), seq: row.seq }, owner)));
    let results = new Map();
    try {
      results = new Map((await talk(db, owner, fetch, opened, version)).map((one) => [one.id, one]));
    } catch (error) {
      // Where nothing was taken the records are as they were before this attempt: the line was full, or it is not their
      // owner who is logged in. So they can still be changed and taken back.
      const due = error instanceof LineFull ? now() + error.after : now();
      if ([LineFull, LoggedOut, OtherPerson].some((kind) => error instanceof kind)) {
        results = new Map(batch.map((row) => [row.id, { id: row.id, state: "untouched", row, due }]));
      }
      throw error;
    } finally {
      for (const row of batch) {
        await settle(db, key, results.get(row.id) ?? { id: row.id, state: "later", is_unsure: true }, now());
      }
    }
    force = false;
    onChange?.();
  }
};

const files = async (db, key, owner, { fetch, onChange, isWifiOnly }) => {
  if (!mayUpload(isWifiOnly)) return;
  const waiting = (await db.getAll("files")).filter((file) => file.owner === owner && file.state === "saved");
  for (const file of waiting) {
    const row = await db.get("outbox", file.record);
    if (row?.state !== "sent") continue;
    const about = (await open(key, row.sealed)).files.find((one) => one.id === file.id);
    if (!about) continue;
    const blob = await fileBlob(db, key, file.id, about.type);
    try {
      await upload(blob, { ...about, record: file.record, owner }, {
        fetch,
        onOffset: async (offset) => { await moveFile(db, file.id, { offset }); onChange?.(); },
      });
      await moveFile(db, file.id, { state: "sent" });
    } catch (error) {
      if (error instanceof RefusedFile) await moveFile(db, file.id, { state: "refused", reason: error.message });
      else if (!(error instanceof NotYet)) throw error;
    }
    onChange?.();
  }
};

/* Send all that is due. Throws what kept it from going: LoggedOut, OtherPerson, or the line's own error. */
export const flush = (db, key, owner, options = {}) => {
  const settings = { fetch: globalThis.fetch.bind(globalThis), now: Date.now, ...options };
  return navigator.locks.request(`send:${db.name}:${owner}`, async () => {
    await words(db, key, owner, settings);
    await files(db, key, owner, settings);
  });
};

/* Once an hour a phone says how it is, even when nothing waits. */
export const report = async (db, owner, { fetch = globalThis.fetch.bind(globalThis), version } = {}) => {
  const heard = Date.parse((await getMeta(db, "heard")) ?? 0);
  if (Math.abs(Date.now() - heard) > 3_600_000) await talk(db, owner, fetch, [], version);
};

export { LoggedOut, OtherPerson, wait };
