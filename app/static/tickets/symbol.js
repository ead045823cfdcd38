/* Signed tickets, told from the fair's public keys alone (RFC 8032): the same bytes as storefront/tours/symbols.py. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"; // of codes that are said aloud
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; // RFC 4648, 6
const LETTERS = 130;
const PAYLOAD = 17;
const BYTES = PAYLOAD + 64;
const VERSION = 1n;
const FIELDS = { flags: 4, heads: 9, starts: 11, day: 16, tag: 16, place: 8, code: 40, kid: 24, version: 8 }; // the last bits first
const CODE_LENGTH = 7;
const OPEN = 1n; // the flag of a paper ticket for any day: a code of its own, and days where others say their start
const OPEN_LENGTH = 8;
const MOST_DAYS = 366;
const DOMAIN = new TextEncoder().encode("chophien/ticket\0");
const SPELLED = new RegExp(`(?:^|/T/)([A-Z2-7]{${LETTERS}})$`);
export const WHOLE = 255;

/* A code as it is kept, from what was typed or said. */
export const normalise = (text) => text.toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");

/* Whether the last letter is the check of the others (app/core/ids.py: a polynomial over GF(32), zero at 2). */
export const isCode = (code) => {
  let rest = 0;
  for (const letter of code) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return false;
    rest = ((rest << 1) ^ (rest & 16 ? 0b100101 : 0)) ^ value;
  }
  return code.length > 1 && code.length <= 31 && rest === 0;
};

/* The letters of what was scanned: the whole address, or what stands behind it; null for anything else. */
export const findLetters = (text) => text.replace(/\s/g, "").toUpperCase().match(SPELLED)?.[1] ?? null;

const bytesOf = (letters) => {
  const bytes = new Uint8Array(BYTES);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of letters) {
    held = (held << 5) | BASE32.indexOf(letter);
    bits += 5;
    if (bits >= 8) { bits -= 8; bytes[at] = held >> bits; at += 1; held &= (1 << bits) - 1; }
  }
  return held === 0 ? bytes : null; // the last letter has two bits more than the bytes: they are none
};

const toBase64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const fromBase64url = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const two = (number) => String(number).padStart(2, "0");

const dayOf = (number) => new Date(number * 86_400_000).toISOString().slice(0, 10);

/* What a ticket says, not believed yet: {code, place, tag, day, starts, heads, kid, payload, signature}; null when it says
   nothing that the fair writes. One for any day says `until` too, and no start. */
export const peek = (letters) => {
  const bytes = bytesOf(letters);
  if (!bytes) return null;
  const payload = bytes.slice(0, PAYLOAD);
  let number = payload.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const said = {};
  for (const [name, size] of Object.entries(FIELDS)) {
    const width = BigInt(size);
    said[name] = number & ((1n << width) - 1n);
    number >>= width;
  }
  const isOpen = said.flags === OPEN;
  const length = isOpen ? OPEN_LENGTH : CODE_LENGTH;
  let code = "";
  for (let rest = said.code, n = 0; n < length; n += 1, rest >>= 5n) code = ALPHABET[Number(rest & 31n)] + code;
  const starts = Number(said.starts);
  const place = Number(said.place);
  if (said.version !== VERSION || (said.flags && !isOpen) || said.code >> BigInt(5 * length) || !isCode(code)) return null;
  if (isOpen ? starts > MOST_DAYS || place : starts >= 1440) return null;
  return {
    code,
    place,
    tag: Number(said.tag),
    day: dayOf(Number(said.day)),
    until: isOpen ? dayOf(Number(said.day) + starts) : null,
    starts: isOpen ? "" : `${two(Math.floor(starts / 60))}:${two(starts % 60)}`,
    heads: Number(said.heads),
    kid: toBase64url(payload.slice(1, 4)),
    payload,
    signature: bytes.slice(PAYLOAD),
  };
};

const imported = new Map();
const keyOf = (spelled) => {
  if (!imported.has(spelled)) {
    imported.set(spelled, crypto.subtle.importKey("raw", fromBase64url(spelled), { name: "Ed25519" }, false, ["verify"]));
  }
  return imported.get(spelled);
};

/* Whether the fair signed it for this producer; null where this browser cannot tell. */
export const isSigned = async ({ kid, payload, signature }, { keys, producer }) => {
  if (!keys[kid]) return false;
  const whose = Uint8Array.from(producer.replace(/-/g, "").match(/../g), (pair) => parseInt(pair, 16));
  const message = new Uint8Array([...DOMAIN, ...whose, ...payload]);
  try {
    return await crypto.subtle.verify({ name: "Ed25519" }, await keyOf(keys[kid]), signature, message);
  } catch { return null; }
};
