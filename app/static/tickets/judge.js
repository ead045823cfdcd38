/* What a ticket means at the gate, told by the phone alone: from the day's list that it keeps, what it let in itself since,
   and the fair's signature. Knows no page and no network. */
import { findLetters, isCode, isSigned, normalise, peek, WHOLE } from "./symbol.js";

const body = (code) => code.slice(0, -1); // the list leaves check letters out
const cut = (text, length) => text.match(new RegExp(`.{${length}}`, "g")) ?? [];
const BODY = 6;
const TICKET_BODY = 7;

/* The list as it came (storefront/tours/manifest.py), with what to look parties up by. */
export const readList = (said) => {
  const departures = said.departures.map(([tag, title, starts, count, left]) => ({ tag, title, starts, count, left }));
  const parties = new Map();
  const tickets = new Map();
  const names = said.names.split("\n");
  const codes = cut(said.codes, BODY);
  const ownCodes = cut(said.tickets, TICKET_BODY);
  let party = 0;
  let ticket = 0;
  const sizes = said.sizes.split(",").map(Number);
  for (const departure of departures) {
    for (const last = party + departure.count; party < last; party += 1) {
      const own = { name: names[party], code: codes[party], departure, tickets: new Map() };
      const places = said.places?.[own.code]; // a list that the phone kept from before has none
      for (const end = ticket + sizes[party]; ticket < end; ticket += 1) {
        const place = places?.[own.tickets.size] ?? own.tickets.size;
        tickets.set(ownCodes[ticket], { party: own, place });
        own.tickets.set(place, { heads: parseInt(said.heads[ticket], 36), isIn: said.inside[ticket] === "1" });
      }
      parties.set(own.code, own);
    }
  }
  const papers = new Map();
  for (const [name, heads, tags, own, states] of said.papers ?? []) {
    const batch = { name, heads, departures: departures.filter(({ tag }) => tags.includes(tag)) };
    cut(own, TICKET_BODY).forEach((code, at) => papers.set(code, { batch, state: states[at] }));
  }
  return { ...said, departures, parties, tickets, papers, revoked: new Set(said.revoked.map(body)) };
};

/* Scans as the list of now knows them: a paper ticket for any day that it has seated since is one of its parties. */
const settled = (list, scans) => scans.map((one) => {
  const ticket = list.tickets.get(one.code);
  return ticket ? { ...one, code: ticket.party.code, places: [ticket.place] } : one;
});

/* What this phone let in: scans [{code, places: [] or null for a party that the list does not know, heads, at}]. */
const scansOf = (scans, code, place) =>
  scans.filter((one) => one.code === code && (place === WHOLE || !one.places || one.places.includes(place)));

const inTime = (scans) => scans.map((one) => one.at).sort()[0];

const ofParty = (party, places, scans, found) => {
  const isIn = (place) => party.tickets.get(place).isIn || scansOf(scans, party.code, place).length > 0;
  const waiting = places.filter((place) => !isIn(place));
  const heads = (some) => some.reduce((sum, place) => sum + party.tickets.get(place).heads, 0);
  const about = { ...found, name: party.name, code: party.code, title: party.departure.title, starts: party.departure.starts };
  if (waiting.length) return { ...about, verdict: "ready", places: waiting, heads: heads(waiting) };
  const at = inTime(places.flatMap((place) => scansOf(scans, party.code, place)));
  return { ...about, verdict: "already", heads: heads(places), at };
};

/* A paper ticket for any day that the list knows and that is with no party of today: void, on another day, or free to come
   as long as a departure takes it whole, by the seats of the list less those that this phone gave away since. */
const ofPaper = (code, { batch, state }, list, scans, found) => {
  const about = { ...found, code, name: batch.name, heads: batch.heads, isAnyDay: true };
  const before = scansOf(scans, code, WHOLE);
  if (before.length) return { ...about, verdict: "already", at: inTime(before) };
  if (state === "1") return { verdict: "revoked", code };
  if (state === "2") return { ...about, verdict: "other-day" };
  if (state === "3") return { ...about, verdict: "already" };
  const given = scans.reduce((sum, one) => sum + (list.papers.get(one.code)?.batch.departures[0] === batch.departures[0] ? one.heads : 0), 0);
  const room = batch.departures.find(({ left }) => left - given >= batch.heads);
  if (!room) return { ...about, verdict: "no-room" };
  return { ...about, verdict: "ready", title: room.title, starts: room.starts, places: null };
};

