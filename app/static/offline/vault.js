/* The key of each person's records: AES-256-GCM, one key a person, made on this phone and never sent.

   Without a PIN the key lies in this browser as a CryptoKey whose bytes no script can read. */
const text = new TextEncoder();

export class LockedError extends Error {}

export const seal = async (key, value) => {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const bytes = value instanceof ArrayBuffer ? value : text.encode(JSON.stringify(value));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
};

export const openBytes = (key, { iv, data }) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, data);

export const open = async (key, sealed) => JSON.parse(new TextDecoder().decode(await openBytes(key, sealed)));

/* The key of a person; made at the first use. LockedError when a PIN keeps it. */
export const keyOf = async (db, person, name = "") => {
  const known = await db.get("people", person);
  if (known?.key) return known.key;
  if (known?.wrapped) throw new LockedError();
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const tx = db.transaction("people", "readwrite");
  const meanwhile = await tx.store.get(person); // another tab may have been quicker: its key stands
  if (!meanwhile?.key) await tx.store.put({ ...meanwhile, id: person, name: meanwhile?.name || name, key });
  await tx.done;
  return meanwhile?.key ?? key;
};
