// State as the address has it: `#military_activity=7&espionage=low~2~high~5&.title=...`, the second situation behind `b.`.
// Names of indicators have no point in them, so what is about a situation begins with one.

const ABOUT = ["title", "start"];

function written(value) {
  if (typeof value !== "object") return String(value);
  return Object.entries(value).flat().join("~");
}

function read(indicator, text) {
  if (indicator && indicator.labels) return text;
  const parts = text.split("~");
  if (parts.length > 1 && parts.length % 2 === 0) {
    const pairs = parts.flatMap((part, place) => (place % 2 ? [] : [[part, number(parts[place + 1])]]));
    return Object.fromEntries(pairs);
  }
  return number(text);
}

/** A number, or the text itself where it is none, so that the service can say what is wrong with it. */
function number(text) {
  const found = Number(text);
  return text.trim() === "" || !Number.isFinite(found) ? text : found;
}

export function encode(state, fingerprint) {
  const pairs = [];
  for (const side of ["a", "b"]) {
    if (!state[side]) continue;
    const lead = side === "b" ? "b." : "";
    for (const [name, value] of Object.entries(state[side].values)) pairs.push([lead + name, written(value)]);
    for (const key of ABOUT) if (state[side][key]) pairs.push([`${lead}.${key}`, state[side][key]]);
    if (side === "b") pairs.push(["b.", "1"]);
  }
  if (!pairs.length) return "";
  pairs.push([".model", fingerprint.slice(0, 12)]);
  return "#" + pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
}

function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** The state of an address; null where it has none. */
export function decode(hash, indicators) {
  const pairs = hash.replace(/^#/, "").split("&").filter((pair) => pair.includes("="));
  if (!pairs.length) return null;
  const state = { a: { values: {} }, b: null, model: null };
  for (const pair of pairs) {
    const cut = pair.indexOf("=");
    const [key, text] = [decoded(pair.slice(0, cut)), decoded(pair.slice(cut + 1))];
    if (key === ".model") {
      state.model = text;
      continue;
    }
    const isSecond = key.startsWith("b.");
    if (isSecond && !state.b) state.b = { values: {} };
    const name = isSecond ? key.slice(2) : key;
    const situation = isSecond ? state.b : state.a;
    if (ABOUT.includes(name.slice(1)) && name.startsWith(".")) situation[name.slice(1)] = text;
    else if (name) situation.values[name] = read(indicators[name], text);
  }
  return state;
}
