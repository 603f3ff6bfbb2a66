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

/** Return the low and the high end of a value on its slider, null for unknown: of a mean, one standard deviation away. */
export function extent(value) {
  if (!isRange(value)) return [value, value];
  const { mean, sd, p10, p90, low = p10 ?? clean(mean - sd), high = p90 ?? clean(mean + sd) } = value;
  return [low, high];
}

/** Format a value as it was given, in the words of the assessment: `1 to 4, likely 2`. */
export function inWords(value) {
  if (value === null || value === undefined) return "unknown";
  const kind = kindOf(value);
  if (kind === "one") return String(value);
  const { low, likely, high, mean, sd, p10, p50, p90 } = value;
  if (kind === "normal") return `about ${mean}, standard deviation ${sd}`;
  if ((low ?? p10) === (high ?? p90)) return String(low ?? p10);
  if (kind === "quantiles") return `${p10} to ${p90} in 8 of 10 cases, median ${p50}`;
  return kind === "pert" ? `${low} to ${high}, likely ${likely}` : `${low} to ${high}`;
}

/** Return the value of an indicator in a situation; null for unknown. */
export const valueOf = (situation, name) => (situation && Object.hasOwn(situation.values, name) ? situation.values[name] : null);

export const same = (first, other) => JSON.stringify(first) === JSON.stringify(other);
