// Reading and writing CSV as RFC 4180 has it.

/** The rows of a text, as lists of cells; blank lines are none. */
export function parse(text, delimiter) {
  const ends = new RegExp(`[${delimiter === "\t" ? "\\t" : `\\${delimiter}`}\r\n]`, "g");
  const rows = [];
  let row = [];
  let position = 0;
  while (position < text.length) {
    let cell = "";
    if (text[position] === '"') {
      const parts = [];
      for (;;) {
        const stop = text.indexOf('"', position + 1);
        const end = stop < 0 ? text.length : stop;
        parts.push(text.slice(position + 1, end));
        position = end + 1;
        if (text[position] !== '"') break;
      }
      cell = parts.join('"');
    } else {
      ends.lastIndex = position;
      const stop = ends.exec(text)?.index ?? text.length;
      cell = text.slice(position, stop);
      position = stop;
    }
    row.push(cell);
    const mark = text[position];
    if (mark === delimiter) {
      position += 1;
      if (position === text.length) row.push("");
      continue;
    }
    position += mark === "\r" && text[position + 1] === "\n" ? 2 : 1;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  if (row.length) rows.push(row);
  return rows;
}

const guarded = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export const write = (rows) => rows.map((row) => row.map((cell) => guarded(String(cell))).join(",")).join("\n") + "\n";

const MARKS = /^[=+\-@\t\r]/;
const GROUPED = [
  String.raw`(?:,\d{3})+(?:\.\d*)?`,
  String.raw`(?:\.\d{3})+(?:,\d*)?`,
  String.raw`(?:[ \u00a0\u2009\u202f]\d{3})+(?:[.,]\d*)?`,
  String.raw`(?:['\u2019]\d{3})+(?:[.,]\d*)?`,
].join("|");
const NUMBER = String.raw`[+-]?(?:\d+[.,]?\d*|[.,]\d+|[1-9]\d{0,2}(?:${GROUPED}))(?:e[+-]?\d+)?`;
const HARMLESS = new RegExp(String.raw`^(?:[=+\-@\t\r]|[ \t]*${NUMBER}[ \t]*)$`, "i");

/** A cell as a spreadsheet may have it: what it would run gets a `'`, as the service does it. */
export const escapeFormula = (cell) => (MARKS.test(cell) && !HARMLESS.test(cell) ? `'${cell}` : cell);

/** A cell as it was before. */
export const plain = (cell) => (/^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);
