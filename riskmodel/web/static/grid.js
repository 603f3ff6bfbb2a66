// A grid of which only the rows in view are in the document, so that a hundred thousand rows scroll like a few. The focus stays
// on the grid itself, which names its active cell, because rows come and go under it.

import { el } from "./dom.js";

const ROW_HEIGHT = 36;
const OVERSCAN = 4;
/** Columns that are drawn beside those in view, in pixels. */
const MARGIN = 400;
/** Browsers draw no element much higher than this, in pixels; from there on a pixel of scrolling is more than one. */
const MAX_HEIGHT = 15_000_000;
const HEAD = -1;
let gridCount = 0;

export class Grid {
  /**
   * @param label its name
   * @param on { open(item), select(item), sort(column) }: called by keys and clicks
   */
  constructor(label, on) {
    Object.assign(this, { on, columns: [], count: 0, near: [], drawn: [], first: 0, active: { row: HEAD, column: 0 }, rowHeight: ROW_HEIGHT });
    this.activeId = `grid-${(gridCount += 1)}-active`;
    this.head = el("div", { role: "row", class: "grid-head", "aria-rowindex": 1 });
    this.body = el("div", { role: "rowgroup", class: "grid-body" });
    this.sheet = el("div", { class: "grid-sheet", role: "presentation" }, el("div", { role: "rowgroup", class: "grid-top" }, this.head), this.body);
    this.element = el("div", { class: "grid", role: "grid", tabindex: "0", "aria-label": label, "aria-multiselectable": "true", keydown: (event) => this.#key(event) }, this.sheet);
    this.element.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.element.addEventListener("mousedown", (event) => this.#point(event));
    this.observer = new ResizeObserver(() => this.#draw());
    this.observer.observe(this.element);
  }

  /** @param columns { key, title, width, isSorted, make() }; make returns { element, fill(item) } of a cell */
  setColumns(columns, { cardHeight = null } = {}) {
    this.columns = columns;
    this.rowHeight = cardHeight ?? ROW_HEIGHT;
    this.element.classList.toggle("cards", cardHeight !== null);
    this.element.setAttribute("aria-colcount", columns.length);
    this.lefts = [0];
    for (const { width } of columns) this.lefts.push(this.lefts.at(-1) + width);
    this.sheet.style.setProperty("--width", `${this.lefts.at(-1)}px`);
    this.sheet.style.setProperty("--row", `${this.rowHeight}px`);
    this.head.replaceChildren(...columns.map((column, index) => this.#heading(column, index)));
    this.active.column = Math.min(this.active.column, columns.length - 1);
    this.#clear();
    this.#draw();
  }

  #heading(column, index) {
    const { title, sign } = column;
    const arrow = sign ? el("span", { "aria-hidden": "true", text: sign > 0 ? " ↑" : " ↓" }) : null;
    const order = sign ? (sign > 0 ? "ascending" : "descending") : null;
    const cell = el("div", { role: "columnheader", class: `cell ${column.class ?? ""}`, "aria-sort": order, title }, el("span", { class: "heading", text: title }), arrow);
    return this.#place(cell, index);
  }

  #place(cell, index) {
    cell.setAttribute("aria-colindex", index + 1);
    cell.style.width = `${this.columns[index].width}px`;
    // The first column is in the flow, so that it can stay in view.
    if (index) cell.style.left = `${this.lefts[index]}px`;
    return cell;
  }

  /** The columns in view and near it, with the first one. */
  get #near() {
    const { scrollLeft, clientWidth, classList } = this.element;
    const isNear = (index) => !index || classList.contains("cards") || (this.lefts[index + 1] > scrollLeft - MARGIN && this.lefts[index] < scrollLeft + clientWidth + MARGIN);
    return [...this.columns.keys()].filter(isNear);
  }

  /** @param at returns the item at a position */
  setItems(count, at, { keepPlace = false } = {}) {
    Object.assign(this, { count, at });
    this.element.setAttribute("aria-rowcount", count + 1);
    this.body.style.height = `${Math.min(count * this.rowHeight, MAX_HEIGHT)}px`;
    if (!keepPlace) {
      this.element.scrollTop = 0;
      this.active.row = Math.min(this.active.row, count - 1);
    }
    this.#clear();
    this.#draw();
  }

  /** Fill the rows in view anew. */
  refresh() {
    for (const row of this.drawn) this.#fill(row, row.index);
    this.#mark();
  }

  #clear() {
    for (const row of this.drawn) row.element.remove();
    Object.assign(this, { drawn: [], first: 0 });
  }

  /** The height of the rows that fit into view. */
  get #room() {
    return this.element.clientHeight - this.head.offsetHeight;
  }

  /** The pixels of rows for each pixel that is scrolled. */
  get #scale() {
    const height = this.count * this.rowHeight;
    return height > MAX_HEIGHT ? (height - this.#room) / (MAX_HEIGHT - this.#room) : 1;
  }

  /** The height of what is scrolled over before the rows in view, in pixels of rows. */
  get #top() {
    return this.element.scrollTop * this.#scale;
  }

