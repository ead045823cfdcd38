/* Keeps one page, its files and the fair's public keys, so that a label can be checked without signal. Knows nobody.

   VERSION and ASSETS stand in front of this file (traceability/resolver/offline_routes.py). */
const SHELF = `verify-${VERSION}`;
const PAGE = "/verify/offline";
const KEYS = "/.well-known/jwks.json";
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const shelf = await caches.open(SHELF);
    await shelf.addAll([PAGE, KEYS, ...ASSETS].map((address) => new Request(address, { cache: "reload" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("verify-") && name !== SHELF) await caches.delete(name);
    await self.clients.claim();
  })());
});

const within = (promise, ms) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error("slow")), ms);
  promise.then((value) => { clearTimeout(timer); resolve(value); }, (error) => { clearTimeout(timer); reject(error); });
});

/* The news with signal, and what was kept without; what was kept says so. */
const freshest = async (request, name) => {
  const shelf = await caches.open(SHELF);
  try {
    const reply = await within(fetch(request), PATIENCE);
    if (!reply.ok) throw new Error("not now");
    await shelf.put(name, reply.clone());
    return reply;
  } catch (error) {
    const kept = await shelf.match(name);
    if (!kept) throw error;
    const headers = new Headers(kept.headers);
    headers.set("X-Kept", "1");
    return new Response(kept.body, { status: 200, headers });
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname === PAGE || pathname === KEYS) event.respondWith(freshest(request, pathname));
  else if (pathname.startsWith("/static/")) event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});
