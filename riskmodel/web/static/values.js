// What a value can be: a number, a label, a range, null for unknown, or a text that is none of these.

/** The kinds of ranges, and what each is made of, as situation files have them. */
export const KINDS = {
  uniform: ["low", "high"],
  pert: ["low", "likely", "high"],
  normal: ["mean", "sd"],
  quantiles: ["p10", "p50", "p90"],
};

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number that a text is; null where it is none. */
export function numberIn(text) {
  const number = NUMBER.test(text.trim()) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : null;
}

export const isRange = (value) => value !== null && typeof value === "object";

/** The kind of a range; `one` for all that is none. */
export function kindOf(value) {
  const keys = isRange(value) ? Object.keys(value).join() : "";
  return Object.keys(KINDS).find((kind) => KINDS[kind].join() === keys) || "one";
}

/** Where the middle of a value is, roughly: enough to put a slider there. */
export function center(value) {
  if (!isRange(value)) return value;
  const { likely, mean, p50, low, high } = value;
  return likely ?? mean ?? p50 ?? clean((low + high) / 2);
}

/** Without what arithmetic on floats leaves behind. */
export const clean = (number) => Number(number.toPrecision(12));

/** A value in words. */
export function inWords(value) {
  if (value === null || value === undefined) return "unknown";
  if (!isRange(value)) return String(value);
  return kindOf(value) === "uniform"
    ? `${value.low} to ${value.high}`
    : Object.entries(value).map(([key, number]) => `${key} ${number}`).join(", ");
}

/** The value of an indicator in a situation; null for unknown. */
export const valueOf = (situation, name) => (situation && Object.hasOwn(situation.values, name) ? situation.values[name] : null);

export const same = (first, other) => JSON.stringify(first) === JSON.stringify(other);
