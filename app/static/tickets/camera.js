/* The worker of tickets' addresses, on a phone that stands at a gate: what its own camera opens is judged on the phone,
   with signal or without. On any other phone, and once its person has logged out, the fair answers. */
const isAtWork = () => new Promise((resolve) => {
  const asked = indexedDB.open("chophien");
  asked.onupgradeneeded = () => { asked.transaction.abort(); };
  asked.onerror = () => resolve(false);
  asked.onsuccess = () => {
    const db = asked.result;
    try {
      const got = db.transaction("meta").objectStore("meta").get("active");
      got.onsuccess = () => { db.close(); resolve(Boolean(got.result?.value)); };
      got.onerror = () => { db.close(); resolve(false); };
    } catch { db.close(); resolve(false); }
  };
});

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode !== "navigate") return;
  event.respondWith((async () => {
    const letters = new URL(request.url).pathname.split("/").at(-1);
    return (await isAtWork()) ? Response.redirect(`${GATE}?${new URLSearchParams({ code: letters })}`) : fetch(request);
  })());
});
