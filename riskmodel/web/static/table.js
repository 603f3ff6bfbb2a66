// A table that was dropped on the page: scored by the service, sorted and filtered here, its rows opened as situations.

import { parse, write } from "./csv.js";
import { calm, find, make, save } from "./dom.js";
import { lines, send } from "./http.js";

const ROWS = 50;
const REJECTS = 200;

export class Table {
  /** @param open called with the title and the values of a row that becomes the situation */
  constructor(model, open) {
    Object.assign(this, { model, open, filter: "", bands: {}, sort: null, page: 0, wide: false });
    find("file").addEventListener("change", () => this.load(find("file").files[0]));
    for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => this.#dragged(event));
    document.addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("dragging"));
  }

  #dragged(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dragging", event.type === "dragover");
    if (event.type === "drop") this.load(event.dataTransfer.files[0]);
  }

  async load(file) {
    if (!file) return;
    this.stop?.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    const place = find("scored");
    place.hidden = false;
    const progress = make("p", { role: "status", text: `Scoring ${file.name} …` });
    place.replaceChildren(progress);
    find("table").scrollIntoView({ block: "start" });
    const found = { name: file.name, text: [], rejects: [], done: null };
    try {
      for await (const line of lines(await send("api/batch?explain=true", file, signal))) {
        if (line.columns) Object.assign(found, line);
        if (line.scored) found.text.push(line.scored);
        if (line.rejected) for (const reject of line.rejected) found.rejects.push(reject);
        if (line.progress) progress.textContent = `Scoring ${file.name} … ${line.progress.rows.toLocaleString("en")} rows`;
        if (line.problem) throw new Error(line.problem.detail || line.problem.title);
        if (line.done) found.done = line.done;
      }
      if (!found.done) throw new Error("the answer was cut off; try again");
    } catch (problem) {
      if (signal.aborted) return;
      const told = problem.errors?.length ? problem.errors.map((error) => [error.field, error.detail].filter(Boolean).join(": ")) : [problem.message];
      place.replaceChildren(...told.map((text) => make("p", { class: "fault", role: "alert", text: `${file.name}: ${text}` })));
      return;
    } finally {
      find("file").value = "";
    }
    this.#take(found);
  }

  #take(found) {
    const [header = [], ...rows] = parse(found.text.join(""), found.delimiter || ",");
    Object.assign(this, { found, header, rows, filter: "", bands: {}, sort: null, page: 0 });
    this.scores = this.model.scores.filter((score) => header.includes(score.name));
    this.#frame();
    this.#show();
  }

  #frame() {
    const { done, rejects, name } = this.found;
    const count = (number, word) => `${number.toLocaleString("en")} ${word}`;
    const told = `${name}: ${count(done.rows_in, "rows in")}, ${count(done.rows_out, "out")}, ${count(done.rows_rejected, "rejected")}`;
    const stem = name.replace(/(\.(csv|tsv|txt|parquet|pq|gz|zst))+$/i, "");
    const text = new Blob(this.found.text, { type: "text/csv" });
    this.body = make("tbody");
    this.head = make("thead");
    this.turner = make("div", { class: "tools" });
    this.count = make("p", { class: "quiet", role: "status" });
    const search = make("input", { type: "search", id: "filter", autocomplete: "off" });
    search.addEventListener("input", calm(120, () => this.#narrow({ filter: search.value })));
    const wide = make("input", { type: "checkbox", change: () => this.#narrow({ wide: wide.checked }) });
    find("scored").replaceChildren(
      make("p", { class: "headline", role: "status", text: told }),
      make(
        "div",
        { class: "tools" },
        make("button", { type: "button", text: "Download the scored file", click: () => save(text, `${stem}.scored.csv`) }),
        rejects.length ? make("button", { type: "button", text: "Download the rejects", click: () => this.#saveRejects(stem) }) : null,
      ),
      make(
        "div",
        { class: "tools", role: "group", "aria-label": "Filter" },
        make("label", {}, "Rows with ", search),
        ...this.scores.filter((score) => Object.keys(score.bands).length).map((score) => this.#bandFilter(score)),
        make("label", {}, wide, " show indicators"),
      ),
      this.count,
      make(
        "div",
        { class: "scroll", role: "region", tabindex: "0", "aria-label": "Scored rows" },
        make("table", { class: "rows" }, make("caption", { class: "unseen", text: "Scored rows" }), this.head, this.body),
      ),
      this.turner,
      ...(rejects.length ? [this.#rejects()] : []),
    );
  }

  #bandFilter(score) {
    const options = ["", ...Object.keys(score.bands), "insufficient data"].map((band) => make("option", { value: band, text: band || "any" }));
    const select = make("select", { change: () => this.#narrow({ bands: { ...this.bands, [score.name]: select.value } }) }, ...options);
    return make("label", {}, `${score.title} `, select);
  }

  #narrow(part) {
    Object.assign(this, part, { page: 0 });
    this.#show();
  }

  #rejects() {
    const { rejects } = this.found;
    const keys = ["line", "id", "column", "value", "reason"];
    const rows = rejects.slice(0, REJECTS).map((reject) => make("tr", {}, ...keys.map((key) => make("td", { text: reject[key] }))));
    const head = make("tr", {}, ...keys.map((key) => make("th", { scope: "col", text: key })));
    const more = rejects.length > REJECTS ? make("p", { class: "quiet", text: `The first ${REJECTS} of ${rejects.length.toLocaleString("en")}; the download has all.` }) : null;
    const table = make("table", { class: "rejects" }, make("thead", {}, head), make("tbody", {}, ...rows));
    return make(
      "details",
      { open: true },
      make("summary", { text: `Rejected rows (${rejects.length.toLocaleString("en")})` }),
      make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Rejected rows" }, table),
      more,
    );
  }

  #saveRejects(stem) {
    const keys = ["line", "id", "column", "value", "reason"];
    const safe = (cell) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);
    const rows = this.found.rejects.map((reject) => keys.map((key) => (key === "line" ? reject[key] : safe(reject[key]))));
    save(new Blob([write([keys, ...rows])], { type: "text/csv" }), `${stem}.rejects.csv`);
  }

  #columns() {
    const made = new Set(this.scores.flatMap(({ name }) => [name, `${name}_band`, `${name}_coverage`, `${name}_low`, `${name}_high`, `${name}_drivers`]));
    const place = (name) => this.header.indexOf(name);
    const others = this.header.filter((name) => !made.has(name) && !(name in this.model.indicators)).slice(0, 6);
    const indicators = this.wide ? this.header.filter((name) => name in this.model.indicators) : [];
    const scores = this.scores.flatMap(({ name }) => [name, `${name}_band`, `${name}_low`, `${name}_high`, `${name}_drivers`]);
    return [...others, ...scores, ...indicators].filter((name) => place(name) >= 0).map((name) => [name, place(name)]);
  }

  #number(cell) {
    const text = this.found.decimal === "," ? cell.replace(",", ".") : cell;
    return text.trim() === "" ? NaN : Number(text);
  }

  #chosen() {
    const words = this.filter.toLowerCase();
    const wanted = Object.entries(this.bands).filter(([, band]) => band).map(([score, band]) => [this.header.indexOf(`${score}_band`), band]);
    const fits = (row) =>
      wanted.every(([place, band]) => (row[place] || "insufficient data") === band) &&
      (!words || row.some((cell) => cell.toLowerCase().includes(words)));
    const chosen = this.rows.map((row, place) => [row, place]).filter(([row]) => fits(row));
    if (this.sort) chosen.sort(([one], [other]) => this.#order(one[this.sort.place], other[this.sort.place]));
    return chosen;
  }

  /** Numbers by size, other cells by text; what is empty comes last either way. */
  #order(one, other) {
    if (one === "" || other === "") return (one === "") - (other === "");
    const [left, right] = [this.#number(one), this.#number(other)];
    const both = Number.isFinite(left) && Number.isFinite(right);
    return this.sort.sign * (both ? left - right : one.localeCompare(other, "en", { numeric: true }));
  }

  #show() {
    const columns = this.#columns();
    const chosen = this.#chosen();
    const pages = Math.max(1, Math.ceil(chosen.length / ROWS));
    this.page = Math.min(this.page, pages - 1);
    const shown = chosen.slice(this.page * ROWS, (this.page + 1) * ROWS);
    this.head.replaceChildren(make("tr", {}, make("th", { scope: "col" }, make("span", { class: "unseen", text: "Open" })), ...columns.map((column) => this.#heading(column))));
    this.body.replaceChildren(...shown.map(([row, place]) => this.#row(row, place, columns)));
    this.count.textContent = `${chosen.length.toLocaleString("en")} of ${this.rows.length.toLocaleString("en")} rows`;
    const turn = (by) => {
      this.page += by;
      this.#show();
    };
    this.turner.replaceChildren(
      make("button", { type: "button", text: "Previous", disabled: this.page === 0, click: () => turn(-1) }),
      make("span", { text: `page ${this.page + 1} of ${pages}` }),
      make("button", { type: "button", text: "Next", disabled: this.page >= pages - 1, click: () => turn(1) }),
    );
  }

  #heading([name, place]) {
    const isSorted = this.sort?.place === place;
    const sort = () => {
      this.#narrow({ sort: { place, sign: isSorted ? -this.sort.sign : 1 } });
      this.head.querySelectorAll("button").forEach((button) => button.dataset.name === name && button.focus());
    };
    const order = isSorted ? (this.sort.sign > 0 ? "ascending" : "descending") : null;
    const button = make("button", { type: "button", "data-name": name, text: name + (isSorted ? (this.sort.sign > 0 ? " ↑" : " ↓") : ""), click: sort });
    return make("th", { scope: "col", "aria-sort": order }, button);
  }

  #row(row, place, columns) {
    const id = row[this.header.indexOf("id")] || `row ${place + 1}`;
    const button = make("button", { type: "button", "aria-label": `Open ${id} as the situation`, text: "Open", click: () => this.open(id, this.#values(row)) });
    const cell = ([name, at]) => {
      const isNumber = Number.isFinite(this.#number(row[at] || ""));
      const isBand = name.endsWith("_band") && row[at];
      return make("td", { class: isNumber ? "num" : null }, isBand ? make("span", { class: "badge", text: row[at] }) : row[at] || "");
    };
    return make("tr", {}, make("td", {}, button), ...columns.map(cell));
  }

  #values(row) {
    const values = {};
    for (const [name, indicator] of Object.entries(this.model.indicators)) {
      const cell = (row[this.header.indexOf(name)] || "").trim();
      if (["", "NA", "NaN", "nan", "null"].includes(cell)) continue;
      values[name] = indicator.labels ? cell : this.#number(cell);
    }
    return values;
  }
}
