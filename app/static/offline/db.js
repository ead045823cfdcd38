/* The phone's own database. What a person wrote lies in it as ciphertext only (see vault.js).

   people  {id, name, key | wrapped…}                       who uses this phone, and the key of their records
   outbox  {id, owner, seq, state, attempts, due, at, size, sealed}   one record each; `sealed` holds all words
   files   {id, record, owner, size, offset, state, sealed} photos and voices, apart from the words
   meta    {key, value}                                     device id, sequence, who is active; sealed data (data.js) */
import { openDB } from "../vendor/idb.js";

export const NAME = "chophien";

export const openDatabase = (name = NAME) => openDB(name, 1, {
  upgrade(db) {
    db.createObjectStore("people", { keyPath: "id" });
    const outbox = db.createObjectStore("outbox", { keyPath: "id" });
    outbox.createIndex("owner", ["owner", "seq"]);
    const files = db.createObjectStore("files", { keyPath: "id" });
    files.createIndex("record", "record");
    db.createObjectStore("meta", { keyPath: "key" });
  },
  // Another tab with a newer page wants to change the shape: give way, this page opens anew when it is used.
  blocking(_current, _blocked, event) { event.target.close(); },
});

export const getMeta = async (db, key) => (await db.get("meta", key))?.value;
export const setMeta = (db, key, value) => db.put("meta", { key, value });
