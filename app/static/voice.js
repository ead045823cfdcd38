/* Speak instead of writing: <div data-voice> with a file field and a template of the buttons. */
const LONGEST = 180_000;
const KINDS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];

const kind = globalThis.MediaRecorder && navigator.mediaDevices && KINDS.find((one) => MediaRecorder.isTypeSupported(one));
const clock = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

const furnish = (box) => {
  const input = box.querySelector("[type=file]");
  const length = box.querySelector("[type=hidden]");
  const plain = [...box.children].filter((part) => part !== length && part.localName !== "template");
  box.append(box.querySelector("template").content.cloneNode(true));
  const button = box.querySelector("[data-record]");
  const words = button.querySelector("span");
  const first = words.textContent;
  const time = box.querySelector("[role=timer]");
  const player = box.querySelector("audio");
  const drop = box.querySelector("[data-drop]");
  let recorder = null;

  const show = (isPlain) => {
    for (const part of plain) part.toggleAttribute("hidden", !isPlain); // an svg has no property of that name
    button.hidden = isPlain;
    box.className = isPlain ? "shot" : "stack";
  };
  const put = (file, ms) => {
    const held = new DataTransfer();
    if (file) held.items.add(file);
    input.files = held.files;
    length.value = file ? ms : "";
    URL.revokeObjectURL(player.src);
    if (file) player.src = URL.createObjectURL(file); else player.removeAttribute("src");
    player.hidden = drop.hidden = !file;
    time.hidden = !file;
    words.textContent = file ? button.dataset.again : first;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const record = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    const parts = [];
    const started = Date.now();
    const passed = () => Math.min(Date.now() - started, LONGEST);
    recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: 24_000 });
    const tick = setInterval(() => {
      time.textContent = clock(passed());
      if (passed() === LONGEST && recorder?.state === "recording") recorder.stop();
    }, 250);
    recorder.ondataavailable = ({ data }) => { if (data.size) parts.push(data); };
    recorder.onstop = () => {
      clearInterval(tick);
      for (const track of stream.getTracks()) track.stop();
      const type = kind.split(";")[0];
      recorder = null;
      if (parts.length) put(new File(parts, `voice.${type.slice(6)}`, { type }), passed()); else put(null);
    };
    player.pause();
    player.hidden = drop.hidden = true;
    time.hidden = false;
    time.textContent = clock(0);
    words.textContent = button.dataset.stop;
    recorder.start();
  };
  let isOpening = false;
  button.addEventListener("click", async () => {
    if (recorder) { recorder.stop(); return; }
    if (isOpening) return;
    isOpening = true;
    try { await record(); } catch { show(true); /* refused or missing: the plain field is left */ } finally { isOpening = false; }
  });
  drop.addEventListener("click", () => { put(null); button.focus(); });
  /* a form that is sent in the middle of a sentence takes along what was said */
  const form = box.closest("form");
  form?.addEventListener("submit", (event) => {
    if (!recorder) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    input.addEventListener("change", () => form.requestSubmit(event.submitter), { once: true });
    recorder.stop();
  }, true);
  show(false);
};

if (kind) for (const box of document.querySelectorAll("[data-voice]")) furnish(box);
