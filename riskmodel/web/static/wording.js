// Messages of the service about a table, in the page's words: where they name an option of the command line, its control.

import { el, find } from "./dom.js";

const NAMES = { ".": "point", ",": "comma", " ": "space", "'": "apostrophe" };
const VALUE = String.raw`('[^']*'|"[^"]*"|[^\s;]+?)(?=[\s;,]|$)`;
/** A sheet in the list of a message: `1 'North': ...`. */
const SHEET = /(\d+) ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?: \(hidden\))?:/g;
const MAX_REMEDIES = 6;
const MARK = String.raw`('[^']'|"[^"]"|[.,' ])`;
/** The controls by the options that they stand for; `value` is the pattern of what an option is given. */
const CONTROLS = [
  { option: "decimal", value: MARK, id: "decimal", label: "Decimal mark" },
  { option: "thousands", value: MARK, id: "thousands", label: "Thousands separator" },
  { option: "missing", value: VALUE, id: "missing", label: "Missing is written as", isList: true },
  { option: "flags", value: VALUE, id: "flags", label: "Marks after numbers", isList: true },
];
const PATTERNS = CONTROLS.map((control) => ({ ...control, pattern: new RegExp(`(?:--${control.option} |\\b${control.option}=)${control.value}`, "g") }));
const PHRASES = [
  [/; --map INDICATOR=COLUMN names the column of one, and `riskmodel data check` proposes a map/, "; columns are named by the ids of indicators, which the Rulebook lists"],
  [/--sample-missing draws them/, "“sample missing inputs” draws them"],
  [/: rename one, or --map \w+=COLUMN/, ": rename one"],
  [/--sheet chooses one, and --map INDICATOR=COLUMN names the column of an indicator/, "choose the sheet, and name its columns like the indicators"],
  [/--sheet chooses one/, "choose one at “Sheet”"],
  [/--sheet reads another one alone/, "choose another at “Sheet”"],
  [/--skip-rows N reads them in the row after N others/, "give the number of rows above them at “Rows above the headings”"],
  [/; score other files with `riskmodel batch`/, ""],
  [/--sheet/g, "“Sheet”"],
  [/--skip-rows/g, "“Rows above the headings”"],
  [/--delimiter/g, "“Delimiter”"],
];

const bare = (text) => (/^(['"]).*\1$/.test(text) ? text.slice(1, -1) : text);

/** Return a message in the page's words. */
export function inPageWords(text) {
  let words = PHRASES.reduce((sofar, [pattern, phrase]) => sofar.replace(pattern, phrase), text);
  for (const { pattern, label } of PATTERNS) words = words.replace(pattern, (_, value) => `“${label}: ${NAMES[bare(value)] ?? bare(value)}”`);
  return words;
}

/**
 * Return buttons that read a table again as its messages propose.
 * @param again called once the controls are set
 */
export function remedies(texts, again) {
  const found = new Map();
  for (const text of texts) {
    for (const { pattern, ...control } of PATTERNS) {
      const first = text.matchAll(pattern).next().value;
      if (first) found.set(`${control.id} ${bare(first[1])}`, { ...control, value: bare(first[1]) });
    }
  }
  for (const text of texts) {
    const listed = text.includes("--sheet chooses one") ? text.slice(text.indexOf(". Sheet ")).matchAll(SHEET) : [];
    for (const [, number, name] of listed) found.set(`sheet ${number}`, { id: "sheet", label: "Sheet", value: number, shown: bare(name) });
  }
  return [...found.values()].slice(0, MAX_REMEDIES).map(({ id, label, value, shown, isList }) => {
    const click = () => {
      const control = find(id);
      control.value = isList && control.value ? `${control.value}, ${value}` : value;
      again();
    };
    return el("button", { type: "button", text: `Read it again with ${label.toLowerCase()}: ${shown ?? NAMES[value] ?? value}`, click });
  });
}
