// Conditions on columns: `escalation >= 60 and state = "A"`.

const COMPARISON = /^(.+?)\s*(<=|>=|!=|==|=|<|>)\s*(.+)$/;
const HOLDS = {
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

/** Return the number of changes of a letter that make one word the other. */
function distance(one, other) {
  let row = [...other, ""].map((_, index) => index);
  [...one].forEach((letter, index) => {
    const next = [index + 1];
    [...other].forEach((mark, at) => next.push(Math.min(row[at] + (letter === mark ? 0 : 1), row[at + 1] + 1, next[at] + 1)));
    row = next;
  });
  return row.at(-1);
}

/** Return the name most similar to a word, if one is. */
export function nearest(word, names) {
  const near = names.map((name) => [distance(word.toLowerCase(), name.toLowerCase()), name]).sort((a, b) => a[0] - b[0])[0];
  return near && near[0] <= Math.max(2, word.length / 3) ? near[1] : null;
}

/**
 * Parse conditions that are joined by `and`.
 * @param scored the table, which has the columns
 * @returns functions that take the position of a row
 * @throws Error that says which condition cannot be read, and the nearest column
 */
export function parseConditions(text, scored) {
  const parts = text.split(/\s+and\s+/i).map((part) => part.trim()).filter(Boolean);
  return parts.map((part) => {
    const [, name, sign, right] = COMPARISON.exec(part) ?? [];
    if (!name) throw new Error(`"${part}" is no condition; one is such as: escalation >= 60`);
    const index = scored.indices.get(name);
    if (index === undefined) {
      const near = nearest(name, scored.header);
      throw new Error(`there is no column "${name}"${near ? `; did you mean "${near}"?` : ""}`);
    }
    const holds = HOLDS[sign === "==" ? "=" : sign];
    const number = scored.number(right);
    if (number !== null) {
      const numbers = scored.numbers(index);
      return (row) => !Number.isNaN(numbers[row]) && holds(numbers[row], number);
    }
    if (!["=", "==", "!="].includes(sign)) throw new Error(`"${right}" is no number; with ${sign} compare a column with one`);
    const word = right.replace(/^(["'])(.*)\1$/, "$2");
    const cells = scored.column(index);
    return (row) => holds(cells[row], word);
  });
}
