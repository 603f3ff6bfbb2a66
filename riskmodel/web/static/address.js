// State as the address has it: `#military_activity=7&espionage=low~2~high~5&.title=...`, the second situation behind `b.`.
// Names of indicators have no point in them, so what is about a situation begins with one. A value that is known to be
// unknown is empty. What a start of the page says of itself is written as the key of the start.

import { aboutIn, pairsOf } from "./about.js";
import { isRange, kindOf, numberIn, same } from "./values.js";

const KEYS = ["title", "start"];

const written = (value) => (isRange(value) ? Object.entries(value).flat().join("~") : String(value ?? ""));

/** A number or a range; the text itself where it is neither, so that the service can say what is wrong with it. */
function read(indicator, text) {
  if (text === "") return null;
  if (indicator?.labels) return text;
  const parts = text.split("~");
  if (parts.length === 1) return numberIn(text) ?? text;
  const range = Object.fromEntries(parts.flatMap((part, place) => (place % 2 ? [] : [[part, numberIn(parts[place + 1] ?? "")]])));
  return kindOf(range) !== "one" && !Object.values(range).includes(null) ? range : text;
}

/** The address of a state; `made` is the beginning of the fingerprint of the model that it was made with. */
export function encode(state, made, aboutOfStart) {
  const pairs = [];
  for (const side of ["a", "b"]) {
    if (!state[side]) continue;
    const lead = side === "b" ? "b." : "";
    const { values, title, start, about = {} } = state[side];
    for (const [name, value] of Object.entries(values)) pairs.push([lead + name, written(value)]);
    const isOfStart = start && same(about, aboutOfStart(start));
    const own = isOfStart ? [[".start", start]] : pairsOf(state[side], written);
    for (const [key, text] of title ? [[".title", title], ...own] : own) pairs.push([lead + key, text]);
    if (side === "b") pairs.push(["b.", "1"]);
  }
  pairs.push([".model", made]);
  return "#" + pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
}

function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** The state of an address and the model that it was made with; null where it has none. */
export function decode(hash, indicators, aboutOfStart) {
  const pairs = hash.replace(/^#/, "").split("&").filter((pair) => pair.includes("="));
  if (!pairs.length) return null;
  const valueIn = (name, text) => read(Object.hasOwn(indicators, name) ? indicators[name] : null, text);
  const state = { a: { values: {} }, b: null };
  const others = { a: [], b: [] };
  let made = null;
  for (const pair of pairs) {
    const cut = pair.indexOf("=");
    const [key, text] = [decoded(pair.slice(0, cut)), decoded(pair.slice(cut + 1))];
    if (key === ".model") {
      made = text;
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
  return { state, made };
}
