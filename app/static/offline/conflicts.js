/* A field that two people changed: the person says which value stays, and the record goes again from that base. */

/* The record's fields with every choice made. `choices`: {field: "mine" | "theirs"}. */
export const resolve = (fields, { conflicts, version }, choices) => {
  const asked = new Set(conflicts.flatMap(({ field }) => [field, `was_${field}`]));
  const next = fields
    .filter(([name]) => !asked.has(name))
    .map(([name, value]) => [name, name === "version" ? String(version) : value]);
  for (const { field, mine, theirs } of conflicts) {
    next.push([`was_${field}`, theirs], [field, choices[field] === "mine" ? mine : theirs]);
  }
  return next;
};

export const isDecided = ({ conflicts }, choices) => conflicts.every(({ field }) => choices[field]);

/* One question: both values and a button for each. */
export const ask = (copy, one, chosen, choose) => {
  const box = copy("conflict");
  const slot = (name) => box.querySelector(`[data-slot="${name}"]`);
  slot("label").textContent = one.label;
  slot("mine").textContent = one.mine_words ?? one.mine;
  slot("theirs").textContent = one.theirs_words ?? one.theirs;
  for (const button of box.querySelectorAll("[data-choice]")) {
    button.setAttribute("aria-pressed", String(chosen === button.dataset.choice));
    button.addEventListener("click", () => choose(button.dataset.choice));
  }
  return box;
};
