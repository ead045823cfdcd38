/* The phone's own pages: who holds it, and the lock of each. Words and signs come from the server's page. */
import { getMeta, openDatabase, setMeta } from "./db.js";
import { drawFace, hold, keepLogin, leave, PHONE, post, signIn, signOut } from "./gate.js";
import { deviceId } from "./outbox.js";
import {
  enrol, isOpen, listPeople, recover, removePin, setFace, setPin, ShutError, standing, unlock, WaitError, WrongPinError,
} from "./vault.js";

const HOME = "/producer/";
const BACK = Symbol("back");
const FORGOT = Symbol("forgot");
const FACE_SIDE = 128;

const filled = (words, value) => words.replace("%", value);
const minutes = (ms) => {
  const left = Math.ceil(ms / 1000);
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
};

/* A PIN that a child tries first: one digit over and over, or digits in a row. */
export const isEasy = (pin) => {
  const steps = [...pin].slice(1).map((digit, at) => digit - pin[at]);
  return [0, 1, -1].some((step) => steps.every((one) => one === step));
};

/* One part of the page at a time; a question is a promise of its answer. */
const makeScreen = (root) => {
  const part = (name) => root.querySelector(`[data-${name}]`);
  const words = root.dataset;
  let answer = () => {};
  let typed = "";
  let digits = 4;
  let timer = 0;

  const show = (name) => {
    clearInterval(timer);
    for (const one of ["who", "menu", "pad", "note"]) if (part(one)) part(one).hidden = one !== name;
    scrollTo(0, 0);
  };
  const draw = () => {
    const dots = Array.from({ length: digits }, (_none, at) => {
      const dot = document.createElement("i");
      if (at < typed.length) dot.className = "on";
      return dot;
    });
    part("dots").replaceChildren(...dots);
    part("dots").setAttribute("aria-label", filled(words.dots, `${typed.length}/${digits}`));
  };
  const rest = (is) => {
    part("pad").setAttribute("aria-busy", String(is));
    for (const key of root.querySelectorAll("[data-key], [data-erase]")) key.disabled = is;
  };
  const press = (digit) => {
    if (part("pad").hidden || part("pad").getAttribute("aria-busy") === "true" || typed.length >= digits) return;
    typed += digit;
    draw();
    if (typed.length === digits) { rest(true); answer(typed); }
  };
  const erase = () => { typed = typed.slice(0, -1); draw(); };

  for (const key of root.querySelectorAll("[data-key]")) key.addEventListener("click", () => press(key.dataset.key));
  part("erase").addEventListener("click", erase);
  part("back").addEventListener("click", () => answer(BACK));
  part("forgot").addEventListener("click", () => answer(FORGOT));
  part("note-go").addEventListener("click", () => answer(true));
  part("note-back").addEventListener("click", () => answer(false));
  // On the document: a key that rests loses the focus to the page, and digits typed then still count.
  document.addEventListener("keydown", (event) => {
    if (!root.isConnected || event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^\d$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace" && !part("pad").hidden) { event.preventDefault(); erase(); }
  });

  return {
    words, part, show,
    /* Ask for a PIN; answers the digits, BACK or FORGOT. `wait` ms first, counted down in sight. */
    ask: ({ title, sub, said = "", length, person, wait = 0, mayForget = false, mayLeave = true }) => new Promise((resolve) => {
      answer = (value) => { clearInterval(timer); resolve(value); };
      const isNew = part("pad").hidden;
      if (isNew) show("pad");
      clearInterval(timer);
      [typed, digits] = ["", length];
      part("pad-title").textContent = title;
      part("pad-sub").textContent = sub;
      part("pad-face").replaceChildren();
      if (person?.face) drawFace(person.face, part("pad-face"), words.icons);
      part("pad-face").hidden = !person?.face;
      part("said").textContent = said;
      part("forgot").hidden = !mayForget;
      part("back").hidden = !mayLeave;
      draw();
      rest(wait > 0);
      if (isNew) part("pad-title").focus({ preventScroll: true });
      if (!wait) return;
      const until = Date.now() + wait;
      const tick = () => {
        const left = until - Date.now();
        part("said").textContent = left > 0 ? filled(words.wait, minutes(left)) : "";
        if (left <= 0) { clearInterval(timer); rest(false); }
      };
      tick();
      timer = setInterval(tick, 1000);
    }),
    busy: (said) => { part("said").textContent = said; rest(true); },
    /* Tell something with two ways on; answers whether the first was taken. */
    tell: (kind, { name = "", go, back = words.back }) => new Promise((resolve) => {
      answer = (value) => resolve(value === true);
      show("note");
      part("note-title").textContent = words[`${kind}Title`];
      part("note-text").textContent = filled(words[kind], name);
      part("note-go").textContent = go;
      part("note-back").textContent = back;
      part("note-back").hidden = !back;
      part("note-title").focus({ preventScroll: true });
    }),
  };
};

/* To the log-in by code, for which the cookie must be gone. False without signal. */
const logIn = async (db, screen, next, { keepsOpen = false } = {}) => {
  const isOut = keepsOpen ? await signOut(db) : await leave(db);
  if (!isOut) {
    if (await screen.tell("none", { go: screen.words.retry })) return logIn(db, screen, next, { keepsOpen });
    return false;
  }
  location.assign(`${screen.words.login}?${new URLSearchParams({ next })}`);
  return new Promise(() => {}); // the page is on its way
};

const findAgain = async (db, screen, kind) => {
  const wants = await screen.tell(kind, { go: screen.words.renew });
  return wants ? logIn(db, screen, `${screen.words.pin}?forgot=1`) : false;
};

/* Ask for the PIN until it is right. Answers it, or null when the person turned away. */
const enter = async (db, screen, person, { sub = screen.words.ask, mayLeave = true } = {}) => {
  let said = "";
  for (;;) {
    const { wait, left } = await standing(db, person.id);
    if (left <= 0) { await findAgain(db, screen, "shut"); return null; }
    const pin = await screen.ask({
      title: person.name, sub, said, length: person.digits, person, wait, mayForget: true, mayLeave,
    });
    if (pin === BACK) return null;
    if (pin === FORGOT) { await findAgain(db, screen, "forgot"); said = ""; screen.show(""); continue; }
    screen.busy(screen.words.open);
    try {
      await unlock(db, person.id, pin);
      return pin;
    } catch (error) {
      if (error instanceof WrongPinError) said = filled(screen.words.left, error.left);
      else if (!(error instanceof WaitError) && !(error instanceof ShutError)) throw error;
    }
  }
};

/* ---- who holds the phone */
const asked = new URLSearchParams(location.search);
const wayOn = (person) => {
  const next = asked.get("next") ?? "";
  const isOurs = /^\/(?![/\\])/.test(next) && (!asked.get("for") || asked.get("for") === person);
  return isOurs ? next : HOME;
};

const welcome = async (db, screen, person) => {
  await hold(db, person.id);
  let how = navigator.onLine ? await signIn(db, person.id) : "away";
  if (how === "out" && await screen.tell("again", { go: screen.words.enter, back: screen.words.later })) {
    if (await logIn(db, screen, wayOn(person.id), { keepsOpen: true }) === false) how = "away";
  }
  if (how !== "in") {
    await setMeta(db, "unsigned", person.id);
    await db.delete("meta", "leaving"); // the fair will hear who came, not that somebody went
  }
  location.assign(wayOn(person.id));
};

const mountPhone = async (root) => {
  const db = await openDatabase();
  const screen = makeScreen(root);
  const { part, words } = screen;
  const active = await getMeta(db, "active");
  const unlocked = await getMeta(db, "unlocked");
  if (unlocked && unlocked.until <= Date.now()) await leave(db);
  else if (await getMeta(db, "leaving")) signOut(db);
  addEventListener("online", async () => { if (await getMeta(db, "leaving")) signOut(db); });

  const holder = async () => {
    const found = (await listPeople(db)).find((one) => one.id === active);
    return found && await isOpen(db, found.id) ? found : null;
  };
  /* Whoever has no PIN comes back with signal only: said before, not after. */
  const mayChange = async () => {
    const before = await holder();
    if (!before || before.digits || (await getMeta(db, "unsigned"))) return true;
    if (!(await screen.tell("warn", { name: before.name, go: words.warnGo, back: words.warnBack }))) return true;
    location.assign(words.pin);
    return false;
  };
  const choose = async (person) => {
    if ((await holder())?.id === person.id) {
      await hold(db, person.id); // after a log-in that came to nothing
      location.assign(wayOn(person.id));
      return;
    }
    if (!(await mayChange())) return;
    if (person.digits) {
      if (await enter(db, screen, person)) { await welcome(db, screen, person); return; }
    } else if (await screen.tell("plain", { name: person.name, go: words.enter })) {
      await logIn(db, screen, HOME);
    }
    await list();
  };
  const list = async () => {
    const people = await listPeople(db);
    const open = await holder();
    part("people").replaceChildren(...people.map((person) => {
      const tile = part("tile").content.cloneNode(true);
      drawFace(person.face, tile.querySelector(".face"), words.icons);
      tile.querySelector("[data-tile-name]").textContent = person.name;
      tile.querySelector("[data-tile-open]").hidden = open?.id !== person.id;
      tile.querySelector("[data-tile-pin]").hidden = open?.id === person.id || !person.digits;
      tile.querySelector("button").addEventListener("click", () => choose(person));
      return tile;
    }));
    part("none").hidden = people.length > 0;
    part("mine").hidden = !open;
    part("lock").hidden = !open?.digits;
    screen.show("who");
  };
  part("add").addEventListener("click", async () => {
    if (await mayChange()) { await logIn(db, screen, HOME); await list(); }
  });
  part("lock").addEventListener("click", async () => {
    part("people").inert = true; // whoever taps a name meanwhile would lose the pad again
    await leave(db);
    part("people").inert = false;
    await list();
  });
  await list();
  const wished = (await listPeople(db)).find((one) => one.id === asked.get("for"));
  if (wished?.digits && !(await isOpen(db, wished.id))) choose(wished);
  root.dataset.ready = "1";
};

/* ---- the own PIN and face */
const mountPin = async (root) => {
  const db = await openDatabase();
  const screen = makeScreen(root);
  const { part, words } = screen;
  const id = words.person;
  const phone = await deviceId(db);
  await enrol(db, id, words.name);
  const me = async () => (await listPeople(db)).find((one) => one.id === id);
  const isBack = asked.has("forgot") && Boolean((await me()).digits);

  if (!isBack && !(await isOpen(db, id))) {
    location.replace(`${PHONE}?${new URLSearchParams({ next: location.pathname, for: id })}`);
    return;
  }
  await hold(db, id);

  const menu = async () => {
    const { digits, face } = await me();
    part("plain").hidden = digits > 0;
    part("kept").hidden = !digits;
    for (const button of root.querySelectorAll("[data-icon]")) {
      button.setAttribute("aria-pressed", String(face?.icon === button.dataset.icon));
    }
    screen.show("menu");
  };
  const newPin = async (length) => {
    let said = "";
    for (;;) {
      const title = words.new;
      const first = await screen.ask({ title, sub: "", said, length });
      if (first === BACK) return null;
      said = words.easy;
      if (isEasy(first)) continue;
      const again = await screen.ask({ title, sub: words.again, length });
      if (again === BACK) return null;
      if (again === first) return first;
      said = words.differ;
    }
  };
  const failed = async (error) => {
    if (error.status === undefined) throw error;
    if (error.status === 0) return screen.tell("away", { go: words.retry });
    if (error.status === 404) { await screen.tell("lost", { go: words.back, back: "" }); return false; }
    if (error.code === "login_too_old") return findAgain(db, screen, "forgot");
    if (await screen.tell("other", { go: words.enter })) await logIn(db, screen, location.pathname + location.search, { keepsOpen: true });
    return false;
  };
  const kept = async () => {
    try { await keepLogin(db, id); } catch (error) { if (error.status === undefined) throw error; } // at the next page, then
    if (await screen.tell("done", { go: words.doneGo, back: words.faceGo })) { location.assign(HOME); return; }
    history.replaceState(null, "", location.pathname);
    await menu();
    document.getElementById("face").scrollIntoView();
  };
  const trying = async (work) => {
    for (;;) {
      screen.busy(words.open);
      try { await work(); return true; } catch (error) { if (!(await failed(error))) return false; }
    }
  };
  const set = async (length) => {
    const person = await me();
    const old = person.digits ? await enter(db, screen, person, { sub: words.old }) : undefined;
    const pin = old === null ? null : await newPin(length);
    const deposit = ({ id: key, secret }) => post("/phone/recovery", { id: key, phone, person: id, secret });
    if (pin && await trying(() => setPin(db, id, pin, { old, deposit }))) await kept();
    else await menu();
  };
  const remove = async () => {
    const old = await enter(db, screen, await me(), { sub: words.old });
    if (old) {
      screen.busy(words.open);
      await removePin(db, id, old);
      await screen.tell("gone", { go: words.back, back: "" });
    }
    await menu();
  };
  const findBack = async () => {
    let secret;
    const { recovery } = await db.get("people", id);
    if (!(await trying(async () => { ({ secret } = await post(`/phone/recovery/${recovery.id}`)); }))) {
      location.assign(PHONE);
      return;
    }
    const pin = await newPin((await me()).digits);
    if (!pin) { location.assign(PHONE); return; }
    screen.busy(words.open);
    await recover(db, id, secret, pin);
    await kept();
  };
  const wear = async (face) => {
    await setFace(db, id, face);
    drawFace(face, document.querySelector(".top [data-face]"), words.icons);
    part("face-said").textContent = part("face-said").dataset.words;
    await Promise.all([...root.querySelectorAll("[data-icon]")].map((button) =>
      button.setAttribute("aria-pressed", String(face.icon === button.dataset.icon))));
  };

  for (const button of root.querySelectorAll("[data-set]")) button.addEventListener("click", () => set(Number(button.dataset.set)));
  part("remove").addEventListener("click", remove);
  for (const button of root.querySelectorAll("[data-icon]")) {
    const { icon, colour } = button.dataset;
    drawFace({ icon, colour }, button.querySelector(".face"), words.icons);
    button.addEventListener("click", () => wear({ icon, colour }));
  }
  part("photo").addEventListener("change", async ({ target }) => {
    if (target.files[0]) await wear({ photo: await small(target.files[0]) });
  });
  if (isBack) findBack(); else await menu();
  root.dataset.ready = "1";
};

/* The middle of a picture, as small as a face in a header needs. */
const small = async (file) => {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = FACE_SIDE;
  canvas.height = FACE_SIDE;
  canvas.getContext("2d").drawImage(
    picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, FACE_SIDE, FACE_SIDE,
  );
  return canvas.toDataURL("image/webp", 0.8);
};

/* ---- a lock over a page on which somebody was writing: what they wrote stays under it */
export const cover = async (db, id) => {
  const person = (await listPeople(db)).find((one) => one.id === id);
  const page = await readPage();
  if (!person || !page) return false;
  const root = document.adoptNode(page.getElementById("phone"));
  const style = document.adoptNode(page.querySelector("link[href*='people']"));
  const main = document.createElement("main");
  main.append(style, root);
  const under = [...document.body.children];
  const hidden = under.map((one) => one.hidden);
  const wasAt = scrollY;
  const screen = makeScreen(root);
  screen.show("");
  for (const one of under) one.hidden = true;
  document.body.append(main);
  document.documentElement.hidden = false;
  while (!(await enter(db, screen, person, { mayLeave: false }))) screen.show("");
  if (navigator.onLine && (await signIn(db, id)) !== "in") await setMeta(db, "unsigned", id);
  main.remove();
  under.forEach((one, at) => { one.hidden = hidden[at]; });
  scrollTo(0, wasAt);
  return true;
};

const readPage = async () => {
  try {
    const reply = (await globalThis.caches?.match(PHONE)) ?? (await fetch(PHONE));
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    return page.getElementById("phone") ? page : null;
  } catch { return null; }
};

const phonePage = document.getElementById("phone");
const pinPage = document.getElementById("pin");
if (phonePage) mountPhone(phonePage);
if (pinPage) mountPin(pinPage);
