// The rows of a scored table: filtered, sorted, turned page by page, opened, taken away.

import { escapeFormula, plain, write } from "./csv.js";
import { debounce, el, save } from "./dom.js";
import { numberIn } from "./values.js";

const ROWS = 50;
const REJECTS = 200;
const OTHERS = 6;
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
   * @param open called with the title and the values of a row
   */
  constructor(model, table, open) {
    Object.assign(this, { model, table, open, words: "", bands: new Map(), sort: null, page: 0, all: false });
    this.stem = table.name.replace(/(\.(csv|tsv|txt|parquet|pq|gz|zst))+$/i, "");
    this.columnIndex = new Map(table.header.map((name, place) => [name, place]));
    this.scores = model.scores.filter((score) => this.columnIndex.has(score.name));
    this.head = el("thead");
    this.body = el("tbody");
    this.counts = el("p", { class: "quiet", role: "status" });
    this.turned = el("span");
    this.back = el("button", { type: "button", text: "Previous", click: () => this.#turn(-1) });
    this.next = el("button", { type: "button", text: "Next", click: () => this.#turn(1) });
    this.#choose();
  }

  /** What is shown of the table, in order. */
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
      el("div", { class: "tools" }, this.back, this.turned, this.next),
      ...(rejects.length ? [this.#rejects()] : []),
    ];
  }

  #download() {
    const click = () => save(new Blob(this.table.text, { type: "text/csv" }), `${this.stem}.scored.csv`);
    return el("button", { type: "button", text: "Download the scored file", click });
  }

  /** The same file of rejects as `riskmodel batch` writes. */
  #downloadRejects() {
    const { rejects, done } = this.table;
    const rows = rejects.map((reject) => [reject.line, ...REJECT_KEYS.map((key) => escapeFormula(reject[key]))]);
    const click = () => save(new Blob([write([[done.place, ...REJECT_KEYS], ...rows])], { type: "text/csv" }), `${this.stem}.rejects.csv`);
    return el("button", { type: "button", text: "Download the rejects", click });
  }

  #filters() {
    const search = el("input", { type: "search", id: "filter", autocomplete: "off" });
    search.addEventListener("input", debounce(150, () => this.#narrow({ words: search.value.toLowerCase() })));
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

  /** The columns shown: those that are passed through, then each score's; all in their order where that is asked for. */
  #columns() {
    if (this.all) return [...this.columnIndex];
    const made = this.scores.map(({ name }) => ["", "_band", "_low", "_high", "_coverage", "_drivers"].map((part) => name + part));
    const own = new Set(made.flat());
    const others = this.table.header.filter((name) => !own.has(name) && !Object.hasOwn(this.model.indicators, name));
    const tops = made.filter((_, place) => !this.scores[place].is_sub_score).flat();
    return ["id", ...tops, ...others.filter((name) => name !== "id").slice(0, OTHERS)].filter((name) => this.columnIndex.has(name)).map((name) => [name, this.columnIndex.get(name)]);
  }

  #number(cell) {
    const { decimal, thousands } = this.table.done;
    const digits = thousands ? cell.trim().replace(SEPARATORS[thousands], "") : cell;
    return numberIn(decimal === "," ? digits.replace(",", ".") : digits);
  }

  /** Choose and sort the rows; turning the page does neither again. */
  #choose() {
    this.columns = this.#columns();
    const places = this.columns.map(([, place]) => place);
    const wanted = [...this.bands].filter(([, band]) => band).map(([score, band]) => [this.columnIndex.get(`${score}_band`), band]);
    const fits = (row) =>
      wanted.every(([place, band]) => (row[place] || NONE) === band) &&
      (!this.words || places.some((place) => row[place].toLowerCase().includes(this.words)));
    this.chosen = this.table.rows.map((row, place) => ({ row, place })).filter(({ row }) => fits(row));
    if (this.sort) this.#order(this.sort);
    this.#show();
  }

  /** Numbers by size, then other cells by text; what is empty comes last either way. */
  #order({ place, sign }) {
    for (const item of this.chosen) {
      item.cell = item.row[place];
      item.number = this.#number(item.cell);
      item.rank = item.cell === "" ? 2 : item.number === null ? 1 : 0;
    }
    const within = (first, other) => (first.rank === 0 ? first.number - other.number : ALPHABET.compare(first.cell, other.cell));
    this.chosen.sort((first, other) => first.rank - other.rank || sign * within(first, other));
  }

  #show() {
    const pages = Math.max(1, Math.ceil(this.chosen.length / ROWS));
    this.page = Math.min(Math.max(this.page, 0), pages - 1);
    const shown = this.chosen.slice(this.page * ROWS, (this.page + 1) * ROWS);
    const corner = el("th", { scope: "col" }, el("span", { class: "unseen", text: "Open" }));
    const focused = this.head.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    this.head.replaceChildren(el("tr", {}, corner, ...this.columns.map((column) => this.#heading(column))));
    if (focused) [...this.head.querySelectorAll("button")].find((button) => button.dataset.name === focused)?.focus();
    this.body.replaceChildren(...shown.map(({ row, place }) => this.#row(row, place)));
    this.counts.textContent = `${count(this.chosen.length)} of ${count(this.table.rows.length)} rows`;
    this.turned.textContent = `page ${count(this.page + 1)} of ${count(pages)}`;
    this.back.setAttribute("aria-disabled", String(this.page === 0));
    this.next.setAttribute("aria-disabled", String(this.page === pages - 1));
  }

  #heading([name, place]) {
    const isSorted = this.sort?.place === place;
    const order = isSorted ? (this.sort.sign > 0 ? "ascending" : "descending") : null;
    const click = () => this.#narrow({ sort: { place, sign: isSorted ? -this.sort.sign : 1 } });
    const arrow = el("span", { "aria-hidden": "true", text: isSorted ? (this.sort.sign > 0 ? " ↑" : " ↓") : "" });
    return el("th", { scope: "col", "aria-sort": order }, el("button", { type: "button", "data-name": name, click }, name, arrow));
  }

  #row(row, place) {
    const id = plain(row[this.columnIndex.get("id")] || "") || `scored row ${count(place + 1)}`;
    const click = () => this.open(id, this.#values(row));
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
    const rows = rejects.slice(0, REJECTS).map((reject) => el("tr", {}, ...cells(reject)));
    const head = el("tr", {}, ...[done.place, ...REJECT_KEYS].map((key) => el("th", { scope: "col", text: key })));
    const caption = el("caption", { class: "unseen", text: "Rejected rows" });
    const table = el("table", { class: "rejects" }, caption, el("thead", {}, head), el("tbody", {}, ...rows));
    const more = rejects.length > REJECTS ? el("p", { class: "quiet", text: `The first ${REJECTS} of ${count(rejects.length)}; the download has all.` }) : null;
    return el("details", { open: true }, el("summary", { text: `Rejected rows (${count(rejects.length)})` }), scroll("Rejected rows", table), more);
  }
}
