// The meaning of a value by the guide of its indicator.

import { center } from "./values.js";

const isWithin = (number, [low, high]) => low.value <= number && number <= high.value;

const withValue = ({ value, text }) => `${text} (${value})`;

/** Return the meaning of a value, in the words of the assessment; empty if the guide has none. */
export function meaningOf({ guide, default: assumed, labels }, value) {
  if (value === null) return assumed === null ? "" : `the model assumes ${assumed}`;
  if (labels) return guide.find((anchor) => anchor.value === value)?.text || "";
  const number = center(value);
  if (!guide.length || typeof number !== "number") return "";
  const exact = guide.find((anchor) => anchor.value === number);
  if (exact) return withValue(exact);
  const [first, last] = [guide[0], guide.at(-1)];
  if (number < first.value) return `below ${withValue(first)}`;
  if (number > last.value) return `above ${withValue(last)}`;
  const pair = guide.slice(1).map((anchor, index) => [guide[index], anchor]).find((pair) => isWithin(number, pair));
  return `between ${withValue(pair[0])} and ${withValue(pair[1])}`;
}
