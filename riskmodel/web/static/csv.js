// Reading CSV as RFC 4180 has it.

/** The rows of a text, as lists of cells. */
export function parse(text, delimiter) {
  const rows = [];
  let row = [];
  let cell = "";
  let quoted = false;
  let at = 0;
  const end = () => {
    row.push(cell);
    rows.push(row);
    [row, cell] = [[], ""];
  };
  while (at < text.length) {
    const mark = text[at];
    if (quoted) {
      const stop = text.indexOf('"', at);
      cell += text.slice(at, stop < 0 ? text.length : stop);
      at = stop < 0 ? text.length : stop + 1;
      if (text[at] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
      continue;
    }
    if (mark === '"' && cell === "") quoted = true;
    else if (mark === delimiter) [cell, row] = ["", [...row, cell]];
    else if (mark === "\n") end();
    else if (mark !== "\r" || text[at + 1] !== "\n") cell += mark;
    at += 1;
  }
  if (cell !== "" || row.length) end();
  return rows.filter((cells) => cells.length > 1 || cells[0] !== "");
}

const guarded = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export const write = (rows) => rows.map((row) => row.map((cell) => guarded(String(cell))).join(",")).join("\n") + "\n";
