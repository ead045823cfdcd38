/* On the page that takes the code: whoever comes out of it may be another person than the phone's last. */
import { openDatabase, setMeta } from "./db.js";

const arrive = async () => setMeta(await openDatabase(), "arriving", true);

if ("indexedDB" in globalThis) {
  await arrive();
  // Another page of the last person may have taken it back meanwhile.
  document.querySelector("main form").addEventListener("submit", () => { arrive(); });
}
