// The rows of a scored table: filter, sort, page, open, download.

import { escapeFormula, plain, write } from "./csv.js";
import { debounce, el, save } from "./dom.js";
import { numberIn } from "./values.js";

const PAGE_ROWS = 50;
const MAX_REJECTS = 200;
const MAX_OTHER_COLUMNS = 6;
const NONE = "insufficient data";
const MISSING = ["", "NA", "NaN", "nan", "null"];
const REJECT_KEYS = ["id", "column", "value", "reason"];
const SEPARATORS = { ",": /,/g, ".": /\./g, " ": /[ \u00a0\u2009\u202f]/g, "'": /['\u2019]/g };
const ALPHABET = new Intl.Collator("en", { numeric: true });

const count = (number) => number.toLocaleString("en");
const scroll = (label, table) => el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label }, table);

export class Rows {
  /**
   * @param table { name, text, header, rows, rejects, done }
   * @param open called with title and values of a row
   */
  constructor(model, table, open) {
    Object.assign(this, { model, table, open, search: "", bands: new Map(), sort: null, page: 0, all: false });
    this.stem = table.name.replace(/(\.(csv|tsv|txt|parquet|pq|gz|zst))+$/i, "");
    this.columnIndex = new Map(table.header.map((name, index) => [name, index]));
    this.scores = model.scores.filter((score) => this.columnIndex.has(score.name));
    this.head = el("thead");
    this.body = el("tbody");
    this.counts = el("p", { class: "quiet", role: "status" });
    this.pageLabel = el("span");
    this.back = el("button", { type: "button", text: "Previous", click: () => this.#turn(-1) });
    this.next = el("button", { type: "button", text: "Next", click: () => this.#turn(1) });
    this.#choose();
  }

  /** The elements of the table, in order. */
  get parts() {
    const { done, rejects, name } = this.table;
    const text = `${name}: ${count(done.rows_in)} ${done.rows_in === 1 ? "row" : "rows"} in, ${count(done.rows_out)} out, ${count(done.rows_rejected)} rejected`;
    const caption = el("caption", { class: "unseen", text: "Scored rows" });
    return [
      el("p", { class: "headline", role: "status", text }),
      ...done.check.remarks.map((remark) => el("p", { class: "quiet", text: remark })),
      el("div", { class: "tools" }, this.#download(), rejects.length ? this.#downloadRejects() : null),
      el("div", { class: "tools", role: "group", "aria-label": "Filter" }, ...this.#filters()),
      this.counts,
      scroll("Scored rows", el("table", { class: "rows" }, caption, this.head, this.body)),
      el("div", { class: "tools" }, this.back, this.pageLabel, this.next),
      ...(rejects.length ? [this.#rejects()] : []),
    ];
  }

  #download() {
    const click = () => save(new Blob(this.table.text, { type: "text/csv" }), `${this.stem}.scored.csv`);
    return el("button", { type: "button", text: "Download the scored file", click });
  }

  /** Download rejects in the form that `riskmodel batch` writes. */
  #downloadRejects() {
    const { rejects, done } = this.table;
    const rows = rejects.map((reject) => [reject.line, ...REJECT_KEYS.map((key) => escapeFormula(reject[key]))]);
    const click = () => save(new Blob([write([[done.row_unit, ...REJECT_KEYS], ...rows])], { type: "text/csv" }), `${this.stem}.rejects.csv`);
    return el("button", { type: "button", text: "Download the rejects", click });
  }

  #filters() {
    const search = el("input", { type: "search", id: "filter", autocomplete: "off" });
    search.addEventListener("input", debounce(150, () => this.#narrow({ search: search.value.toLowerCase() })));
    const all = el("input", { type: "checkbox", change: () => this.#narrow({ all: all.checked }) });
    const banded = this.scores.filter((score) => Object.keys(score.bands).length);
    return [el("label", {}, "Rows with ", search), ...banded.map((score) => this.#bandFilter(score)), el("label", {}, all, " show all columns")];
  }

  #bandFilter(score) {
    const options = ["", ...Object.keys(score.bands), NONE].map((band) => el("option", { value: band, text: band || "any" }));
    const change = () => this.#narrow({ bands: new Map(this.bands).set(score.name, select.value) });
    const select = el("select", { change }, ...options);
    return el("label", {}, `${score.title} `, select);
  }

  #narrow(part) {
    Object.assign(this, part, { page: 0 });
    this.#choose();
  }

  #turn(by) {
    this.page += by;
    this.#show();
  }

  get #scoreColumns() {
    return this.scores.map(({ name }) => ["", "_band", "_low", "_high", "_coverage", "_drivers"].map((part) => name + part));
  }

  /** The columns that are neither indicators nor scores. */
  get others() {
    const scoreNames = new Set(this.#scoreColumns.flat());
    return this.table.header.filter((name) => !scoreNames.has(name) && !Object.hasOwn(this.model.indicators, name));
  }

  /** Return names and indices of the columns shown: id, scores, and some others; or all in the order of the file. */
  #columns() {
    if (this.all) return [...this.columnIndex];
    const [scoreColumns, others] = [this.#scoreColumns, this.others];
    const mainColumns = scoreColumns.filter((_, index) => !this.scores[index].is_sub_score).flat();
    return ["id", ...mainColumns, ...others.filter((name) => name !== "id").slice(0, MAX_OTHER_COLUMNS)].filter((name) => this.columnIndex.has(name)).map((name) => [name, this.columnIndex.get(name)]);
  }

  #number(cell) {
    const { decimal, thousands } = this.table.done;
    const digits = thousands ? cell.trim().replace(SEPARATORS[thousands], "") : cell;
    return numberIn(decimal === "," ? digits.replace(",", ".") : digits);
  }

  /** Filter and sort the rows; not repeated when the page changes. */
  #choose() {
    this.columns = this.#columns();
    const shownIndices = this.columns.map(([, index]) => index);
    const bands = [...this.bands].filter(([, band]) => band).map(([score, band]) => [this.columnIndex.get(`${score}_band`), band]);
    const matches = (row) =>
      bands.every(([index, band]) => (row[index] || NONE) === band) &&
      (!this.search || shownIndices.some((index) => row[index].toLowerCase().includes(this.search)));
    this.chosen = this.table.rows.map((row, index) => ({ row, index })).filter(({ row }) => matches(row));
    if (this.sort) this.#order(this.sort);
    this.#show();
  }

  /** Sort by number, then other cells by text; empty cells are last in both directions. */
  #order({ index, sign }) {
    for (const item of this.chosen) {
      item.cell = item.row[index];
      item.number = this.#number(item.cell);
      item.rank = item.cell === "" ? 2 : item.number === null ? 1 : 0;
    }
    const within = (first, other) => (first.rank === 0 ? first.number - other.number : ALPHABET.compare(first.cell, other.cell));
    this.chosen.sort((first, other) => first.rank - other.rank || sign * within(first, other));
  }

  #show() {
    const pages = Math.max(1, Math.ceil(this.chosen.length / PAGE_ROWS));
    this.page = Math.min(Math.max(this.page, 0), pages - 1);
    const shown = this.chosen.slice(this.page * PAGE_ROWS, (this.page + 1) * PAGE_ROWS);
    const corner = el("th", { scope: "col" }, el("span", { class: "unseen", text: "Open" }));
    const focused = this.head.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    this.head.replaceChildren(el("tr", {}, corner, ...this.columns.map((column) => this.#heading(column))));
    if (focused) [...this.head.querySelectorAll("button")].find((button) => button.dataset.name === focused)?.focus();
    this.body.replaceChildren(...shown.map(({ row, index }) => this.#row(row, index)));
    this.counts.textContent = `${count(this.chosen.length)} of ${count(this.table.rows.length)} rows`;
    this.pageLabel.textContent = `page ${count(this.page + 1)} of ${count(pages)}`;
    this.back.setAttribute("aria-disabled", String(this.page === 0));
    this.next.setAttribute("aria-disabled", String(this.page === pages - 1));
  }

  #heading([name, index]) {
    const isSorted = this.sort?.index === index;
    const order = isSorted ? (this.sort.sign > 0 ? "ascending" : "descending") : null;
    const click = () => this.#narrow({ sort: { index, sign: isSorted ? -this.sort.sign : 1 } });
    const arrow = el("span", { "aria-hidden": "true", text: isSorted ? (this.sort.sign > 0 ? " ↑" : " ↓") : "" });
    return el("th", { scope: "col", "aria-sort": order }, el("button", { type: "button", "data-name": name, click }, name, arrow));
  }

  #row(row, index) {
    const id = plain(row[this.columnIndex.get("id")] || "") || `scored row ${count(index + 1)}`;
    const click = () => this.open({ title: id, values: this.#values(row) });
    const button = el("button", { type: "button", "aria-label": `Open ${id} as the situation`, text: "Open", click });
    const cell = ([, index]) => el("td", { class: this.#number(row[index]) === null ? null : "num", text: row[index] });
    return el("tr", {}, el("td", {}, button), ...this.columns.map(cell));
  }

  #values(row) {
    const values = [];
    for (const [name, indicator] of Object.entries(this.model.indicators)) {
      const cell = this.columnIndex.has(name) ? plain(row[this.columnIndex.get(name)]).trim() : "";
      if (!MISSING.includes(cell)) values.push([name, indicator.labels ? cell : (this.#number(cell) ?? cell)]);
    }
    return Object.fromEntries(values);
  }

  #rejects() {
    const { rejects, done } = this.table;
    const cells = (reject) => [reject.line, ...REJECT_KEYS.map((key) => reject[key])].map((text) => el("td", { text }));
    const rows = rejects.slice(0, MAX_REJECTS).map((reject) => el("tr", {}, ...cells(reject)));
    const head = el("tr", {}, ...[done.row_unit, ...REJECT_KEYS].map((key) => el("th", { scope: "col", text: key })));
    const caption = el("caption", { class: "unseen", text: "Rejected rows" });
    const table = el("table", { class: "rejects" }, caption, el("thead", {}, head), el("tbody", {}, ...rows));
    const more = rejects.length > MAX_REJECTS ? el("p", { class: "quiet", text: `The first ${MAX_REJECTS} of ${count(rejects.length)}; the download has all.` }) : null;
    return el("details", { open: true }, el("summary", { text: `Rejected rows (${count(rejects.length)})` }), scroll("Rejected rows", table), more);
  }
}
