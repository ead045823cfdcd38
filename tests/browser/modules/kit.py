"""What the tests of the phone's modules share: the modules, a person's key, and a fair that answers as it is told."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

OWNER = "019a8c00-0000-7000-8000-000000000001"
KIT = """
const names = ["db", "outbox", "sender", "vault", "ids", "forms", "export"];
const [D, O, S, V, I, F, X] = await Promise.all(names.map((name) => import(`/static/offline/${name}.js`)));
const owner = "OWNER";
const db = await D.openDatabase();
const key = await V.keyOf(db, owner, "Mận");
const entry = (note, more = {}) => ({
  person: owner, path: "/producer/diary/new/weed", title: "Làm cỏ · Bờ hồ", context: { producer: "p" },
  fields: [["id", "x"], ["note", note]], files: [], ...more,
});
const photo = (bytes = 1000) => ({ field: "photos", name: "a.jpg", blob: new Blob([new Uint8Array(bytes)], { type: "image/jpeg" }) });
const write = async (count) => {
  const ids = [];
  for (let n = 0; n < count; n += 1) ids.push((await O.save(db, key, owner, entry(`cỏ ${n}`))).id);
  return ids;
};
const rows = async () => (await O.listRows(db, owner)).map((row) => ({ ...row, sealed: undefined }));
const sizes = async () => ({ outbox: await db.count("outbox"), files: await db.count("files"), seq: await D.getMeta(db, "seq") ?? 0 });
const reply = (body, status = 200) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const stored = (id) => ({ id, state: "stored", location: `/producer/diary/${id}` });
/* A fair that keeps what it took; `fault(body, n)` may throw, or answer in its place. */
const makeFair = (fault = () => undefined) => {
  const fair = { bodies: [], taken: [] };
  fair.fetch = async (_url, { body }) => {
    const said = JSON.parse(body);
    fair.bodies.push(said);
    const early = await fault(said, fair.bodies.length);
    if (early) return early;
    for (const { id } of said.items) if (!fair.taken.includes(id)) fair.taken.push(id);
    await fair.lose?.(said);
    return reply({ received_at: "2026-11-12T02:00:00+00:00", results: said.items.map(({ id }) => stored(id)) });
  };
  return fair;
};
const attempt = async (promise) => { try { return await promise; } catch (error) { return error.constructor.name; } };
""".replace("OWNER", OWNER)


def run(lab: Page, body: str, given: Any = None) -> Any:
    """Run the body of an async function with the kit in reach; `given` is what it is called with."""
    return lab.evaluate("async (given) => {" + KIT + body + "}", given)
