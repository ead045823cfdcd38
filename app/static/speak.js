/* Few words: a speaker at each prompt. First the recorded clip, then the phone's own Vietnamese voice, then silence. */
const { speak: language, hear } = document.body.dataset;
const LIST = `/voices/${language}/manifest.json`;
const icons = document.querySelector("use")?.getAttribute("href").split("#")[0];
const shelf = () => caches.open(`voice-${language}`);
const device = () => globalThis.speechSynthesis?.getVoices().find((voice) => voice.localService && voice.lang.startsWith("vi"));
let clips = {};
let playing = null;

const words = (prompt) => {
  const copy = prompt.cloneNode(true);
  for (const part of copy.querySelectorAll(".opt, small, svg")) part.remove();
  return copy.textContent.trim();
};

const hush = () => {
  playing?.pause();
  playing = null;
  globalThis.speechSynthesis?.cancel();
};

const say = async (prompt, button) => {
  hush();
  const clip = clips[prompt.dataset.say];
  try {
    const kept = clip && await (await shelf()).match(clip.url, { ignoreVary: true });
    if (kept) {
      const address = URL.createObjectURL(await kept.blob());
      playing = new Audio(address);
      playing.onended = () => URL.revokeObjectURL(address);
      await playing.play();
      return;
    }
  } catch { /* what cannot be played is read by the phone */ }
  const voice = device();
  if (!voice) { button.remove(); return; }
  const said = new SpeechSynthesisUtterance(words(prompt));
  said.voice = voice;
  said.lang = voice.lang;
  speechSynthesis.speak(said);
};

const furnish = () => {
  for (const prompt of document.querySelectorAll("[data-say]")) {
    if (prompt.nextElementSibling?.matches("[data-speaker]") || !(clips[prompt.dataset.say] || device())) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.speaker = "";
    button.setAttribute("aria-label", `${hear}: ${words(prompt)}`);
    button.innerHTML = `<svg class="icon" aria-hidden="true" width="24" height="24"><use href="${icons}#speaker"/></svg>`;
    button.style.cssText = "position:absolute;top:.25rem;right:.25rem;z-index:1;display:grid;place-items:center;width:2.75rem;height:2.75rem;padding:0;border:0;border-radius:50%;background:var(--card);color:var(--link)";
    button.addEventListener("click", () => say(prompt, button));
    prompt.parentElement.style.position = "relative";
    if (prompt.localName !== "a") prompt.style.cssText = "padding-right:3rem;min-height:2.75rem";
    prompt.after(button);
  }
};

document.addEventListener("freshened", () => furnish());

const download = async (pack) => {
  const place = pack.querySelector("span");
  pack.disabled = true;
  try {
    const kept = await shelf();
    const answer = await fetch(LIST, { cache: "no-cache" });
    if (!answer.ok) throw new Error(answer.statusText);
    const wanted = (await answer.clone().json()).clips;
    const urls = new Set(Object.values(wanted).map((clip) => clip.url));
    let done = 0;
    for (const url of urls) {
      if (!await kept.match(url, { ignoreVary: true })) await kept.add(url);
      done += 1;
      place.textContent = `${done} / ${urls.size}`;
    }
    await kept.put(LIST, answer);
    for (const { url } of await kept.keys()) {
      const { pathname } = new URL(url);
      if (pathname !== LIST && !urls.has(pathname)) await kept.delete(url);
    }
    clips = wanted;
    furnish();
    place.textContent = pack.dataset.done;
  } catch {
    pack.disabled = false;
    place.textContent = pack.dataset.failed;
  }
};

if (globalThis.caches) {
  const list = await (await shelf()).match(LIST, { ignoreVary: true });
  if (list) ({ clips } = await list.json());
  const pack = document.querySelector("[data-pack]");
  if (pack) {
    pack.hidden = false;
    pack.addEventListener("click", () => download(pack));
  }
}
furnish();
globalThis.speechSynthesis?.addEventListener?.("voiceschanged", furnish);
addEventListener("pagehide", hush);
