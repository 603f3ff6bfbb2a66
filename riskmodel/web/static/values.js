// Values: numbers, labels, ranges, null for unknown, or any other text.

/** The kinds of ranges and their keys, as in situation files. */
export const KINDS = {
  uniform: ["low", "high"],
  pert: ["low", "likely", "high"],
  normal: ["mean", "sd"],
  quantiles: ["p10", "p50", "p90"],
};

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Parse a number; null for any other text. */
export function numberIn(text) {
  const number = NUMBER.test(text.trim()) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : null;
}

export const isRange = (value) => value !== null && typeof value === "object";

/** Return the kind of a range; `one` for any other value. */
export function kindOf(value) {
  const keys = isRange(value) ? Object.keys(value).join() : "";
  return Object.keys(KINDS).find((kind) => KINDS[kind].join() === keys) || "one";
}

/** Return the approximate middle of a value, for its slider. */
export function center(value) {
  if (!isRange(value)) return value;
  const { likely, mean, p50, low, high } = value;
  return likely ?? mean ?? p50 ?? clean((low + high) / 2);
}

/** Remove rounding errors of float arithmetic. */
export const clean = (number) => Number(number.toPrecision(12));

/** Format a value as text. */
export function inWords(value) {
  if (value === null || value === undefined) return "unknown";
  if (!isRange(value)) return String(value);
  return kindOf(value) === "uniform"
    ? `${value.low} to ${value.high}`
    : Object.entries(value).map(([key, number]) => `${key} ${number}`).join(", ");
}

/** Return the value of an indicator in a situation; null for unknown. */
export const valueOf = (situation, name) => (situation && Object.hasOwn(situation.values, name) ? situation.values[name] : null);

export const same = (first, other) => JSON.stringify(first) === JSON.stringify(other);
