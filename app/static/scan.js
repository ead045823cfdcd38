/* The code on a pack, read by the camera: a button beside fields marked `data-scan`, where the phone can read codes.
   A field takes the digits of a product's number, or with `data-scan-whole` all that the code says. */
const FORMATS = ["ean_13", "ean_8", "upc_a", "upc_e", "code_128", "qr_code", "data_matrix"];

const digitsOf = (text) => text.match(/\(?01\)?(\d{14})/)?.[1] ?? text.match(/\d{8,14}/)?.[0] ?? "";

const look = async (detector, video, isOver, isWhole) => {
  while (!isOver()) {
    const [found] = await detector.detect(video).catch(() => []);
    const read = found ? (isWhole ? found.rawValue : digitsOf(found.rawValue)) : "";
    if (read) return read;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  return "";
};

const scan = async (field, words) => {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const box = document.createElement("dialog");
  const video = document.createElement("video");
  const stop = document.createElement("button");
  Object.assign(video, { autoplay: true, muted: true, playsInline: true, srcObject: stream });
  Object.assign(video.style, { width: "100%", maxHeight: "70vh" });
  stop.type = "button";
  stop.className = "btn btn-2 btn-wide";
  stop.textContent = words.stop;
  box.append(video, stop);
  document.body.append(box);
  stop.addEventListener("click", () => box.close());
  box.showModal();
  const isWhole = "scanWhole" in field.dataset;
  const read = await look(new BarcodeDetector({ formats: FORMATS }), video, () => !box.open, isWhole);
  for (const track of stream.getTracks()) track.stop();
  box.remove();
  if (!read) return;
  field.value = read;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  if (field.dataset.scan === "go") field.form.requestSubmit();
};

if ("BarcodeDetector" in globalThis && navigator.mediaDevices) {
  for (const field of document.querySelectorAll("[data-scan]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-2";
    button.textContent = field.dataset.scanWords;
    button.addEventListener("click", () => {
      scan(field, { stop: field.dataset.scanStop }).catch(() => { button.remove(); field.focus(); }); // no camera: type it
    });
    field.after(button);
  }
}
