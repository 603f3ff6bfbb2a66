// The view of a scored table: its filters, groups and columns, the rows that are selected, and the grid that shows them.

import { labelColumn, plainColumn, scoreColumn } from "./cells.js";
import { group, matching, sort } from "./choice.js";
import { parseConditions } from "./conditions.js";
import { plain } from "./csv.js";
import { debounce, el } from "./dom.js";
import { Grid } from "./grid.js";
import { Menu } from "./menu.js";

const NONE = "insufficient data";
const MISSING = ["", "NA", "NaN", "nan", "null"];
const PARTS = ["", "_band", "_low", "_high", "_coverage", "_drivers"];
const MAX_OTHER_COLUMNS = 6;
const MAX_SELECTED = 2;
/** Rows that are looked at to tell dates and names from other columns. */
const LOOKED_AT = 50;
const MAX_OPEN_GROUPS = 6;
const DATE_NAME = /^(date|day|week|month|quarter|year|time|period)$/i;
const DATE = /^\d{4}-\d\d(-\d\d.*)?$|^\d{4}-?[QW]\d{1,2}$/;
const NARROW = matchMedia("(max-width: 600px)");
const [CARD_HEAD, CARD_SCORE] = [48, 34];

const KEY = "On each gauge the mark is the score, its colours are the bands, and the line below is what the score could be with all values known.";

const count = (number) => number.toLocaleString("en");

