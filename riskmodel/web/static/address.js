// The state in the address: `#military_activity=7&espionage=low~2~high~5&.title=...`. Keys of the second situation begin with
// `b.`. Names of indicators contain no dot; other keys begin with one. A null value is an empty text. The parts of a preset are
// written as its key. `.view` is the view shown, unless it is that of the situation.

import { aboutIn, pairsOf } from "./about.js";
import { isRange, kindOf, numberIn, same } from "./values.js";
import { VIEWS } from "./views.js";

const KEYS = ["title", "start"];

const format = (value) => (isRange(value) ? Object.entries(value).flat().join("~") : String(value ?? ""));

/** Parse a number or a range; return any other text as it is, so that the service reports it. */
function parse(indicator, text) {
  if (text === "") return null;
  if (indicator?.labels) return text;
  const parts = text.split("~");
  if (parts.length === 1) return numberIn(text) ?? text;
  const range = Object.fromEntries(parts.flatMap((part, index) => (index % 2 ? [] : [[part, numberIn(parts[index + 1] ?? "")]])));
  return kindOf(range) !== "one" && !Object.values(range).includes(null) ? range : text;
}

/** Return the address of a state; `fingerprint` is that of the model, shortened. */
export function encode(state, fingerprint, aboutOfStart, view) {
  const pairs = [];
  for (const side of ["a", "b"]) {
    if (!state[side]) continue;
    const prefix = side === "b" ? "b." : "";
    const { values, title, start, about = {} } = state[side];
    for (const [name, value] of Object.entries(values)) pairs.push([prefix + name, format(value)]);
    const isOfStart = start && same(about, aboutOfStart(start));
    const own = isOfStart ? [[".start", start]] : pairsOf(state[side], format);
    for (const [key, text] of title ? [[".title", title], ...own] : own) pairs.push([prefix + key, text]);
    if (side === "b") pairs.push(["b.", "1"]);
  }
  pairs.push([".model", fingerprint]);
  if (view !== VIEWS[0]) pairs.push([".view", view]);
  return "#" + pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
}

function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** Return the state of an address, the fingerprint of its model, and its view; null without a state. */
export function decode(hash, indicators, aboutOfStart) {
  const pairs = hash.replace(/^#/, "").split("&").filter((pair) => pair.includes("="));
  if (!pairs.length) return null;
  const valueIn = (name, text) => parse(Object.hasOwn(indicators, name) ? indicators[name] : null, text);
  const state = { a: { values: {} }, b: null };
  const others = { a: [], b: [] };
  let fingerprint = null;
  let view = VIEWS[0];
  for (const pair of pairs) {
    const cut = pair.indexOf("=");
    const [key, text] = [decoded(pair.slice(0, cut)), decoded(pair.slice(cut + 1))];
    if (key === ".model") {
      fingerprint = text;
      continue;
    }
    if (key === ".view") {
      view = VIEWS.find((name) => name === text) ?? view;
      continue;
    }
    const side = key.startsWith("b.") ? "b" : "a";
    if (side === "b") state.b ??= { values: {} };
    const name = side === "b" ? key.slice(2) : key;
    if (KEYS.some((known) => name === `.${known}`)) state[side][name.slice(1)] = text;
    else if (name.startsWith(".")) others[side].push([name, text]);
    else if (name) state[side].values[name] = valueIn(name, text);
  }
  for (const side of state.b ? ["a", "b"] : ["a"]) {
    const { values, start } = state[side];
    state[side].about = (start && !others[side].length && aboutOfStart(start)) || aboutIn(others[side], values, valueIn);
  }
  return { state, fingerprint, view };
}
