/* The service worker: opens what the phone keeps. It writes nothing of the trade and sends nothing.

   VERSION and ASSETS stand in front of this file (app/offline/routes.py). */
const SHELL = `shell-${VERSION}`;
const PATIENCE = 3000;

const read = (store, key) => new Promise((resolve) => {
  const asked = indexedDB.open("chophien");
  asked.onupgradeneeded = () => { asked.transaction.abort(); };
  asked.onerror = () => resolve(undefined);
  asked.onsuccess = () => {
    const db = asked.result;
    try {
      const got = db.transaction(store).objectStore(store).get(key);
      got.onsuccess = () => { db.close(); resolve(got.result); };
      got.onerror = () => { db.close(); resolve(undefined); };
    } catch { db.close(); resolve(undefined); }
  };
});

const meta = async (key) => (await read("meta", key))?.value;

/* A person's pages are not served while their PIN keeps them: the pages that ask for it are nobody's. */
const isShut = async (person) => {
  if (!(await read("people", person))?.pin) return false;
  const unlocked = await meta("unlocked");
  return unlocked?.person !== person || unlocked.until <= Date.now();
};

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const shell = await caches.open(SHELL);
    await shell.addAll(ASSETS.map((address) => new Request(address, { cache: "reload" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("shell-") && name !== SHELL) await caches.delete(name);
    await self.clients.claim();
  })());
});

/* A kept page of an older version names files by their old hash: the files of today serve it, all of one age. */
const asset = async (request) => {
  const shell = await caches.open(SHELL);
  const now = request.url.replace(/\/static\/v\/[^/]+\//, `/static/v/${VERSION}/`);
  return (await shell.match(now)) ?? fetch(request).catch(async (error) => {
    const near = await shell.match(request, { ignoreSearch: true });
    if (near) return near;
    throw error;
  });
};

const within = (promise, ms) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error("slow")), ms);
  promise.then((value) => { clearTimeout(timer); resolve(value); }, (error) => { clearTimeout(timer); reject(error); });
});

const NOBODYS = "/producer/phone";

const page = async (request) => {
  const { pathname, search } = new URL(request.url);
  // Whoever is logging in may be another than the last: the fair's own page says who, and nothing kept stands in for it.
  const person = (await meta("arriving")) ? null : await meta("active");
  const isOpen = person && (pathname === NOBODYS || !(await isShut(person)));
  const cupboard = isOpen ? await caches.open(`pages-${person}`) : null;
  const near = cupboard ? [await cupboard.match(request.url), ...(await cupboard.matchAll(request.url, { ignoreSearch: true }))] : [];
  const kept = near.find((one) => one && !(Date.parse(one.headers.get("X-Until") || "") <= Date.now())); // its day is not over
  const asksLanguage = new URL(request.url).searchParams.has("lang");
  if (kept?.headers.get("X-First") && !asksLanguage && !(await meta("stale"))) return kept;
  try {
    return await (kept ? within(fetch(request), PATIENCE) : fetch(request));
  } catch (error) {
    if (!isOpen && pathname !== NOBODYS) {
      const asks = new URLSearchParams({ next: pathname + search, ...(person && { for: person }) });
      return Response.redirect(`${NOBODYS}?${asks}`);
    }
    if (pathname === NOBODYS) {
      const shell = await caches.match(NOBODYS); // nobody's page: whoever kept it
      if (shell) return shell;
    }
    const stand = kept ?? (cupboard && (await cupboard.match("/producer/no-signal")));
    if (stand) return stand;
    throw error;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (address.pathname.startsWith("/static/")) event.respondWith(asset(request));
  else if (request.mode === "navigate" && address.pathname.startsWith("/producer/")) event.respondWith(page(request));
});
