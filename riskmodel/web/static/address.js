// State as the address has it: `#military_activity=7&espionage=low~2~high~5&.title=...`, the second situation behind `b.`.
// Names of indicators have no point in them, so what is about a situation begins with one.

import { isRange, kindOf, numberIn } from "./values.js";

const ABOUT = ["title", "start"];

const written = (value) => (isRange(value) ? Object.entries(value).flat().join("~") : String(value));

/** A number or a range; the text itself where it is neither, so that the service can say what is wrong with it. */
function read(indicator, text) {
  if (indicator?.labels) return text;
  const parts = text.split("~");
  if (parts.length === 1) return numberIn(text) ?? text;
  const range = Object.fromEntries(parts.flatMap((part, place) => (place % 2 ? [] : [[part, numberIn(parts[place + 1] ?? "")]])));
  return kindOf(range) !== "one" && !Object.values(range).includes(null) ? range : text;
}

/** The address of a state; `made` is the beginning of the fingerprint of the model that it was made with. */
export function encode(state, made) {
  const pairs = [];
  for (const side of ["a", "b"]) {
    if (!state[side]) continue;
    const lead = side === "b" ? "b." : "";
    for (const [name, value] of Object.entries(state[side].values)) pairs.push([lead + name, written(value)]);
    for (const key of ABOUT) if (state[side][key]) pairs.push([`${lead}.${key}`, state[side][key]]);
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
export function decode(hash, indicators) {
  const pairs = hash.replace(/^#/, "").split("&").filter((pair) => pair.includes("="));
  if (!pairs.length) return null;
  const state = { a: { values: {} }, b: null };
  let made = null;
  for (const pair of pairs) {
    const cut = pair.indexOf("=");
    const [key, text] = [decoded(pair.slice(0, cut)), decoded(pair.slice(cut + 1))];
    if (key === ".model") {
      made = text;
      continue;
    }
    const isSecond = key.startsWith("b.");
    if (isSecond) state.b ??= { values: {} };
    const name = isSecond ? key.slice(2) : key;
    const situation = isSecond ? state.b : state.a;
    if (ABOUT.some((about) => name === `.${about}`)) situation[name.slice(1)] = text;
    else if (name) situation.values[name] = read(Object.hasOwn(indicators, name) ? indicators[name] : null, text);
  }
  return { state, made };
}