  #draw() {
    if (!this.at) return;
    const [top, scale] = [this.#top, this.#scale];
    const first = Math.max(0, Math.floor(top / this.rowHeight) - OVERSCAN);
    const last = Math.min(this.count, Math.ceil((top + this.element.clientHeight) / this.rowHeight) + OVERSCAN);
    const near = this.#near;
    if (near.join() !== this.near.join()) {
      this.#clear();
      this.near = near;
    }
    if (scale === 1 && first === this.first && last === this.first + this.drawn.length) return;
    const kept = this.drawn.filter((row) => row.index >= first && row.index < last);
    const old = this.drawn.filter((row) => row.index < first || row.index >= last);
    const shift = scale === 1 ? 0 : top - this.element.scrollTop;
    const rows = [];
    const known = new Map(kept.map((row) => [row.index, row]));
    let next = null;
    for (let index = last - 1; index >= first; index -= 1) {
      const row = known.get(index) ?? old.pop() ?? this.#make();
      if (row.index !== index) this.#fill(row, index);
      // The order in the document is that of the rows, for screen readers.
      if (row.element.nextSibling !== next || !row.element.parentNode) this.body.insertBefore(row.element, next);
      row.element.style.transform = `translateY(${index * this.rowHeight - shift}px)`;
      next = row.element;
      rows.unshift(row);
    }
    for (const row of old) row.element.remove();
    this.drawn = rows;
    this.first = first;
    this.#mark();
  }

  #make() {
    const cells = this.near.map((index) => {
      const cell = this.columns[index].make();
      this.#place(cell.element, index);
      return cell;
    });
    return { index: null, cells, element: el("div", { role: "row", class: "grid-row" }, ...cells.map(({ element }) => element)) };
  }

  #fill(row, index) {
    const item = this.at(index);
    row.index = index;
    row.element.setAttribute("aria-rowindex", index + 2);
    row.element.classList.toggle("of-group", Boolean(item.group));
    if (item.isSelectable) row.element.setAttribute("aria-selected", item.isSelected);
    else row.element.removeAttribute("aria-selected");
    for (const cell of row.cells) cell.fill(item);
  }

  /** Mark the active cell, if it is in view. */
  #mark() {
    this.element.querySelector(`#${this.activeId}`)?.removeAttribute("id");
    const { row, column } = this.active;
    const element = row === HEAD ? this.head : this.drawn.find(({ index }) => index === row)?.element;
    const cell = element?.querySelector(`[aria-colindex="${column + 1}"]`);
    if (cell) {
      cell.id = this.activeId;
      this.element.setAttribute("aria-activedescendant", this.activeId);
    } else this.element.removeAttribute("aria-activedescendant");
  }

  #point(event) {
    const cell = event.target.closest(".cell");
    const row = cell?.closest("[role=row]");
    if (!row) return;
    // The focus stays on the grid.
    event.preventDefault();
    this.element.focus({ preventScroll: true });
    this.#activate({ row: Number(row.getAttribute("aria-rowindex")) - 2, column: Number(cell.getAttribute("aria-colindex")) - 1 });
    if (event.button === 0) this.#act(event.target.closest("[data-select]") ? "select" : event.target.closest("[data-open]") || row === this.head ? "open" : null);
  }

  #activate({ row, column }) {
    this.active = { row: Math.min(Math.max(row, HEAD), this.count - 1), column: Math.min(Math.max(column, 0), this.columns.length - 1) };
    const { rowHeight, element } = this;
    if (this.active.row !== HEAD) {
      const [top, bottom] = [this.active.row * rowHeight, (this.active.row + 1) * rowHeight];
      if (top < this.#top) element.scrollTop = top / this.#scale;
      else if (bottom > this.#top + this.#room) element.scrollTop = (bottom - this.#room) / this.#scale;
    }
    // The first column stays in view, and covers others.
    const [left, right] = [this.lefts[this.active.column], this.lefts[this.active.column + 1]];
    if (this.active.column && left - this.lefts[1] < element.scrollLeft) element.scrollLeft = left - this.lefts[1];
    else if (this.active.column && right > element.scrollLeft + element.clientWidth) element.scrollLeft = right - element.clientWidth;
    this.#draw();
    this.#mark();
  }

  #act(kind) {
    const { row, column } = this.active;
    if (!kind) return;
    if (row === HEAD) this.on.sort(this.columns[column]);
    else if (kind === "open") this.on.open(this.at(row));
    else this.on.select(this.at(row));
  }

  #key(event) {
    if (event.target !== this.element || event.altKey) return;
    const { row, column } = this.active;
    const page = Math.max(1, Math.floor(this.#room / this.rowHeight) - 1);
    const isFar = event.ctrlKey || event.metaKey;
    const places = {
      ArrowUp: { row: row - 1, column },
      ArrowDown: { row: row + 1, column },
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      PageUp: { row: Math.max(row - page, 0), column },
      PageDown: { row: row + page, column },
      Home: { row: isFar ? 0 : row, column: 0 },
      End: { row: isFar ? this.count - 1 : row, column: this.columns.length - 1 },
    };
    if (places[event.key]) this.#activate(places[event.key]);
    else if (event.key === "Enter") this.#act("open");
    else if (event.key === " ") this.#act("select");
    else return;
    event.preventDefault();
  }
}
