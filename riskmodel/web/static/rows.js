// The rows of a scored table: filtered, sorted, turned page by page, opened, taken away.

import { defused, plain, write } from "./csv.js";
import { calm, make, save } from "./dom.js";
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
const scroll = (label, table) => make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label }, table);

export class Rows {
  /**
   * @param found { name, text, header, rows, rejects, done }
   * @param open called with the title and the values of a row
   */
  constructor(model, found, open) {
    Object.assign(this, { model, found, open, words: "", bands: new Map(), sort: null, page: 0, all: false });
    this.stem = found.name.replace(/(\.(csv|tsv|txt|parquet|pq|gz|zst))+$/i, "");
    this.at = new Map(found.header.map((name, place) => [name, place]));
    this.scores = model.scores.filter((score) => this.at.has(score.name));
    this.head = make("thead");
    this.body = make("tbody");
    this.told = make("p", { class: "quiet", role: "status" });
    this.turned = make("span");
    this.back = make("button", { type: "button", text: "Previous", click: () => this.#turn(-1) });
    this.next = make("button", { type: "button", text: "Next", click: () => this.#turn(1) });
    this.#choose();
  }

  /** What is shown of the table, in order. */
  get parts() {
    const { done, rejects, name } = this.found;
    const text = `${name}: ${count(done.rows_in)} ${done.rows_in === 1 ? "row" : "rows"} in, ${count(done.rows_out)} out, ${count(done.rows_rejected)} rejected`;
    const caption = make("caption", { class: "unseen", text: "Scored rows" });
    return [
      make("p", { class: "headline", role: "status", text }),
      ...done.check.remarks.map((remark) => make("p", { class: "quiet", text: remark })),
      make("div", { class: "tools" }, this.#download(), rejects.length ? this.#downloadRejects() : null),
      make("div", { class: "tools", role: "group", "aria-label": "Filter" }, ...this.#filters()),
      this.told,
      scroll("Scored rows", make("table", { class: "rows" }, caption, this.head, this.body)),
      make("div", { class: "tools" }, this.back, this.turned, this.next),
      ...(rejects.length ? [this.#rejects()] : []),
    ];
  }

  #download() {
    const click = () => save(new Blob(this.found.text, { type: "text/csv" }), `${this.stem}.scored.csv`);
    return make("button", { type: "button", text: "Download the scored file", click });
  }

  /** The same file of rejects as `riskmodel batch` writes. */
  #downloadRejects() {
    const { rejects, done } = this.found;
    const rows = rejects.map((reject) => [reject.line, ...REJECT_KEYS.map((key) => defused(reject[key]))]);
    const click = () => save(new Blob([write([[done.place, ...REJECT_KEYS], ...rows])], { type: "text/csv" }), `${this.stem}.rejects.csv`);
    return make("button", { type: "button", text: "Download the rejects", click });
  }

  #filters() {
    const search = make("input", { type: "search", id: "filter", autocomplete: "off" });
    search.addEventListener("input", calm(150, () => this.#narrow({ words: search.value.toLowerCase() })));
    const all = make("input", { type: "checkbox", change: () => this.#narrow({ all: all.checked }) });
    const banded = this.scores.filter((score) => Object.keys(score.bands).length);
    return [make("label", {}, "Rows with ", search), ...banded.map((score) => this.#bandFilter(score)), make("label", {}, all, " show all columns")];
  }

  #bandFilter(score) {
    const options = ["", ...Object.keys(score.bands), NONE].map((band) => make("option", { value: band, text: band || "any" }));
    const change = () => this.#narrow({ bands: new Map(this.bands).set(score.name, select.value) });
    const select = make("select", { change }, ...options);
    return make("label", {}, `${score.title} `, select);
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
    if (this.all) return [...this.at];
    const made = this.scores.map(({ name }) => ["", "_band", "_low", "_high", "_coverage", "_drivers"].map((part) => name + part));
    const own = new Set(made.flat());
    const others = this.found.header.filter((name) => !own.has(name) && !Object.hasOwn(this.model.indicators, name));
    const tops = made.filter((_, place) => !this.scores[place].is_sub_score).flat();
    return ["id", ...tops, ...others.filter((name) => name !== "id").slice(0, OTHERS)].filter((name) => this.at.has(name)).map((name) => [name, this.at.get(name)]);
  }

  #number(cell) {
    const { decimal, thousands } = this.found.done;
    const digits = thousands ? cell.trim().replace(SEPARATORS[thousands], "") : cell;
    return numberIn(decimal === "," ? digits.replace(",", ".") : digits);
  }

  /** Choose and sort the rows; turning the page does neither again. */
  #choose() {
    this.columns = this.#columns();
    const places = this.columns.map(([, place]) => place);
    const wanted = [...this.bands].filter(([, band]) => band).map(([score, band]) => [this.at.get(`${score}_band`), band]);
    const fits = (row) =>
      wanted.every(([place, band]) => (row[place] || NONE) === band) &&
      (!this.words || places.some((place) => row[place].toLowerCase().includes(this.words)));
    this.chosen = this.found.rows.map((row, place) => ({ row, place })).filter(({ row }) => fits(row));
    if (this.sort) this.#order(this.sort);
    this.#show();
  }

  /** Numbers by size, then other cells by text; what is empty comes last either way. */
  #order({ place, sign }) {
    for (const one of this.chosen) {
      one.cell = one.row[place];
      one.number = this.#number(one.cell);
      one.rank = one.cell === "" ? 2 : one.number === null ? 1 : 0;
    }
    const within = (one, other) => (one.rank === 0 ? one.number - other.number : ALPHABET.compare(one.cell, other.cell));
    this.chosen.sort((one, other) => one.rank - other.rank || sign * within(one, other));
  }

  #show() {
    const pages = Math.max(1, Math.ceil(this.chosen.length / ROWS));
    this.page = Math.min(Math.max(this.page, 0), pages - 1);
    const shown = this.chosen.slice(this.page * ROWS, (this.page + 1) * ROWS);
    const corner = make("th", { scope: "col" }, make("span", { class: "unseen", text: "Open" }));
    const focused = this.head.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    this.head.replaceChildren(make("tr", {}, corner, ...this.columns.map((column) => this.#heading(column))));
    if (focused) [...this.head.querySelectorAll("button")].find((button) => button.dataset.name === focused)?.focus();
    this.body.replaceChildren(...shown.map(({ row, place }) => this.#row(row, place)));
    this.told.textContent = `${count(this.chosen.length)} of ${count(this.found.rows.length)} rows`;
    this.turned.textContent = `page ${count(this.page + 1)} of ${count(pages)}`;
    this.back.setAttribute("aria-disabled", String(this.page === 0));
    this.next.setAttribute("aria-disabled", String(this.page === pages - 1));
  }

  #heading([name, place]) {
    const isSorted = this.sort?.place === place;
    const order = isSorted ? (this.sort.sign > 0 ? "ascending" : "descending") : null;
    const click = () => this.#narrow({ sort: { place, sign: isSorted ? -this.sort.sign : 1 } });
    const arrow = make("span", { "aria-hidden": "true", text: isSorted ? (this.sort.sign > 0 ? " ↑" : " ↓") : "" });
    return make("th", { scope: "col", "aria-sort": order }, make("button", { type: "button", "data-name": name, click }, name, arrow));
  }

  #row(row, place) {
    const id = plain(row[this.at.get("id")] || "") || `scored row ${count(place + 1)}`;
    const click = () => this.open(id, this.#values(row));
    const button = make("button", { type: "button", "aria-label": `Open ${id} as the situation`, text: "Open", click });
    const cell = ([, at]) => make("td", { class: this.#number(row[at]) === null ? null : "num", text: row[at] });
    return make("tr", {}, make("td", {}, button), ...this.columns.map(cell));
  }

  #values(row) {
    const values = [];
    for (const [name, indicator] of Object.entries(this.model.indicators)) {
      const cell = this.at.has(name) ? plain(row[this.at.get(name)]).trim() : "";
      if (!MISSING.includes(cell)) values.push([name, indicator.labels ? cell : (this.#number(cell) ?? cell)]);
    }
    return Object.fromEntries(values);
  }

  #rejects() {
    const { rejects, done } = this.found;
    const cells = (reject) => [reject.line, ...REJECT_KEYS.map((key) => reject[key])].map((text) => make("td", { text }));
    const rows = rejects.slice(0, REJECTS).map((reject) => make("tr", {}, ...cells(reject)));
    const head = make("tr", {}, ...[done.place, ...REJECT_KEYS].map((key) => make("th", { scope: "col", text: key })));
    const caption = make("caption", { class: "unseen", text: "Rejected rows" });
    const table = make("table", { class: "rejects" }, caption, make("thead", {}, head), make("tbody", {}, ...rows));
    const more = rejects.length > REJECTS ? make("p", { class: "quiet", text: `The first ${REJECTS} of ${count(rejects.length)}; the download has all.` }) : null;
    return make("details", { open: true }, make("summary", { text: `Rejected rows (${count(rejects.length)})` }), scroll("Rejected rows", table), more);
  }
}
