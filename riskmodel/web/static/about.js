// The parts of a situation file other than title and values.

import { same, valueOf } from "./values.js";

const TEXTS = ["id", "date", "description"];
const LISTS = { doubt: "doubts", source: "sources" };

const isGiven = (part) => part !== undefined && Object.keys(part).length > 0;

/** Order and filter the parts; `of` has the value that each note was written for, null if it was unknown. */
function ordered({ id, date, description, doubts, sources, notes, of }) {
  const parts = { id, date, description, doubts, sources, notes, of };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => isGiven(part)));
}

/** Return the parts of a situation file other than its title and values. */
export function aboutOf(situation) {
  const of = Object.fromEntries(Object.keys(situation.notes ?? {}).map((name) => [name, valueOf(situation, name)]));
  return ordered({ ...situation, of });
}

/** Check that a value is still the one that its note was written for. */
export const isCurrent = (side, name) => same(valueOf(side, name), side.about.of[name]);

/** Return the parts of a side with one changed; an empty one is left out. */
export const withPart = (side, key, part) => ordered({ ...side.about, [key]: part === "" ? undefined : part });

/** Return the parts of a side with the note of a value as it is now; an empty note is left out. */
export function withNote(side, name, text) {
  const { notes, of, ...about } = side.about ?? {};
  const changed = (texts, entry) => Object.fromEntries(Object.entries({ ...texts, [name]: entry }).filter(([key]) => key !== name || text));
  return ordered({ ...about, notes: changed(notes, text), of: changed(of, valueOf(side, name)) });
}

/** Return a side as the content of a situation file. */
export function situationOf({ values, title, about = {} }) {
  const { id, date, description, notes, doubts, sources } = about;
  return { id, title: title || undefined, date, description, values, notes, doubts, sources };
}

/** Return a side for assessment, without the notes of values that have changed. */
export function assessedOf(side) {
  const situation = situationOf(side);
  const notes = Object.entries(situation.notes ?? {}).filter(([name]) => isCurrent(side, name));
  return { ...situation, notes: Object.fromEntries(notes) };
}

/** Return a label for a side. */
export const nameOf = ({ title, about }) => title || about?.id || "What if";

/** Return pairs of keys and texts for the address; `format` converts a value to text. */
export function pairsOf(side, format) {
  const { about = {} } = side;
  const texts = TEXTS.filter((key) => about[key]).map((key) => [`.${key}`, about[key]]);
  const lists = Object.entries(LISTS).flatMap(([key, list]) => (about[list] ?? []).map((text) => [`.${key}`, text]));
  const notes = Object.entries(about.notes ?? {}).map(([name, text]) => [`.note.${name}`, text]);
  const outdated = Object.keys(about.notes ?? {}).filter((name) => !isCurrent(side, name));
  return [...texts, ...lists, ...notes, ...outdated.map((name) => [`.of.${name}`, format(about.of[name])])];
}

/** Parse pairs of the address; `parse` converts the name of an indicator and a text to a value. */
export function aboutIn(pairs, values, parse) {
  const about = { doubts: [], sources: [], notes: {}, of: {} };
  for (const [key, text] of pairs) {
    const [kind, name] = key.slice(1).split(".");
    if (TEXTS.includes(kind)) about[kind] = text;
    else if (Object.hasOwn(LISTS, kind)) about[LISTS[kind]].push(text);
    else if (kind === "note" && name) about.notes[name] = text;
    else if (kind === "of" && name) about.of[name] = parse(name, text);
  }
  const of = Object.keys(about.notes).map((name) => [name, Object.hasOwn(about.of, name) ? about.of[name] : valueOf({ values }, name)]);
  return ordered({ ...about, of: Object.fromEntries(of) });
}
