/* What a JPEG tells of its place and time, read before it is drawn anew and forgets them (EXIF 2.32: APP1, TIFF). */
const HEAD = 256 * 1024; // EXIF stands at the front: at most one segment of 64 KB, after others like it
const [GPS, EXIF, TAKEN, OFFSET] = [0x8825, 0x8769, 0x9003, 0x9011];

const findTiff = (view) => {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 10 < view.byteLength && view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint8(at + 1) === 0xda) return null; // the picture begins
    if (view.getUint8(at + 1) === 0xe1 && view.getUint32(at + 4) === 0x45786966) {
      return new DataView(view.buffer, view.byteOffset + at + 10);
    }
  }
  return null;
};

/* One directory as {tag: reader}; bytes outside the file throw, and the caller knows nothing then. */
const readDirectory = (tiff, little, at) => {
  const found = new Map();
  for (let left = tiff.getUint16(at, little), entry = at + 2; left > 0; left -= 1, entry += 12) {
    found.set(tiff.getUint16(entry, little), {
      pointer: () => tiff.getUint32(entry + 8, little),
      text: () => {
        const length = tiff.getUint32(entry + 4, little);
        const start = length > 4 ? tiff.getUint32(entry + 8, little) : entry + 8;
        return Array.from({ length }, (_, step) => String.fromCharCode(tiff.getUint8(start + step))).join("").replace(/\0.*$/s, "");
      },
      degrees: () => {
        const start = tiff.getUint32(entry + 8, little);
        return [0, 1, 2].reduce((sum, step) =>
          sum + tiff.getUint32(start + 8 * step, little) / tiff.getUint32(start + 8 * step + 4, little) / 60 ** step, 0);
      },
    });
  }
  return found;
};

const readPlace = (gps) => {
  const [latitude, longitude] = [gps.get(2).degrees(), gps.get(4).degrees()];
  if (!(latitude <= 90 && longitude <= 180) || (latitude === 0 && longitude === 0)) return undefined; // 0, 0: no fix
  const signed = (degrees, isNegative) => Math.round(degrees * 1e6) * (isNegative ? -1 : 1);
  return `${signed(latitude, gps.get(1)?.text() === "S")},${signed(longitude, gps.get(3)?.text() === "W")}`;
};

/* The camera's own clock; without an offset it is taken as Viet Nam's, as the fair does. */
const readTaken = (exif) => {
  const [, day, hour] = exif.get(TAKEN).text().match(/^(\d{4}:\d\d:\d\d) (\d\d:\d\d:\d\d)$/);
  const offset = exif.get(OFFSET)?.text().match(/^[+-]\d\d:\d\d$/)?.[0] ?? "+07:00";
  return new Date(`${day.replaceAll(":", "-")}T${hour}${offset}`).toISOString();
};

const attempt = (read) => { try { return read(); } catch { return undefined; } };

/* {place: "lat_e6,lon_e6", taken: ISO}, each only when the file tells it; never throws for what a file holds. */
export const readExif = async (file) => {
  const tiff = findTiff(new DataView(await file.slice(0, HEAD).arrayBuffer()));
  const little = tiff && attempt(() => tiff.getUint16(0) === 0x4949);
  const root = tiff && attempt(() => readDirectory(tiff, little, tiff.getUint32(4, little)));
  const under = (tag) => readDirectory(tiff, little, root.get(tag).pointer());
  return {
    place: root ? attempt(() => readPlace(under(GPS))) : undefined,
    taken: root ? attempt(() => readTaken(under(EXIF))) : undefined,
  };
};

/* A file keeps no fields of ours on its way through an input: what was read is found again by name, size and time. */
const told = new Map();
const keyOf = (file) => `${file.name}|${file.size}|${file.lastModified}`;
export const remember = (file, facts) => { told.set(keyOf(file), facts); return file; };
export const recall = (file) => told.get(keyOf(file)) ?? {};
