/* What this phone let in on a day: written down before it travels, so that a ticket is known the second time whatever
   happens to the line, the page or the battery. Sealed like a record, and gone with its day. */
import { find, keep } from "../offline/data.js";
import { uuid7 } from "../offline/ids.js";
import { ClosedError, FullError, list as listRecords, save } from "../offline/outbox.js";

const PATH = "gate/book";
const place = (day) => `${PATH}?on=${day}`;

/* {scans, look, admit, mend, others}. `phone`: {db, key(), owner, person, context}; `list`: the day's; `door`: where a scan
   is sent. `others`: what the day's page let in on this phone and has not sent yet. */
export const openBook = async (phone, list, door) => {
  const key = await phone.key();
  const read = async () => (await find(phone.db, key, phone.owner, place(list.day)))?.value ?? [];
  const write = (scans) => keep(phone.db, key, phone.owner, { path: place(list.day), until: list.until, value: scans });
  const alone = (work) => navigator.locks.request(`gate:${phone.db.name}:${phone.owner}`, work);

  const book = { scans: [], others: [] };

  /* Read what is in by now; another tab of this phone may have let somebody in. */
  book.look = async () => { book.scans = [...(await read()), ...book.others]; };

  /* Put a scan into the outbox. False where the phone is full: it stays in the book, and goes there later. */
  const queue = async (scan) => {
    const { id, text, title, at, places, floor } = scan;
    const fields = [["code", text], ...(places ? [["places", places.join(",")]] : [])];
    const { person, context } = phone;
    try {
      await save(phone.db, key, phone.owner, { id, path: door, fields, title, person, context, captured_at: at, floor, files: [] });
    } catch (error) {
      if (error instanceof FullError) return false;
      if (!(error instanceof ClosedError)) throw error; // it has left this phone already
    }
    return true;
  };

  /* Let people in: {text, title, code, places, heads, floor}, if `isFree` of all that is in by now. Answers whether. */
  book.admit = (entry, isFree) => alone(async () => {
    const before = await read();
    book.scans = [...before, ...book.others];
    if (!(await isFree(book.scans))) return false;
    const scan = { ...entry, id: uuid7(), at: new Date().toISOString(), isQueued: false };
    await write([...before, scan]);
    const isQueued = await queue(scan);
    await write([...before, { ...scan, isQueued }]);
    await book.look();
    return true;
  });

  /* What was written down and did not reach the outbox (the battery, a full phone) goes there now. */
  book.mend = () => alone(async () => {
    const scans = await read();
    const late = scans.filter((one) => !one.isQueued);
    for (const scan of late) scan.isQueued = await queue(scan);
    if (late.length) await write(scans);
    await book.look();
  });

  /* The records of this phone that let somebody in, are not of this book, and have not been sent: [{code, at}]. */
  book.listUnsent = async () => {
    const own = new Set((await read()).map(({ id }) => id));
    const waiting = (await listRecords(phone.db, key, phone.owner)).filter((one) => one.path === door && one.state !== "sent" && !own.has(one.id));
    return waiting.map((one) => ({ code: one.fields.find(([name]) => name === "code")?.[1] ?? "", at: one.captured_at }));
  };

  return book;
};
