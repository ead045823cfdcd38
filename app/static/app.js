/* Small comforts on top of pages that work without them. */
const all = (selector, root = document) => root.querySelectorAll(selector);
const say = (button, words) => {
  const place = button.querySelector("span");
  const before = place.textContent;
  place.textContent = words;
  setTimeout(() => { place.textContent = before; }, 2500);
};

/* Time left: <time data-countdown="ISO" data-done="words"> */
const clocks = [...all("[data-countdown]")].map((element) => ({ element, until: Date.parse(element.dataset.countdown) }));
const tick = () => {
  for (const clock of clocks) {
    const left = Math.ceil((clock.until - Date.now()) / 1000);
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(left / 3600);
    clock.element.textContent = left > 0
      ? `${hours ? `${hours}:` : ""}${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`
      : clock.element.dataset.done;
  }
  if (clocks.some((clock) => clock.until > Date.now())) setTimeout(tick, 1000);
};
if (clocks.length) tick();

/* A limit of time is said in good time: <p role="status" data-until="ISO" data-five="words" data-one="words"> */
for (const place of all("[data-until]")) {
  const announce = (minutes, words) => {
    const wait = Date.parse(place.dataset.until) - minutes * 60000 - Date.now();
    if (wait > 0) setTimeout(() => { place.textContent = words; }, wait);
  };
  announce(5, place.dataset.five);
  announce(1, place.dataset.one);
}

/* News of this page: <... data-poll="/address"> answers {"changed": bool} */
const poll = async (address) => {
  try {
    if (!document.hidden) {
      const reply = await fetch(address, { headers: { Accept: "application/json" } });
      if (reply.ok && (await reply.json()).changed) { location.reload(); return; }
      if (reply.status === 404 || reply.status === 410) return;
    }
  } catch { /* no signal: ask again */ }
  setTimeout(poll, 3000, address);
};
for (const element of all("[data-poll]")) setTimeout(poll, 3000, element.dataset.poll);

/* Copy and share */
const copy = async (text) => {
  if (navigator.clipboard) { await navigator.clipboard.writeText(text); return; }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
};
for (const button of all("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => { await copy(button.dataset.copy); say(button, button.dataset.done); });
}
for (const button of all("[data-share]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const { share: url, title, done } = button.dataset;
    if (navigator.share) {
      try { await navigator.share({ title, url }); return; } catch (error) { if (error.name === "AbortError") return; }
    }
    await copy(url);
    say(button, done);
  });
}

/* Number with - and + */
for (const box of all("[data-stepper]")) {
  const input = box.querySelector("input");
  for (const button of all("[data-step]", box)) {
    button.hidden = false;
    button.addEventListener("click", () => {
      if (button.dataset.step > 0) input.stepUp(); else input.stepDown();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

/* Photos: shown at once, made small before they travel */
const LONG_SIDE = 1280;
export const shrink = async (file) => {
  const small = await redraw(file);
  try { // place and time stay behind when a picture is drawn anew: they travel beside it
    const { readExif, remember } = await import("./offline/exif.js");
    return remember(small, await readExif(file));
  } catch { return small; }
};
const redraw = async (file) => {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const encode = (type) => new Promise((resolve) => { canvas.toBlob(resolve, type, 0.8); });
  let small = await encode("image/webp");
  if (small?.type !== "image/webp") small = await encode("image/jpeg");
  if (!small || (scale === 1 && small.size >= file.size)) return file;
  const name = `${file.name.replace(/\.[^.]*$/, "")}.${small.type.slice(6)}`;
  return new File([small], name, { type: small.type, lastModified: file.lastModified });
};
for (const box of all("[data-shot]")) {
  const input = box.querySelector("[type=file]");
  input.addEventListener("change", async () => {
    for (const old of all("img", box)) { URL.revokeObjectURL(old.src); old.remove(); }
    const chosen = [...input.files];
    if (!chosen.length) return;
    const small = new DataTransfer();
    for (const file of chosen) {
      let kept = file;
      try { kept = await shrink(file); } catch { /* a kind this phone cannot draw: send it as it is */ }
      small.items.add(kept);
      const picture = new Image();
      picture.alt = "";
      picture.src = URL.createObjectURL(kept);
      input.before(picture);
    }
    input.files = small.files;
  });
}

/* A refused form: go to what is wrong */
document.querySelector("[data-errors]")?.focus();