/* A ticket that is signed and newer than the list: its own day and heads hold. */
const ofStranger = (symbol, list, scans, found) => {
  const code = body(symbol.code);
  const title = list.departures.find(({ tag }) => tag === symbol.tag)?.title ?? "";
  const about = { ...found, code, title, starts: symbol.starts, day: symbol.day, isNew: true, heads: symbol.heads };
  if (symbol.until === null ? symbol.day !== list.day : list.day < symbol.day || list.day > symbol.until) {
    return { ...about, verdict: symbol.until === null ? "wrong-day" : "not-in-time", until: symbol.until };
  }
  const before = scansOf(scans, code, symbol.place);
  const isWhole = symbol.place === WHOLE;
  const left = isWhole ? symbol.heads - before.reduce((sum, one) => sum + one.heads, 0) : symbol.heads;
  if ((isWhole && left > 0) || !before.length) return { ...about, verdict: "ready", heads: left, places: isWhole ? null : [symbol.place] };
  return { ...about, verdict: "already", at: inTime(before) };
};

const judgeSymbol = async (letters, list, scans) => {
  const symbol = peek(letters);
  const isRight = symbol && await isSigned(symbol, list);
  if (!symbol || isRight === false) return { verdict: "forged" };
  const code = body(symbol.code);
  const found = { isUnsure: isRight === null };
  const own = symbol.until !== null && list.tickets.get(code);
  if (own) return ofParty(own.party, [own.place], scans, found);
  if (list.papers.has(code)) return ofPaper(code, list.papers.get(code), list, scans, found);
  const party = list.parties.get(code);
  if (list.revoked.has(code)) return { verdict: "revoked", code };
  if (!party) return isRight ? ofStranger(symbol, list, scans, found) : { verdict: "unable", code };
  const all = [...party.tickets.keys()];
  const places = symbol.place === WHOLE ? all : all.filter((place) => place === symbol.place);
  if (!places.length) return { verdict: "unknown", code };
  return ofParty(party, places, scans, found);
};

/* One word of what is to be said, with what belongs to it: ready · already · wrong-day · revoked · forged · unable (this
   browser cannot check it, and it is not on the list) · unknown · misspelled · nothing (no ticket at all); of paper tickets
   for any day: not-in-time · other-day (seated elsewhere) · no-room. */
export const judge = async (text, { list, scans: all }) => {
  const scans = settled(list, all);
  const letters = findLetters(text);
  if (letters) return judgeSymbol(letters, list, scans);
  const spelled = normalise(text);
  if (spelled.length > TICKET_BODY + 1) return { verdict: "nothing" };
  if (!isCode(spelled)) return { verdict: "misspelled" };
  const code = body(spelled);
  if (list.revoked.has(code)) return { verdict: "revoked", code };
  const party = list.parties.get(code);
  if (party) return ofParty(party, [...party.tickets.keys()], scans, {});
  const ticket = list.tickets.get(code);
  if (ticket) return ofParty(ticket.party, [ticket.place], scans, {});
  const paper = list.papers.get(code);
  return paper ? ofPaper(code, paper, list, scans, {}) : { verdict: "unknown" };
};

/* {all, inside}: heads of the day, and those that are in as far as this phone knows. */
export const count = (list, scansOfPhone) => {
  const scans = settled(list, scansOfPhone);
  let all = 0;
  let inside = 0;
  for (const party of list.parties.values()) {
    party.tickets.forEach(({ heads, isIn }, place) => {
      all += heads;
      if (isIn || scansOf(scans, party.code, place).length) inside += heads;
    });
  }
  for (const one of scans) if (!list.parties.has(one.code)) { all += one.heads; inside += one.heads; }
  return { all, inside };
};
