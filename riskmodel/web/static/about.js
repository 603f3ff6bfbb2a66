// What a situation file says beside title and values. The page has no controls for it, and gives it back as it was.

import { same, valueOf } from "./values.js";

const TEXTS = ["id", "date", "description"];
const LISTS = { doubt: "doubts", source: "sources" };

const isGiven = (part) => part !== undefined && Object.keys(part).length > 0;

/** In one order; `of` has the value that each note was written for, null where it was unknown. */
function ordered({ id, date, description, doubts, sources, notes, of }) {
  const parts = { id, date, description, doubts, sources, notes, of };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => isGiven(part)));
}

/** The part of a situation, as a situation file has it, that is neither its title nor its values. */
export function aboutOf(situation) {
  const of = Object.fromEntries(Object.keys(situation.notes ?? {}).map((name) => [name, valueOf(situation, name)]));
  return ordered({ ...situation, of });
}

/** Whether the value that a note was written for is still there. */
export const isCurrent = (side, name) => same(valueOf(side, name), side.about.of[name]);

/** A side as a situation file has it. */
export function situationOf({ values, title, about = {} }) {
  const { id, date, description, notes, doubts, sources } = about;
  return { id, title: title || undefined, date, description, values, notes, doubts, sources };
}

/** The same to be assessed: a note does not tell why a value is what it is once the value has been changed. */
export function assessedOf(side) {
  const situation = situationOf(side);
  const notes = Object.entries(situation.notes ?? {}).filter(([name]) => isCurrent(side, name));
  return { ...situation, notes: Object.fromEntries(notes) };
}

/** What to call a side. */
export const nameOf = ({ title, about }) => title || about?.id || "What if";

/** Pairs of keys and texts for the address; `written` makes a text of a value. */
export function pairsOf(side, written) {
  const { about = {} } = side;
  const texts = TEXTS.filter((key) => about[key]).map((key) => [`.${key}`, about[key]]);
  const lists = Object.entries(LISTS).flatMap(([key, list]) => (about[list] ?? []).map((text) => [`.${key}`, text]));
  const notes = Object.entries(about.notes ?? {}).map(([name, text]) => [`.note.${name}`, text]);
  const outdated = Object.keys(about.notes ?? {}).filter((name) => !isCurrent(side, name));
  return [...texts, ...lists, ...notes, ...outdated.map((name) => [`.of.${name}`, written(about.of[name])])];
}

/** What pairs of the address say; `read` makes a value of the name of an indicator and a text. */
export function aboutIn(pairs, values, read) {
  const about = { doubts: [], sources: [], notes: {}, of: {} };
  for (const [key, text] of pairs) {
    const [kind, name] = key.slice(1).split(".");
    if (TEXTS.includes(kind)) about[kind] = text;
    else if (Object.hasOwn(LISTS, kind)) about[LISTS[kind]].push(text);
    else if (kind === "note" && name) about.notes[name] = text;
    else if (kind === "of" && name) about.of[name] = read(name, text);
  }
  const of = Object.keys(about.notes).map((name) => [name, Object.hasOwn(about.of, name) ? about.of[name] : valueOf({ values }, name)]);
  return ordered({ ...about, of: Object.fromEntries(of) });
}
