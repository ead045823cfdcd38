/* Ids made on the phone: UUIDv7 (RFC 9562), so that records sort by birth. */
let last = 0;
let step = 0;

export const uuid7 = (now = Date.now()) => {
  // Two ids of one millisecond, or of a clock that was set back, still sort in the order of their making.
  if (now > last) { last = now; step = 0; } else { step += 1; }
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const time = last + Math.floor(step / 4096);
  for (let at = 5, rest = time; at >= 0; at -= 1) { bytes[at] = rest % 256; rest = Math.floor(rest / 256); }
  const count = step % 4096;
  bytes[6] = 0x70 | (count >> 8);
  bytes[7] = count & 0xff;
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
