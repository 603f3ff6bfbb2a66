// Reading and writing CSV (RFC 4180).

/** Return the rows of a text as arrays of cells, without blank lines. */
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

const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export const write = (rows) => rows.map((row) => row.map((cell) => quoted(String(cell))).join(",")).join("\n") + "\n";

const FORMULA_START = /^[=+\-@\t\r]/;
const GROUPED = [
  String.raw`(?:,\d{3})+(?:\.\d*)?`,
  String.raw`(?:\.\d{3})+(?:,\d*)?`,
  String.raw`(?:[ \u00a0\u2009\u202f]\d{3})+(?:[.,]\d*)?`,
  String.raw`(?:['\u2019]\d{3})+(?:[.,]\d*)?`,
].join("|");
const NUMBER = String.raw`[+-]?(?:\d+[.,]?\d*|[.,]\d+|[1-9]\d{0,2}(?:${GROUPED}))(?:e[+-]?\d+)?`;
const SAFE = new RegExp(String.raw`^(?:[=+\-@\t\r]|[ \t]*${NUMBER}[ \t]*)$`, "i");

/** Prefix a cell that a spreadsheet would run as a formula with `'`, as the service does. */
export const escapeFormula = (cell) => (FORMULA_START.test(cell) && !SAFE.test(cell) ? `'${cell}` : cell);

/** Undo `escapeFormula`. */
export const plain = (cell) => (/^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);
