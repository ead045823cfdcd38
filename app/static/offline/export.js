/* One file with everything that waits, for somebody who walks down to where there is signal.

   It is signed with a key that this login got from the fair: nobody writes records in another's name. */
import { deviceId, fileBlob, list } from "./outbox.js";

export const FORMAT = "chophien-outbox/1";

const base64 = async (blob) => {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
};

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const sign = async (secret, text) => {
  const raw = new TextEncoder().encode(secret);
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
};

export const bundleUp = async ({ db, key, owner, words }, name) => {
  const records = [];
  const opened = await key();
  for (const record of await list(db, opened, owner)) {
    const files = [];
    for (const { id } of record.left) {
      const about = record.files.find((file) => file.id === id);
      if (about) files.push({ ...about, data: await base64(await fileBlob(db, opened, id, about.type)) });
    }
    if (record.state === "sent" && !files.length) continue;
    const { id, seq, path, fields, captured_at, floor, title, person, context } = record;
    const words_of = record.state === "sent" ? {} : { path, fields, floor, context, person: person === owner ? undefined : person };
    records.push({ id, sequence: seq, captured_at, title, ...words_of, files });
  }
  const body = JSON.stringify({ device: await deviceId(db), owner, sent_at: new Date().toISOString(), records });
  const [login, secret] = words.proof.split(".");
  const file = { format: FORMAT, login, mac: await sign(secret, body), body };
  const day = new Date().toISOString().slice(0, 10);
  return new File([JSON.stringify(file)], `${name}-${day}.json`, { type: "application/json" });
};
