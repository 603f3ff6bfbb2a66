// A scored table: its text as the service sent it, in which rows and columns are found when they are needed.

import { parse } from "./csv.js";
import { numberIn } from "./values.js";

const SEPARATORS = { ",": /,/g, ".": /\./g, " ": /[ \u00a0\u2009\u202f]/g, "'": /['\u2019]/g };

/** Return the positions after each row of a text; line ends within quotes are part of a cell. */
function endsOf(text) {
  const ends = [];
  let from = 0;
  for (;;) {
    const end = text.indexOf("\n", from);
    if (end < 0) break;
    from = end + 1;
    ends.push(from);
  }
  if (from < text.length) ends.push(text.length);
  if (!text.includes('"')) return Uint32Array.from(ends);
  let quotes = 0;
  let quote = text.indexOf('"');
  return Uint32Array.from(ends.filter((end) => {
    for (; quote >= 0 && quote < end; quote = text.indexOf('"', quote + 1)) quotes += 1;
    return quotes % 2 === 0;
  }));
}

export class Scored {
  /** @param format { delimiter, decimal, thousands } of its text */
  constructor(format) {
    Object.assign(this, { format, header: [], count: 0, texts: [] });
    this.pieces = [];
    this.columns = new Map();
  }

  /** Add a piece of the text, which has whole rows. */
  append(text) {
    let start = 0;
    let ends = endsOf(text);
    this.texts.push(text);
    if (!this.header.length) {
      start = ends[0];
      ends = ends.subarray(1);
      this.header = parse(text.slice(0, start), this.format.delimiter)[0];
      this.indices = new Map(this.header.map((name, index) => [name, index]));
    }
    if (!ends.length) return;
    this.pieces.push({ first: this.count, start, text, ends, isQuoted: text.includes('"') });
    this.count += ends.length;
    this.columns.clear();
  }

  #pieceOf(row) {
    let [low, high] = [0, this.pieces.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.pieces[middle].first <= row) low = middle;
      else high = middle - 1;
    }
    return this.pieces[low];
  }

  /** Return the text of a row, without its line end. */
  text(row) {
    const { first, start, text, ends } = this.#pieceOf(row);
    const at = row - first;
    return text.slice(at ? ends[at - 1] : start, ends[at]).replace(/\r?\n$/, "");
  }

  /** Return the cells of a row. */
  cells(row) {
    const text = this.text(row);
    return text.includes('"') ? parse(text, this.format.delimiter)[0] : text.split(this.format.delimiter);
  }

  /** Mark the rows whose text contains words in lower case; rows that are not marked have no cell with them. */
  marked(words) {
    const marks = new Uint8Array(this.count);
    for (const { first, start, text, ends } of this.pieces) {
      const lower = text.toLowerCase();
      // A quote is written twice, and some letters get longer in lower case: then all rows are looked at.
      if (words.includes('"') || lower.length !== text.length) {
        marks.fill(1, first, first + ends.length);
        continue;
      }
      let at = 0;
      for (let found = lower.indexOf(words, start); found >= 0; found = lower.indexOf(words, ends[at])) {
        while (ends[at] <= found) at += 1;
        marks[first + at] = 1;
      }
    }
    return marks;
  }

  /** Return the cells of a column, given by its position. */
  column(index) {
    return this.#kept(`text ${index}`, () => {
      const { delimiter } = this.format;
      const cells = new Array(this.count);
      for (const { first, start, text, ends, isQuoted } of this.pieces) {
        let from = start;
        for (let at = 0; at < ends.length; from = ends[at], at += 1) {
          if (isQuoted) {
            cells[first + at] = this.cells(first + at)[index];
            continue;
          }
          for (let passed = 0; passed < index; passed += 1) from = text.indexOf(delimiter, from) + 1;
          const end = text.indexOf(delimiter, from);
          cells[first + at] = end < 0 || end >= ends[at] ? text.slice(from, ends[at]).replace(/\r?\n$/, "") : text.slice(from, end);
        }
      }
      return cells;
    });
  }

  /** Return the numbers of a column; NaN for all other cells. */
  numbers(index) {
    return this.#kept(`numbers ${index}`, () => Float64Array.from(this.column(index), (cell) => this.number(cell) ?? NaN));
  }

  #kept(key, compute) {
    if (!this.columns.has(key)) this.columns.set(key, compute());
    return this.columns.get(key);
  }

  /** Parse a cell; null if it is no number. */
  number(cell) {
    const { decimal, thousands } = this.format;
    const digits = thousands ? cell.trim().replace(SEPARATORS[thousands], "") : cell;
    return numberIn(decimal === "," ? digits.replace(",", ".") : digits);
  }
}
