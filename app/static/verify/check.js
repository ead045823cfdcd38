/* Whether the fair signed a label, told from its address and the fair's public keys alone (RFC 8032, RFC 8037).

   The message is the canonical Digital Link; it is the same as traceability/labels/press.py signs. */
const LABEL = /^\/01\/(\d{14})(?:\/22\/[^/]+)?\/10\/([^/]+)\/21\/([^/]+?)\/?$/;
const SIGNED = /^[A-Za-z0-9_-]{90}$/; // the key's id of 4, and 64 bytes
const KEY_ID = 4;

const spell = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/* What somebody typed, pasted or scanned: { host, message, signed }, or null when it is no label's whole address. */
export const readLabel = (typed) => {
  const text = typed.trim();
  const start = text.indexOf("/01/");
  if (start < 0) return null;
  const [address] = text.slice(start).split("#");
  const [path, ...rest] = address.split("?");
  const parts = path.match(LABEL);
  if (!parts) return null;
  try {
    const [lot, serial] = parts.slice(2).map(decodeURIComponent);
    return {
      host: text.slice(0, start).replace(/^https?:\/\//i, "").toLowerCase(),
      message: `https://id.gs1.org/01/${parts[1]}/10/${spell(lot)}/21/${spell(serial)}`,
      signed: new URLSearchParams(rest.join("?")).getAll("s").at(-1),
    };
  } catch { return null; } // a per cent sign that encodes nothing
};

/* Base64url without padding into bytes; null when the bytes would be spelled otherwise. */
const decode = (text) => {
  const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const again = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  return again === text ? bytes : null;
};

/* One word for what is to be said:
   right, elsewhere (right, but the address leads to another site), wrong, unsigned, unreadable,
   unknown (the keys on this phone are old ones and none of them made it), nokeys, unable (this browser cannot check).
   `known`: { keys, isCurrent } or null; `hosts`: the names of our own site. */
export const check = async (typed, known, hosts) => {
  const label = readLabel(typed);
  if (!label) return "unreadable";
  if (label.signed === undefined) return "unsigned";
  if (!known) return "nokeys";
  if (!SIGNED.test(label.signed)) return "wrong";
  const jwk = known.keys.find(({ kid, crv }) => kid === label.signed.slice(0, KEY_ID) && crv === "Ed25519");
  if (!jwk) return known.isCurrent ? "wrong" : "unknown";
  const signature = decode(label.signed.slice(KEY_ID));
  if (!signature) return "wrong";
  let isRight;
  try {
    const { kty, crv, x } = jwk;
    const key = await crypto.subtle.importKey("jwk", { kty, crv, x }, { name: "Ed25519" }, false, ["verify"]);
    isRight = await crypto.subtle.verify({ name: "Ed25519" }, key, signature, new TextEncoder().encode(label.message));
  } catch { return "unable"; } // an older browser, or a page that did not come over https
  if (!isRight) return "wrong";
  return label.host && !hosts.includes(label.host) ? "elsewhere" : "right";
};

const KEYS = "/.well-known/jwks.json";

/* The fair's keys: of this moment with signal, else as they were kept; null when there are none. */
export const fetchKeys = async () => {
  for (const cache of ["no-cache", "force-cache"]) {
    try {
      const reply = await fetch(KEYS, { cache });
      if (reply.ok) {
        const isCurrent = cache === "no-cache" && !reply.headers.has("X-Kept");
        return { keys: (await reply.json()).keys, isCurrent };
      }
    } catch { /* no signal: what is kept */ }
  }
  return null;
};
