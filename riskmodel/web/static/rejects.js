// The rows of a table that could not be scored: where, which value, why, and what would be right.

import { escapeFormula, write } from "./csv.js";
import { el, save } from "./dom.js";
import { inPageWords, remedies } from "./wording.js";

const MAX_LISTED = 200;
const KEYS = ["id", "column", "value", "reason"];
const TITLES = { id: "Name", column: "Column", value: "Value", reason: "Reason, and the nearest right answer" };

const count = (number) => number.toLocaleString("en");

/** Return the rejects as `riskmodel batch` writes them. */
function fileOf(rejects, unit) {
  const rows = rejects.map((reject) => [reject.line, ...KEYS.map((key) => escapeFormula(reject[key]))]);
  return new Blob([write([[unit, ...KEYS], ...rows])], { type: "text/csv" });
}

/**
 * Return the list of rejected rows.
 * @param unit the unit in which rows are numbered: `line` or `row`
 * @param stem what the name of a download begins with
 * @param again called when a button has changed how the table is read
 */
export function rejectsList(rejects, unit, stem, again) {
  const cells = (reject) => [count(reject.line), reject.id, reject.column, reject.value, inPageWords(reject.reason)].map((text) => el("td", { text }));
  const rows = rejects.slice(0, MAX_LISTED).map((reject) => el("tr", {}, ...cells(reject)));
  const heads = [unit === "line" ? "Line" : "Row", ...KEYS.map((key) => TITLES[key])];
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })));
  const table = el("table", { class: "rejects" }, el("caption", { class: "unseen", text: "Rejected rows" }), el("thead", {}, head), el("tbody", {}, ...rows));
  const download = el("button", { type: "button", text: "Download the rejects", click: () => save(fileOf(rejects, unit), `${stem}.rejects.csv`) });
  const more = rejects.length > MAX_LISTED ? el("p", { class: "quiet", text: `The first ${MAX_LISTED} of ${count(rejects.length)}; the download has all.` }) : null;
  const buttons = remedies(rejects.slice(0, MAX_LISTED).map((reject) => reject.reason), again);
  return el("details", { open: true }, el("summary", { text: `Rejected rows (${count(rejects.length)})` }),
    el("div", { class: "tools" }, ...buttons, download), el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Rejected rows" }, table), more);
}

/**
 * Return what says why a table could not be read at all.
 * @param problem with `errors` { line, field, detail }, or a message alone
 */
export function faultsOf(name, problem, again) {
  const errors = problem.errors?.length ? problem.errors : [{ detail: problem.message }];
  const place = ({ line, field }) => [line && `line ${count(line)}`, field].filter(Boolean).join(", ");
  const items = errors.map((error) => el("p", { class: "fault", role: "alert", text: `${[name, place(error)].filter(Boolean).join(", ")}: ${inPageWords(error.detail)}` }));
  const buttons = remedies(errors.map((error) => error.detail), again);
  return [...items, buttons.length ? el("div", { class: "tools" }, ...buttons) : ""];
}