export class Rows {
  /**
   * @param scored the table, whose header has been read
   * @param on { open(situation), compare(first, second) }: called with titles and values of rows
   */
  constructor(model, scored, on) {
    Object.assign(this, { model, scored, on, bands: new Map(), sorting: null, closed: new Set(), selected: [] });
    this.scores = model.scores.filter((score) => scored.indices.has(score.name));
    this.main = this.scores.filter((score) => !score.is_sub_score);
    this.counts = el("p", { class: "quiet counts", role: "status" });
    this.selection = el("div", { class: "tools", role: "status" });
    this.fault = el("p", { class: "fault", role: "alert", hidden: true });
    this.menu = new Menu(model, () => this.#arrange());
    this.grid = new Grid("Scored rows", { open: (item) => this.#act(item), select: (item) => this.#select(item), sort: (column) => this.#sortBy(column.index) });
    this.filters = el("fieldset", { class: "filters", disabled: true }, el("legend", { class: "unseen", text: "Filter, group and columns" }), ...this.#filters());
    this.chooser = el("details", { class: "choose", open: !NARROW.matches }, el("summary", { text: "Filter, group and sort" }), this.filters);
    this.turn = () => this.#turn();
    NARROW.addEventListener("change", this.turn);
  }

  get parts() {
    return [this.chooser, this.fault, this.counts, this.selection, this.grid.element, el("p", { class: "quiet", text: KEY })];
  }

  /** Let go of the window, so that the table can be forgotten. */
  close() {
    NARROW.removeEventListener("change", this.turn);
    this.grid.observer.disconnect();
  }

  /** Show cards in a narrow window, and columns in a wide one. */
  #turn() {
    this.chooser.open = !NARROW.matches;
    if (this.labels) this.#arrange();
  }

  /** Show the rows that have arrived so far. */
  grow() {
    if (!this.labels) this.#describe();
    this.grid.setItems(this.scored.count, (row) => this.#item(row), { keepPlace: true });
  }

  /** Show all rows, which can now be filtered. */
  finish() {
    this.#describe();
    this.filters.disabled = false;
    this.#choose();
  }

  /** The columns that are neither indicators nor scores. */
  get others() {
    const scoreNames = new Set(this.scores.flatMap(({ name }) => PARTS.map((part) => name + part)));
    return this.scored.header.filter((name) => !scoreNames.has(name) && !Object.hasOwn(this.model.indicators, name));
  }

  /** Find the columns that name rows and the one with their date. */
  #describe() {
    const { scored, others } = this;
    const looked = Array.from({ length: Math.min(scored.count, LOOKED_AT) }, (_, row) => scored.cells(row));
    const filled = (name) => looked.map((cells) => cells[scored.indices.get(name)]).filter(Boolean);
    const isNumber = (name) => filled(name).every((cell) => scored.number(cell) !== null);
    const isDate = (name) => DATE_NAME.test(name) || (filled(name).length > 0 && filled(name).every((cell) => DATE.test(cell)));
    this.date = others.find(isDate) ?? null;
    const named = others.filter((name) => name !== this.date && filled(name).length && !isNumber(name));
    // Of two texts the one that tells the rows of each date apart, and if both do, the one with fewer: a source names no unit.
    const kinds = (...names) => new Set(looked.map((cells) => JSON.stringify(names.filter(Boolean).map((name) => cells[scored.indices.get(name)])))).size;
    const alone = named.filter((name) => kinds(name, this.date) === looked.length).sort((one, other) => kinds(one) - kinds(other));
    this.labels = scored.indices.has("id") ? ["id"] : alone.length && this.date ? [alone[0]] : named.slice(0, 2);
    this.numeric = new Set(scored.header.filter(isNumber));
    const rest = others.filter((name) => name !== this.date && !this.labels.includes(name));
    const usual = [...this.main.map((score) => `${score.name}_drivers`), ...rest.slice(0, MAX_OTHER_COLUMNS)];
    const parts = new Set(this.main.flatMap(({ name }) => [name, `${name}_band`]));
    this.menu.setNames(scored.header.filter((name) => !parts.has(name) && name !== this.date && !this.labels.includes(name)), usual);
    this.groupSelect.replaceChildren(el("option", { value: "", text: "nothing" }), ...this.#groupable().map(([name, title]) => el("option", { value: name, text: title })));
    this.sortSelect.replaceChildren(el("option", { value: "", text: "order of the file" }), ...[...this.main.map(({ name, title }) => [name, title]), ...[...this.labels, this.date].filter(Boolean).map((name) => [name, name])].flatMap(([name, title]) => [el("option", { value: `${name} -1`, text: `${title}, highest first` }), el("option", { value: `${name} 1`, text: `${title}, lowest first` })]));
    this.#arrange();
  }

  #groupable() {
    const bands = this.main.filter((score) => Object.keys(score.bands).length).map((score) => [`${score.name}_band`, `band of ${score.title}`]);
    const texts = this.others.filter((name) => name === this.date || !this.numeric.has(name)).map((name) => [name, name]);
    return [...bands, ...texts];
  }

  #filters() {
    const words = el("input", { type: "search", id: "filter", autocomplete: "off" });
    words.addEventListener("input", debounce(150, () => this.#narrow({ words: words.value.toLowerCase() })));
    const example = this.main[0] ? `${this.main[0].name} >= ${Object.values(this.main[0].bands).at(-2) ?? this.main[0].out_of / 2}` : "";
    const where = el("input", { type: "text", id: "where", autocomplete: "off", spellcheck: "false", placeholder: example });
    where.addEventListener("input", debounce(300, () => this.#narrow({ where: where.value })));
    const banded = this.main.filter((score) => Object.keys(score.bands).length);
    this.groupSelect = el("select", { id: "group", change: () => this.#narrow({ grouped: this.groupSelect.value, closed: null }) });
    this.sortSelect = el("select", { id: "sort", change: () => this.#sortChosen() });
    return [
      el("label", {}, "Rows with ", words),
      el("label", {}, "Where ", where),
      ...banded.map((score) => this.#bandFilter(score)),
      el("label", {}, "Group by ", this.groupSelect),
      el("label", { class: "narrow-only" }, "Sort by ", this.sortSelect),
      this.menu.element,
    ];
  }

  #bandFilter(score) {
    const options = ["", ...Object.keys(score.bands), NONE].map((band) => el("option", { value: band, text: band || "any band" }));
    const select = el("select", { change: () => this.#narrow({ bands: new Map(this.bands).set(score.name, select.value) }) }, ...options);
    return el("label", {}, `${score.title} `, select);
  }

  #narrow(part) {
    Object.assign(this, part);
    this.#choose();
  }

  #sortBy(index, sign = null) {
    if (index === undefined) return;
    const isSame = this.sorting?.index === index;
    this.sorting = { index, sign: sign ?? (isSame ? -this.sorting.sign : 1) };
    this.#arrange();
    this.#choose();
  }

  #sortChosen() {
    const [, name, sign] = /^(.*) (-?1)$/.exec(this.sortSelect.value) ?? [];
    if (name) this.#sortBy(this.scored.indices.get(name), Number(sign));
    else this.#narrow({ sorting: null });
  }

  /** The columns of the file that are shown as they are. */
  get #plainNames() {
    const isCause = (name) => name.endsWith("_drivers");
    const names = this.menu.names.filter((name) => this.menu.has(name));
    return [...names.filter(isCause), ...names.filter((name) => !isCause(name))];
  }

  /** Set the columns of the grid. */
  #arrange() {
    const { scored, date, labels } = this;
    const label = labelColumn(labels.length ? labels.join(", ") : "row", scored.indices.get(labels[0]));
    const scores = this.main.map((score, position) => scoreColumn(scored, score, position));
    const causes = (text) => text.replace(/(\w+):(?=[+-])/g, (_, name) => `${this.model.indicators[name]?.title ?? name} `);
    const titles = new Map(this.main.map((score) => [`${score.name}_drivers`, `${score.title}: most points from`]));
    const of = (name) => plainColumn(scored, name, { isNumber: this.numeric.has(name) && name !== date, isDate: name === date, isList: titles.has(name), title: titles.get(name), format: titles.has(name) ? causes : undefined });
    const all = [label, ...(date ? [of(date)] : []), ...scores, ...this.#plainNames.map(of)];
    const columns = NARROW.matches ? [label, ...scores] : all;
    for (const column of columns) column.sign = this.sorting?.index === column.index && column.index !== undefined ? this.sorting.sign : 0;
    this.grid.setColumns(columns, { cardHeight: NARROW.matches ? CARD_HEAD + CARD_SCORE * scores.length : null });
    if (this.grid.at) this.grid.setItems(this.grid.count, this.grid.at, { keepPlace: true });
  }

  /** Filter, sort and group the rows. */
  #choose() {
    const { scored } = this;
    let conditions = [];
    this.fault.hidden = true;
    try {
      conditions = parseConditions(this.where ?? "", scored);
    } catch (error) {
      this.fault.hidden = false;
      this.fault.textContent = `Where: ${error.message}`;
    }
    const names = [...this.labels, this.date, ...this.main.map(({ name }) => `${name}_band`), ...this.#plainNames].filter((name) => scored.indices.has(name));
    const bands = [...this.bands].filter(([, band]) => band).map(([name, band]) => [scored.indices.get(`${name}_band`), band]);
    let rows = matching(scored, { words: this.words ?? "", indices: names.map((name) => scored.indices.get(name)), bands, conditions });
    if (this.sorting) rows = sort(scored, rows, this.sorting);
    this.rows = rows;
    this.groups = this.grouped ? this.#groups(rows) : null;
    this.#show();
  }

  #groups(rows) {
    const { scored, grouped } = this;
    const banded = this.main.find(({ name }) => grouped === `${name}_band`);
    // The strongest band comes first.
    const order = banded ? [...Object.keys(banded.bands).reverse(), NONE] : [];
    const groups = group(scored, rows, scored.indices.get(grouped), order, this.main.map(({ name }) => scored.indices.get(name)));
    this.closed ??= new Set(groups.length > MAX_OPEN_GROUPS ? groups.map(({ name }) => name) : []);
    return groups;
  }

  #show({ keepPlace = false } = {}) {
    const all = this.scored.count;
    const groups = this.groups ? ` in ${count(this.groups.length)} ${this.groups.length === 1 ? "group" : "groups"}` : "";
    this.counts.textContent = `${count(this.rows.length)} of ${count(all)} rows${groups}`;
    const items = this.groups ? this.groups.flatMap((each) => [each, ...(this.closed.has(each.name) ? [] : each.rows)]) : this.rows;
    this.grid.setItems(items.length, (position) => this.#item(items[position]), { keepPlace });
  }

  /** Return what the grid shows of a row, given by its position, or of a group. */
  #item(row) {
    if (typeof row === "object") return { name: row.name || "(empty)", group: { ...row, isOpen: !this.closed.has(row.name) }, isSelectable: false };
    const cells = this.scored.cells(row);
    const date = this.date ? cells[this.scored.indices.get(this.date)] : null;
    return { row, cells, name: this.#nameOf(cells, row), date, isSelectable: true, isSelected: this.selected.includes(row) };
  }

  #nameOf(cells, row) {
    const names = this.labels.map((name) => plain(cells[this.scored.indices.get(name)])).filter(Boolean);
    return names.join(", ") || `scored row ${count(row + 1)}`;
  }

  #act({ group: chosen, row }) {
    if (!chosen) return this.on.open(this.#situation(row));
    if (!this.closed.delete(chosen.name)) this.closed.add(chosen.name);
    this.#show({ keepPlace: true });
  }

  #select({ isSelectable, row, group: chosen }) {
    if (chosen) return this.#act({ group: chosen });
    if (!isSelectable) return;
    this.selected = this.selected.includes(row) ? this.selected.filter((other) => other !== row) : [...this.selected, row].slice(-MAX_SELECTED);
    this.grid.refresh();
    this.#showSelection();
  }

  #showSelection() {
    const names = this.selected.map((row) => this.#situation(row).title);
    const both = () => this.on.compare(...this.selected.map((row) => this.#situation(row)));
    const one = () => this.on.open(this.#situation(this.selected[0]));
    const clear = () => {
      this.selected = [];
      this.grid.refresh();
      this.#showSelection();
      this.grid.element.focus();
    };
    const open = names.length === 2 ? el("button", { type: "button", text: "Open as two situations", click: both }) : el("button", { type: "button", text: "Open as the situation", click: one });
    const hint = names.length === 1 ? el("span", { class: "quiet", text: "Select another to compare both." }) : null;
    this.selection.replaceChildren(...(names.length ? [el("span", { text: `Selected: ${names.join(" and ")}` }), open, el("button", { type: "button", text: "Clear", click: clear }), hint].filter(Boolean) : []));
  }

  #situation(row) {
    const { scored, model } = this;
    const cells = scored.cells(row);
    const values = [];
    for (const [name, indicator] of Object.entries(model.indicators)) {
      const cell = scored.indices.has(name) ? plain(cells[scored.indices.get(name)]).trim() : "";
      if (!MISSING.includes(cell)) values.push([name, indicator.labels ? cell : (scored.number(cell) ?? cell)]);
    }
    const date = this.date ? cells[scored.indices.get(this.date)] : "";
    return { title: [this.#nameOf(cells, row), date].filter(Boolean).join(", "), values: Object.fromEntries(values) };
  }
}
