// Which rows of a scored table are shown, and in which order: filter, sort, group.

const NONE = "insufficient data";
const ALPHABET = new Intl.Collator("en", { numeric: true });

/** Return the cell of a band; the text for none where it is empty. */
export const bandIn = (cell) => cell || NONE;

/**
 * Return the rows that match.
 * @param words the text that a cell contains, in lower case
 * @param indices the columns that are searched for it
 * @param bands pairs of a column and the band it has
 * @param conditions functions that take the position of a row
 */
export function matching(scored, { words, indices, bands, conditions }) {
  const wanted = bands.map(([index, band]) => [scored.column(index), band]);
  const marks = words ? scored.marked(words) : null;
  const contains = (cells) => indices.some((index) => cells[index].toLowerCase().includes(words));
  const rows = [];
  for (let row = 0; row < scored.count; row += 1) {
    if (!wanted.every(([cells, band]) => bandIn(cells[row]) === band)) continue;
    if (!conditions.every((holds) => holds(row))) continue;
    if (marks && !(marks[row] && contains(scored.cells(row)))) continue;
    rows.push(row);
  }
  return rows;
}

/** Sort rows by the numbers of a column, then by its other cells as text; empty cells are last in both directions. */
export function sort(scored, rows, { index, sign }) {
  const [cells, numbers] = [scored.column(index), scored.numbers(index)];
  const [withNumber, withText, empty] = [[], [], []];
  for (const row of rows) (cells[row] === "" ? empty : Number.isNaN(numbers[row]) ? withText : withNumber).push(row);
  withNumber.sort((a, b) => sign * (numbers[a] - numbers[b]) || a - b);
  withText.sort((a, b) => sign * ALPHABET.compare(cells[a], cells[b]) || a - b);
  return [...withNumber, ...withText, ...empty];
}

/**
 * Put rows into groups by the cells of a column.
 * @param order cells in the order of their groups; others follow by number or alphabet
 * @param scores the columns whose means are wanted
 * @returns groups { name, rows, means }; a mean is of the rows with a number, and null where none has one
 */
export function group(scored, rows, index, order, scores) {
  const cells = scored.column(index);
  const found = new Map();
  for (const row of rows) {
    const name = order.length ? bandIn(cells[row]) : cells[row];
    if (!found.has(name)) found.set(name, []);
    found.get(name).push(row);
  }
  const names = [...order.filter((name) => found.has(name)), ...[...found.keys()].filter((name) => !order.includes(name)).sort(ALPHABET.compare)];
  return names.map((name) => ({ name, rows: found.get(name), means: scores.map((column) => mean(scored.numbers(column), found.get(name))) }));
}

function mean(numbers, rows) {
  let [sum, count] = [0, 0];
  for (const row of rows) {
    if (Number.isNaN(numbers[row])) continue;
    sum += numbers[row];
    count += 1;
  }
  return count ? sum / count : null;
}
