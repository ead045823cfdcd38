/* The page that checks a label without signal: takes over its form, and lets a worker keep the page and the keys. */
import { check, fetchKeys } from "./check.js";

const form = document.querySelector("form[data-check]");
const said = document.querySelector("[data-said]");
const hosts = [location.host, form.dataset.host];

const answer = async () => {
  const outcome = await check(form.elements.namedItem("code").value, await fetchKeys(), hosts);
  const words = document.querySelector(`template[data-answer=${outcome}]`);
  said.replaceChildren(words.content.cloneNode(true));
  said.dataset.outcome = outcome;
};

form.addEventListener("submit", (event) => { event.preventDefault(); answer(); });

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/verify/sw.js", { scope: "/verify/" })
    .then(() => navigator.serviceWorker.ready)
    .then(() => { document.querySelector("[data-kept]").hidden = false; document.documentElement.dataset.kept = "1"; })
    .catch(() => { /* not kept: the page works with signal */ });
}
