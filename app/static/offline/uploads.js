/* One file to the fair, from where it stopped: tus 1.0 (core, creation).

   Announcing is always safe: it makes the upload, or answers how far it is. So it is also the way to ask again. */
const AT = "/offline/uploads";
const CHUNK = 48 * 1024; // some ten seconds on a weak 2G line: what a break costs at most
const PATIENCE = 120_000; // for one piece: a line that is up and carries nothing must not hold the next file
const MEGABYTE = 1_000_000;

/* The fair will never take this file; `message` says why, in the reader's language. It stays on the phone. */
export class RefusedFile extends Error {}
/* Not now: its words have not arrived, or too many files are under way. */
export class NotYet extends Error {}
/* Nobody is logged in: the file waits for its owner. */
export class LoggedOut extends Error {}
/* Somebody else is logged in: the file waits for its owner. */
export class OtherPerson extends Error {}
/* An answer that is not the fair's own (a captive portal's page, a fault of ours): try again later. */
export class OddAnswer extends Error {}

const encode = (value) => btoa(String.fromCharCode(...new TextEncoder().encode(value)));

const metadata = (facts) => Object.entries(facts)
  .filter(([, value]) => value !== undefined && value !== null && value !== "")
  .map(([name, value]) => `${name} ${encode(String(value))}`).join(",");

const refusal = async (answer) => {
  if (answer.status === 401) return new LoggedOut();
  // Only our own words end a file: whoever stands between us and the phone may answer 4xx with anything.
  const isOurs = (answer.headers.get("content-type") ?? "").startsWith("application/problem+json");
  const { detail = "", type = "" } = isOurs ? await answer.json() : {};
  const code = type.split("#")[1];
  if (code === "other-person") return new OtherPerson(detail);
  // 404: not under this log-in. The fair says no to a file only when it knows whose it is.
  if (code === "record-first" || (isOurs && [404, 429].includes(answer.status))) return new NotYet(detail);
  const isFinal = isOurs && answer.status >= 400 && answer.status < 500;
  return isFinal ? new RefusedFile(detail) : new OddAnswer(`${answer.status} ${detail}`.trim());
};

/* One request that ends: by its answer, by the caller's signal, or when patience does (TimeoutError). */
const within = async (patience, signal, ask) => {
  const stop = new AbortController();
  const obey = () => stop.abort(signal.reason);
  const timer = setTimeout(() => stop.abort(new DOMException("no answer", "TimeoutError")), patience);
  signal?.addEventListener("abort", obey);
  if (signal?.aborted) obey();
  try {
    return await ask(stop.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", obey);
  }
};

/* Send `blob`; resolves when all of it is there, and that may be at once. Throws RefusedFile, NotYet, LoggedOut,
   OtherPerson, OddAnswer, and whatever `fetch` throws; called again it goes on where the fair says.
   file: {id, owner, record, field, name, place: "lat_e6,lon_e6", taken: ISO}; onOffset hears each confirmed number of bytes. */
export const upload = async (blob, file, { fetch = globalThis.fetch, onOffset = () => {}, signal, chunk = CHUNK, patience = PATIENCE } = {}) => {
  const { id, owner, record, field, name, place, taken } = file;
  const call = (method, path, headers, body) => within(patience, signal, (until) => fetch(path, {
    method, body, signal: until, credentials: "same-origin",
    headers: { Accept: "application/problem+json", "Tus-Resumable": "1.0.0", ...headers },
  }));
  const confirmed = async (answer) => {
    const text = answer.headers.get("upload-offset");
    const offset = text === null ? NaN : Number(text);
    if (!Number.isInteger(offset) || offset < 0 || offset > blob.size) throw new OddAnswer(`offset ${text}`);
    await onOffset(offset);
    return offset;
  };
  const announce = async () => {
    const answer = await call("POST", AT, {
      "Upload-Length": String(blob.size),
      "Upload-Metadata": metadata({ id, owner, record, field, name, type: blob.type, place, taken }),
    });
    if (answer.status !== 201) throw await refusal(answer);
    return confirmed(answer);
  };
  let offset = await announce();
  let isSure = false; // an offset that was only just announced may still be taken by another tab
  while (offset < blob.size) {
    const answer = await call("PATCH", `${AT}/${id}`, {
      "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset),
    }, blob.slice(offset, offset + chunk));
    if (answer.status === 204) {
      const next = await confirmed(answer);
      if (next <= offset) throw new OddAnswer(`offset ${next}`);
      [offset, isSure] = [next, true];
    } else if (answer.status === 409 || answer.status === 404) { // moved by another tab, or forgotten after two months
      const now = await announce();
      if (now === offset && !isSure) throw new OddAnswer(`offset ${now}`);
      [offset, isSure] = [now, false];
    } else {
      throw await refusal(answer);
    }
  }
};

/* What kind of line this is: "wifi" (or a cable), "cellular", or "unknown": Safari and Firefox do not say. */
export const line = (connection = globalThis.navigator?.connection) => {
  if (["wifi", "ethernet"].includes(connection?.type)) return "wifi";
  return ["cellular", "bluetooth", "wimax"].includes(connection?.type) ? "cellular" : "unknown";
};

/* Whether files may go by themselves. The switch is a promise about money: a line that does not say what it is keeps
   the files waiting, and the button "send now" stays for the person who knows. Words always go. */
export const mayUpload = (isWifiOnly, connection = globalThis.navigator?.connection) => !isWifiOnly || line(connection) === "wifi";

/* Bytes as they are said: tenths of a megabyte, rounded up, for a cost is never said too small. "0,4 MB" */
export const megabytes = (bytes, lang = document.documentElement.lang || "vi") => {
  const tenths = Math.max(1, Math.ceil((bytes / MEGABYTE) * 10 - 1e-9));
  return `${new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(tenths / 10)} MB`;
};

/* The cost in words: cost(files, "gửi %(count)s ảnh ≈ %(size)s") with files of which `size - offset` bytes are left. */
export const cost = (files, template, lang) => {
  const left = files.reduce((sum, { size, offset = 0 }) => sum + size - offset, 0);
  return template.replace("%(count)s", files.length).replace("%(size)s", megabytes(left, lang));
};
